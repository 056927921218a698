/**
 * Requests and answers of `/aether/block/1`: give me these blocks, which of these have you, keep these for a while, let them
 * go. A block is bytes under their SHA-256: whoever has asked for one checks it.
 * @module
 */
import { concatBytes, utf8ToBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import {
  byteString,
  bytes32,
  codecOf,
  decode,
  encode,
  list,
  nullable,
  record,
  type Schema,
  text,
  union,
  unsigned,
} from "../codec/schema.ts";
import { stampBytes } from "../ledger/stamp.ts";
import { messageVersion } from "../messages/gossip.ts";
import { type Result, rejected } from "../result.ts";
import { mostShards } from "./erasure-code.ts";
import { fileLimits } from "./limits.ts";
import { mostMarks, type StripeRelease, stripeRelease } from "./release.ts";
import { checkStripe, type Stripe, stripeSchema } from "./stripe.ts";

/** What blocks of one request or answer take. */
const blocksBytes = Math.max(
  fileLimits.blocksAtOnce * (fileLimits.blockBytes + 16),
  fileLimits.publicBlockBytes + 16 * fileLimits.blocksAtOnce,
);

/** Bounds of the protocol. */
export const blockWireLimits = {
  requestBytes: blocksBytes + mostShards * 40 + 1_024,
  answerBytes: blocksBytes + 1_024,
  /** Keepers that one names to others, and letters of each of their names. */
  others: 32,
  peerIdBytes: 128,
  /** Pieces that one request lets go. */
  releases: 128,
  /** Offers that one node says are its own. */
  offers: 64,
} as const;

/** A request. */
export type BlockRequest =
  /** The blocks of these digests. */
  | { readonly type: "want"; readonly digests: readonly Uint8Array[] }
  /** Which of these are here. */
  | { readonly type: "have"; readonly digests: readonly Uint8Array[] }
  /** How much is kept for others, and who else keeps. Refused as `not-serving` by who keeps nothing. */
  | { readonly type: "room" }
  /** A stamp over the challenge of the newest answer to `room`: it is good for {@link fileLimits}.bytesPerStamp. */
  | { readonly type: "allow"; readonly stamp: Uint8Array }
  /** Let go of these pieces. Answered like `have`: 1 for a piece that was here and is so no more. */
  | { readonly type: "release"; readonly releases: readonly StripeRelease[] }
  /** The secrets of these marks, if their pieces were let go here. */
  | { readonly type: "released"; readonly marks: readonly Uint8Array[] }
  /** Which offers of storage in the chain are this node's own: an offer may name any peer. */
  | { readonly type: "offers" }
  | DealRequest
  | KeepRequest;

/** These blocks, in this order, are the bytes of a deal that waits in the chain. Answered with nothing once that is durable. */
export interface DealRequest {
  readonly type: "deal";
  readonly offer: Uint8Array;
  readonly deal: Uint8Array;
  readonly digests: readonly Uint8Array[];
}

/**
 * Keep some shards of a stripe until then, or as long as may be. Without blocks those that are here are kept longer, for the same
 * allowance. Answered with nothing once they are safe; refused as `revoked` once who left them has let them go.
 */
export type KeepRequest =
  | ({ readonly type: "keep" } & Keeping)
  /** The same of a block that anybody may have, whoever asks and by whichever protocol: it is left whole, as copies. */
  | ({ readonly type: "publish" } & Keeping);

/** What is to be kept, and for how long. */
interface Keeping {
  readonly stripe: Stripe;
  /** Unix time in milliseconds. */
  readonly untilMs: number;
  /** Whose secrets let it go; without one it stays until its time is over. */
  readonly marks: readonly Uint8Array[];
  /** Places of the blocks in the stripe. */
  readonly places: readonly number[];
  readonly blocks: readonly Uint8Array[];
}

/** The answer to `want`, in its order: null for a block that is not here, or for which this answer has no room. */
export interface WantAnswer {
  readonly blocks: readonly (Uint8Array | null)[];
}

/** The answer to `have`, a byte for each digest: 1 if its block is here. */
export interface HaveAnswer {
  readonly here: Uint8Array;
}

/** The answer to `released`, in its order: null for a mark whose piece was not let go. */
export interface ReleasedAnswer {
  readonly secrets: readonly (Uint8Array | null)[];
}

/** The answer to `offers`. */
export interface OffersAnswer {
  readonly offers: readonly Uint8Array[];
}

/** The answer to `room`. */
export interface RoomAnswer {
  /** What it keeps for others at most, and how much of that is free for who asks. */
  readonly offeredBytes: number;
  readonly freeBytes: number;
  /** What a stamp is made over. */
  readonly challenge: Uint8Array;
  /** Peer ids of other keepers, as far as it has heard from them. */
  readonly others: readonly string[];
}

const block = byteString(1, fileLimits.publicBlockBytes);
const number = (n: number): number => 0x100 * messageVersion + n;

const keepingFields = {
  stripe: stripeSchema,
  untilMs: unsigned(),
  marks: list(bytes32, mostMarks),
  places: list(unsigned(mostShards), fileLimits.blocksAtOnce),
  blocks: list(block, fileLimits.blocksAtOnce),
};

const requestSchema: Schema<BlockRequest> = union<BlockRequest>("unknown-version", {
  want: { number: number(0), fields: { digests: list(bytes32, fileLimits.blocksAtOnce, 1) } },
  // 1 asked to keep shards that nobody could let go.
  keep: { number: number(5), fields: keepingFields },
  publish: { number: number(9), fields: keepingFields },
  release: { number: number(6), fields: { releases: list(stripeRelease, blockWireLimits.releases, 1) } },
  released: { number: number(7), fields: { marks: list(bytes32, blockWireLimits.releases, 1) } },
  have: { number: number(2), fields: { digests: list(bytes32, fileLimits.digestsAtOnce, 1) } },
  room: { number: number(3), fields: {} },
  offers: { number: number(10), fields: {} },
  allow: { number: number(4), fields: { stamp: byteString(stampBytes, stampBytes) } },
  deal: {
    number: number(8),
    fields: { offer: bytes32, deal: bytes32, digests: list(bytes32, fileLimits.digestsAtOnce, 1) },
  },
});

/** As many of some blocks, the first ones first, as one answer has room for; null in the place of others. */
export function fittingBlocks(blocks: readonly (Uint8Array | null)[]): readonly (Uint8Array | null)[] {
  let left = blocksBytes;
  return blocks.map((block) => {
    const bytes = block === null ? 0 : block.length + 16;
    if (bytes > left) return null;
    left -= bytes;
    return block;
  });
}

/** Canonical bytes of a request. */
export function encodeBlockRequest(request: BlockRequest): Uint8Array {
  return encode(requestSchema, request);
}

/** Strictly decodes a request; any bytes give a value whose numbers fit, or a typed rejection. */
export function decodeBlockRequest(bytes: Uint8Array): Result<BlockRequest> {
  const read = decode(requestSchema, bytes, blockWireLimits.requestBytes);
  if (!read.ok || (read.value.type !== "keep" && read.value.type !== "publish")) return read;
  const { type, stripe, places, blocks } = read.value;
  const isStripe = checkStripe(stripe);
  if (!isStripe.ok) return isStripe;
  if (type === "publish" && stripe.data !== 1)
    return rejected("out-of-range", "What is for everybody is left whole, not in shards.");
  const fit =
    places.length === blocks.length &&
    places.every((place, i) => place < stripe.shards.length && place > (places[i - 1] ?? -1));
  return fit ? read : rejected("out-of-range", "The places of the shards do not fit.");
}

/** The codec of answers to `want`. */
export const wantAnswers = codecOf<WantAnswer>(
  record<WantAnswer>({ blocks: list(nullable(block), fileLimits.blocksAtOnce) }),
  blockWireLimits.answerBytes,
);

/** The codec of answers to `have`. */
export const haveAnswers = codecOf<HaveAnswer>(
  record<HaveAnswer>({ here: byteString(0, fileLimits.digestsAtOnce) }),
  fileLimits.digestsAtOnce + 64,
);

/** The codec of answers to `released`. */
export const releasedAnswers = codecOf<ReleasedAnswer>(
  record<ReleasedAnswer>({ secrets: list(nullable(bytes32), blockWireLimits.releases) }),
  40 * blockWireLimits.releases + 64,
);

/** The codec of answers to `offers`. */
export const offersAnswers = codecOf<OffersAnswer>(
  record<OffersAnswer>({ offers: list(bytes32, blockWireLimits.offers) }),
  40 * blockWireLimits.offers + 64,
);

/** The codec of answers to `room`. */
export const roomAnswers = codecOf<RoomAnswer>(
  record<RoomAnswer>({
    offeredBytes: unsigned(),
    freeBytes: unsigned(),
    challenge: bytes32,
    others: list(text(blockWireLimits.peerIdBytes), blockWireLimits.others),
  }),
  blockWireLimits.others * (blockWireLimits.peerIdBytes + 8) + 256,
);

/** Bytes of the longest answer to `room` or `have`. */
export const shortAnswerBytes = 8_192;

/** What a stamp is spent by when blocks of so many bytes are left, or kept longer: the rows of a small one cost as well. */
export function keepingCharge(blockBytes: readonly number[]): number {
  return blockBytes.reduce((sum, bytes) => sum + Math.max(fileLimits.leastChargeBytes, bytes), 0);
}

/** What the stamp of `allow` is made over, by the peer that `peerId` names. */
export function allowanceId(challenge: Uint8Array, peerId: string): Uint8Array {
  return taggedHash("aether/block-allowance/1", concatBytes(challenge, utf8ToBytes(peerId)));
}
