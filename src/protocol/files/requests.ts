/**
 * Requests and answers of `/aether/block/1`: give me these blocks, keep these for a while. A block is bytes under their
 * SHA-256: whoever has asked for one checks it.
 * @module
 */
import { concatBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { byteString, bytes32, decode, encode, list, nullable, record, type Schema, union } from "../codec/schema.ts";
import { stampBytes } from "../ledger/stamp.ts";
import { messageVersion } from "../messages/gossip.ts";
import type { Result } from "../result.ts";
import { fileLimits } from "./limits.ts";

/** Bounds of the protocol. */
export const blockWireLimits = {
  requestBytes: fileLimits.blocksAtOnce * (fileLimits.blockBytes + 16) + 1_024,
  answerBytes: fileLimits.blocksAtOnce * (fileLimits.blockBytes + 16) + 1_024,
} as const;

/** A request. */
export type BlockRequest =
  /** The blocks of these digests. */
  | { readonly type: "want"; readonly digests: readonly Uint8Array[] }
  /** Keep these; the stamp is over their digests. Answered with nothing once they are safe. */
  | { readonly type: "keep"; readonly blocks: readonly Uint8Array[]; readonly stamp: Uint8Array };

/** The answer to `want`, in its order: null for a block that is not here. */
export interface WantAnswer {
  readonly blocks: readonly (Uint8Array | null)[];
}

const block = byteString(1, fileLimits.blockBytes);
const number = (n: number): number => 0x100 * messageVersion + n;

const requestSchema: Schema<BlockRequest> = union<BlockRequest>("unknown-version", {
  want: { number: number(0), fields: { digests: list(bytes32, fileLimits.blocksAtOnce, 1) } },
  keep: {
    number: number(1),
    fields: { blocks: list(block, fileLimits.blocksAtOnce, 1), stamp: byteString(stampBytes, stampBytes) },
  },
});

/** Canonical bytes of a request. */
export function encodeBlockRequest(request: BlockRequest): Uint8Array {
  return encode(requestSchema, request);
}

/** Strictly decodes a request; any bytes give a value or a typed rejection. */
export function decodeBlockRequest(bytes: Uint8Array): Result<BlockRequest> {
  return decode(requestSchema, bytes, blockWireLimits.requestBytes);
}

const wantAnswer: Schema<WantAnswer> = record<WantAnswer>({ blocks: list(nullable(block), fileLimits.blocksAtOnce) });

/** The codec of answers to `want`. */
export const wantAnswers = {
  encode: (answer: WantAnswer): Uint8Array => encode(wantAnswer, answer),
  decode: (bytes: Uint8Array): Result<WantAnswer> => decode(wantAnswer, bytes, blockWireLimits.answerBytes),
} as const;

/** What the stamp of `keep` is made over. */
export function keptBlocksId(digests: readonly Uint8Array[]): Uint8Array {
  return taggedHash("aether/kept-blocks/1", concatBytes(...digests));
}
