/**
 * Requests and answers of `/aether/shred/1`: a shred with its block's header, on its way along the tree; and questions for
 * certain shreds of a block, by who lacks some or samples.
 * @module
 */
import { bytes32, codecOf, decode, encode, list, record, type Schema, union, unsigned } from "../codec/schema.ts";
import { type Header, headerSchema } from "../consensus/header.ts";
import { limits } from "../parameters.ts";
import type { Result } from "../result.ts";
import { type Shred, shredLimits, shredSchema } from "../shreds/shreds.ts";
import { messageVersion } from "./gossip.ts";

/** A shred, its length, its place and its path. */
const shredMessageBytes = shredLimits.shredBytes + 32 * shredLimits.pathHashes + 64;

/** Bounds of the protocol. */
export const shredMessageLimits = {
  /** Shreds asked for at once: half a mebibyte. */
  asked: 16,
  /** Places in a tree: more than a node has peers. */
  places: 65_535,
  requestBytes: shredMessageBytes + limits.headerBytes + 64,
  answerBytes: 16 * shredMessageBytes + 64,
} as const;

/** A request. */
export type ShredRequest =
  /** A shred for the other, and for those below it at its place in the tree. */
  | { readonly type: "push"; readonly header: Header; readonly shred: Shred; readonly place: number }
  /** Certain shreds of a block. */
  | { readonly type: "ask"; readonly block: Uint8Array; readonly indices: readonly number[] };

const requestSchema: Schema<ShredRequest> = union<ShredRequest>("unknown-version", {
  push: {
    number: 0x100 * messageVersion,
    fields: { header: headerSchema, shred: shredSchema, place: unsigned(shredMessageLimits.places) },
  },
  ask: {
    number: 0x100 * messageVersion + 1,
    fields: { block: bytes32, indices: list(unsigned(shredLimits.shreds - 1), shredMessageLimits.asked, 1) },
  },
});

/** Answers by request. */
export const shredAnswers = {
  /** Nothing: it came. */
  push: codecOf<Readonly<Record<string, never>>>(record({}), 16),
  /** Those of the shreds asked for that are at hand. */
  ask: codecOf<readonly Shred[]>(list(shredSchema, shredMessageLimits.asked), shredMessageLimits.answerBytes),
} as const;

/** Canonical bytes of a request. */
export function encodeShredRequest(request: ShredRequest): Uint8Array {
  return encode(requestSchema, request);
}

/** Strictly decodes a request. */
export function decodeShredRequest(bytes: Uint8Array): Result<ShredRequest> {
  return decode(requestSchema, bytes, shredMessageLimits.requestBytes);
}
