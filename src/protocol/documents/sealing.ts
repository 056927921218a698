/**
 * How updates are sealed: XChaCha20-Poly1305 under the document's key of an epoch with a random nonce before it; all that
 * is said in clear is associated data, so nothing sealed can be moved to another place, author, epoch or document.
 * @module
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concatBytes } from "../codec/bytes.ts";
import { byteString, decode, encode, record, type Schema, unsigned } from "../codec/schema.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { documentLimits } from "./limits.ts";
import {
  type DocumentPresence,
  type DocumentUpdate,
  documentSealBytes,
  encodePresence,
  encodeUpdate,
  presenceContext,
  presenceDigest,
  type UpdateHead,
  updateContext,
  updateDigest,
} from "./update.ts";

const nonceBytes = 24;

/** What an update says to who has the key. */
export interface UpdateContent {
  /** By the author's clock. */
  readonly madeAtMs: number;
  /** An update of Yjs: foreign bytes. */
  readonly update: Uint8Array;
}

/** Room for the time and the framing. */
const contentFramingBytes = 32;

/** Longest update of Yjs that fits into one of ours. */
export const mostContentBytes = documentLimits.updateBytes - documentSealBytes - contentFramingBytes;

const contentSchema: Schema<UpdateContent> = record<UpdateContent>({
  madeAtMs: unsigned(),
  update: byteString(1, mostContentBytes),
});

/** Who writes: a key and what signs with it. */
export interface DocumentWriter {
  readonly signingKey: Uint8Array;
  sign(digest: Uint8Array): Uint8Array;
  random(length: number): Uint8Array;
}

/** The key of each epoch; undefined for one that is not known. */
export type EpochKeys = readonly (Uint8Array | undefined)[];

function keyOf(keys: EpochKeys, epoch: number): Result<Uint8Array> {
  const key = keys[epoch];
  return key === undefined
    ? rejected("unknown-epoch", "This was sealed with a newer key of the document, which you were not given.")
    : accepted(key);
}

function sealed(clear: Uint8Array, key: Uint8Array, nonce: Uint8Array, context: Uint8Array): Uint8Array {
  return concatBytes(nonce, xchacha20poly1305(key, nonce, context).encrypt(clear));
}

function opened(bytes: Uint8Array, key: Uint8Array, context: Uint8Array): Result<Uint8Array> {
  try {
    const cipher = xchacha20poly1305(key, bytes.subarray(0, nonceBytes), context);
    return accepted(cipher.decrypt(bytes.subarray(nonceBytes)));
  } catch {
    return rejected("bad-response", "The update does not open: it is damaged, or was sealed with another key.");
  }
}

/** Seals and signs what one has written; its canonical bytes. */
export function sealUpdate(
  place: Omit<UpdateHead, "author" | "epoch">,
  content: UpdateContent,
  keys: EpochKeys,
  writer: DocumentWriter,
): Result<Uint8Array> {
  if (content.update.length > mostContentBytes)
    return rejected("too-large", `One update has at most ${mostContentBytes} bytes. It was not saved.`);
  const epoch = keys.length - 1;
  const key = keyOf(keys, epoch);
  if (!key.ok) return key;
  const head = { ...place, epoch, author: writer.signingKey };
  const clear = encode(contentSchema, content);
  const bytes = sealed(clear, key.value, writer.random(nonceBytes), updateContext(head));
  const signature = writer.sign(updateDigest(head, bytes));
  return accepted(encodeUpdate({ type: "update", ...head, sealed: bytes, signature }));
}

/** Opens an update whose signature was checked. */
export function openUpdate(update: DocumentUpdate, keys: EpochKeys): Result<UpdateContent> {
  const key = keyOf(keys, update.epoch);
  if (!key.ok) return key;
  const clear = opened(update.sealed, key.value, updateContext(update));
  return clear.ok ? decode(contentSchema, clear.value, documentLimits.updateBytes) : clear;
}

/** Seals and signs where one is; its canonical bytes. */
export function sealPresence(
  document: Uint8Array,
  madeAtMs: number,
  state: Uint8Array,
  keys: EpochKeys,
  writer: DocumentWriter,
): Result<Uint8Array> {
  if (state.length > documentLimits.presenceBytes - documentSealBytes)
    return rejected("too-large", "This says too much of where somebody is.");
  const epoch = keys.length - 1;
  const key = keyOf(keys, epoch);
  if (!key.ok) return key;
  const head = { document, epoch, author: writer.signingKey, madeAtMs };
  const bytes = sealed(state, key.value, writer.random(nonceBytes), presenceContext(head));
  const signature = writer.sign(presenceDigest({ ...head, sealed: bytes }));
  return accepted(encodePresence({ type: "presence", ...head, sealed: bytes, signature }));
}

/** Opens a presence whose signature was checked. */
export function openPresence(presence: DocumentPresence, keys: EpochKeys): Result<Uint8Array> {
  const key = keyOf(keys, presence.epoch);
  return key.ok ? opened(presence.sealed, key.value, presenceContext(presence)) : key;
}
