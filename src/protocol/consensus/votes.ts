/**
 * Votes of the finality gadget: Casper FFG links between checkpoints. Block `h` owns the epochs 2h and 2h + 1, both with
 * that block as their target: more than two thirds of stake on the first justify it, on the second finalise it.
 * @module
 */
import { compareBytes, equalBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { bytes32, encode, record, type Schema, unsigned } from "../codec/schema.ts";

/** A block in one of its two epochs. */
export interface Checkpoint {
  readonly epoch: number;
  /** Hash of the block, 32 bytes. */
  readonly hash: Uint8Array;
}

/** What a vote says: from a justified checkpoint to a later one of the same branch. */
export interface Link {
  readonly source: Checkpoint;
  readonly target: Checkpoint;
}

const checkpointSchema: Schema<Checkpoint> = record<Checkpoint>({ epoch: unsigned(), hash: bytes32 });

/** Wire form of {@link Checkpoint}, for records that hold one. */
export { checkpointSchema };

/** Wire form of {@link Link}. */
export const linkSchema: Schema<Link> = record<Link>({ source: checkpointSchema, target: checkpointSchema });

/** First epoch of a block: to vote for it justifies. */
export function firstEpochOf(height: number): number {
  return 2 * height;
}

/** Height of the block that owns an epoch. */
export function heightOfEpoch(epoch: number): number {
  return Math.floor(epoch / 2);
}

/** Whether a link's target is the second epoch of a block: more than two thirds of stake on it finalise the block. */
export function isSecondRound({ target }: Link): boolean {
  return target.epoch % 2 === 1;
}

/** The link of a block's second round: from its first epoch to its second. */
export function secondRoundOf({ epoch, hash }: Checkpoint): Link {
  return { source: { epoch, hash }, target: { epoch: epoch + 1, hash } };
}

/** Whether two checkpoints are one. */
export function equalCheckpoints(a: Checkpoint, b: Checkpoint): boolean {
  return a.epoch === b.epoch && equalBytes(a.hash, b.hash);
}

/** Whether two links are one. */
export function equalLinks(a: Link, b: Link): boolean {
  return equalCheckpoints(a.source, b.source) && equalCheckpoints(a.target, b.target);
}

/** What a voter signs: the link, bound to the network; 32 bytes. */
export function voteDigest(networkId: Uint8Array, link: Link): Uint8Array {
  return taggedHash("aether/vote/1", networkId, encode(linkSchema, link));
}

/** How two votes of one voter break the rules. */
export type Offence = "double-vote" | "surround-vote";

/** Says how two votes of one voter break the rules; null if they do not. */
export function offenceOf(first: Link, second: Link): Offence | null {
  if (first.target.epoch === second.target.epoch) return equalLinks(first, second) ? null : "double-vote";
  const [outer, inner] = first.target.epoch > second.target.epoch ? [first, second] : [second, first];
  return outer.source.epoch < inner.source.epoch ? "surround-vote" : null;
}

/** An order of links that does not depend on who lists them. */
export function compareLinks(a: Link, b: Link): number {
  return (
    a.target.epoch - b.target.epoch ||
    a.source.epoch - b.source.epoch ||
    compareBytes(a.target.hash, b.target.hash) ||
    compareBytes(a.source.hash, b.source.hash)
  );
}
