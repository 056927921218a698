/**
 * An update of a document as everybody sees it: which document, by whom, at which place of their chain, and bytes that say
 * nothing without the document's key. Each is signed and names the one before it, so that nobody can forge, leave out or
 * reorder what an author has written on a device.
 * @module
 */
import { equalBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { byteString, bytes32, decode, encode, record, type Schema, union, unsigned } from "../codec/schema.ts";
import { type SignatureCheck, verifySignature } from "../crypto/signature.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { documentLimits } from "./limits.ts";

/** Bytes of a device's part of an author. */
export const replicaBytes = 16;

/** Nonce and tag of what is sealed. */
export const documentSealBytes = 24 + 16;

/** What is said of an update in clear, and goes into its seal as associated data. */
export interface UpdateHead {
  /** Id of the document, 32 random bytes. */
  readonly document: Uint8Array;
  /** Which of the document's keys it is sealed with, from 0. */
  readonly epoch: number;
  /** Signing key of who wrote it, compressed, 33 bytes. */
  readonly author: Uint8Array;
  /** Drawn once for a document on a device: devices with the same keys have chains of their own. */
  readonly replica: Uint8Array;
  /** Place in the author's chain, from 0. */
  readonly sequence: number;
  /** {@link updateLink} of the one before it; zeros for the first. */
  readonly previous: Uint8Array;
}

/** A signed update. */
export interface DocumentUpdate extends UpdateHead {
  readonly type: "update";
  readonly sealed: Uint8Array;
  readonly signature: Uint8Array;
}

/** Where somebody is in a document just now; kept nowhere. */
export interface DocumentPresence {
  readonly type: "presence";
  readonly document: Uint8Array;
  readonly epoch: number;
  readonly author: Uint8Array;
  /** By the author's clock. */
  readonly madeAtMs: number;
  readonly sealed: Uint8Array;
  readonly signature: Uint8Array;
}

const headFields = {
  document: bytes32,
  epoch: unsigned(documentLimits.epochs - 1),
  author: byteString(33, 33),
  replica: byteString(replicaBytes, replicaBytes),
  sequence: unsigned(documentLimits.chainUpdates - 1),
  previous: bytes32,
};

const sealedUpdate = byteString(documentSealBytes, documentLimits.updateBytes);
const sealedPresence = byteString(documentSealBytes, documentLimits.presenceBytes);
const signature = byteString(64, 64);

const presenceFields = {
  document: bytes32,
  epoch: unsigned(documentLimits.epochs - 1),
  author: byteString(33, 33),
  madeAtMs: unsigned(),
};

const headSchema = record<UpdateHead>(headFields);
const presenceHeadSchema = record<Omit<DocumentPresence, "type" | "sealed" | "signature">>(presenceFields);

const updateSchema: Schema<DocumentUpdate> = union<DocumentUpdate>("unknown-version", {
  update: { number: 1, fields: { ...headFields, sealed: sealedUpdate, signature } },
});

const presenceSchema: Schema<DocumentPresence> = union<DocumentPresence>("unknown-version", {
  presence: { number: 1, fields: { ...presenceFields, sealed: sealedPresence, signature } },
});

/** Room for what stands around the sealed bytes. */
const framingBytes = 512;

/** Longest encoded update. */
export const mostUpdateBytes = documentLimits.updateBytes + framingBytes;

/** Longest encoded presence. */
export const mostPresenceBytes = documentLimits.presenceBytes + framingBytes;

/** Associated data of an update's seal. */
export function updateContext(head: UpdateHead): Uint8Array {
  const { document, epoch, author, replica, sequence, previous } = head;
  const bytes = encode(headSchema, { document, epoch, author, replica, sequence, previous });
  return taggedHash("aether/document-context/1", bytes);
}

/** The same of a presence. */
export function presenceContext(presence: Omit<DocumentPresence, "type" | "sealed" | "signature">): Uint8Array {
  const { document, epoch, author, madeAtMs } = presence;
  return taggedHash("aether/document-presence/1", encode(presenceHeadSchema, { document, epoch, author, madeAtMs }));
}

/** What an author signs of an update: 32 bytes. */
export function updateDigest(head: UpdateHead, sealed: Uint8Array): Uint8Array {
  return taggedHash("aether/document-update/1", updateContext(head), sealed);
}

/** What is signed of a presence: 32 bytes. */
export function presenceDigest(presence: Omit<DocumentPresence, "type" | "signature">): Uint8Array {
  return taggedHash("aether/document-update/1", presenceContext(presence), presence.sealed);
}

/** What the next update of the chain names: 32 bytes. */
export function updateLink(update: Uint8Array): Uint8Array {
  return taggedHash("aether/document-link/1", update);
}

/** The link of a chain's first update. */
export const noLink = new Uint8Array(32);

/** The name of an author's chain on a device: 32 bytes. */
export function chainOf({ author, replica }: Pick<UpdateHead, "author" | "replica">): Uint8Array {
  return taggedHash("aether/document-chain/1", author, replica);
}

/** Canonical bytes. */
export function encodeUpdate(update: DocumentUpdate): Uint8Array {
  return encode(updateSchema, update);
}

/** Canonical bytes. */
export function encodePresence(presence: DocumentPresence): Uint8Array {
  return encode(presenceSchema, presence);
}

/** What an update or presence is refused with whose signature is not its author's. */
export const forgedUpdate = rejected(
  "bad-signature",
  "This was not written by the key that it names, or was changed on its way.",
);

/** Reads what was encoded here before: without the signature. */
export function decodeUpdate(bytes: Uint8Array): Result<DocumentUpdate> {
  return decode(updateSchema, bytes, mostUpdateBytes);
}

/** Reads an update of a document from anywhere, but for its {@link updateSignature} and its place in the chain. */
export function inspectUpdate(bytes: Uint8Array, document: Uint8Array): Result<DocumentUpdate> {
  const update = decodeUpdate(bytes);
  if (!update.ok) return update;
  const { sequence, previous } = update.value;
  if (!equalBytes(update.value.document, document))
    return rejected("invalid-argument", "The update is another document's.");
  if ((sequence === 0) !== equalBytes(previous, noLink))
    return rejected("broken-chain", "The first update of a chain has none before it, and every other one has.");
  return update;
}

/** What must hold for an update to be its author's. */
export function updateSignature(update: DocumentUpdate): SignatureCheck {
  return { digest: updateDigest(update, update.sealed), signature: update.signature, publicKey: update.author };
}

/** Reads an update of a document from anywhere: signed by its author. Where it stands in the chain its caller checks. */
export function readUpdate(bytes: Uint8Array, document: Uint8Array): Result<DocumentUpdate> {
  const update = inspectUpdate(bytes, document);
  return !update.ok || verifySignature(updateSignature(update.value)) ? update : forgedUpdate;
}

/** Reads a presence in a document from anywhere: signed by its author, and made about now. */
export function readPresence(bytes: Uint8Array, document: Uint8Array, nowMs: number): Result<DocumentPresence> {
  const presence = decode(presenceSchema, bytes, mostPresenceBytes);
  if (!presence.ok) return presence;
  const { author, madeAtMs } = presence.value;
  if (!equalBytes(presence.value.document, document))
    return rejected("invalid-argument", "The presence is in another document.");
  if (Math.abs(madeAtMs - nowMs) > documentLimits.presenceLifeMs)
    return rejected("expired", "The presence is not of now; a clock may be wrong.");
  const digest = presenceDigest(presence.value);
  return verifySignature({ digest, signature: presence.value.signature, publicKey: author })
    ? accepted(presence.value)
    : forgedUpdate;
}

/** What is known of a chain: how many updates of it there are, and the link of the last. */
export interface ChainEnd {
  readonly next: number;
  readonly link: Uint8Array;
}

/** The end of a chain that has not begun. */
export const emptyChain: ChainEnd = { next: 0, link: noLink };

/**
 * Puts an update at the end of its chain: the end there is then, or null if the very place is taken already (it is known, or
 * its author has signed two for one place: the first counts). Refused with `not-found` while one before it is missing.
 */
export function extendChain(end: ChainEnd, update: UpdateHead, bytes: Uint8Array): Result<ChainEnd | null> {
  if (update.sequence < end.next) return accepted(null);
  if (update.sequence > end.next)
    return rejected("not-found", `${update.sequence - end.next} updates before this one are missing.`);
  if (!equalBytes(update.previous, end.link))
    return rejected("broken-chain", "The update does not follow the one that its author has written before.");
  return accepted({ next: end.next + 1, link: updateLink(bytes) });
}
