/**
 * What a node keeps of files, and its pace with them. What files themselves may be stands in `protocol/files`.
 * @module
 */

const mebibyte = 1_048_576;

/** Bounds and paces. */
export const filePlan = {
  /** Blocks kept in all. */
  blocks: 65_536,
  /** Bytes kept for this node's own people, for others, and of these for one peer. */
  ownBytes: 256 * mebibyte,
  othersBytes: 1_024 * mebibyte,
  fromOneBytes: 128 * mebibyte,
  /** A stamp must have so many bits more than one of the free lane: it is for half a megabyte. */
  moreStampBits: 2,
  /** Nodes that a file is left with. */
  copies: 2,
  /** Peers that are asked for a block. */
  asked: 16,
  askTimeoutMs: 10_000,
  /** Rounds of questions while somebody says that he may not send more just now, and the wait between them. */
  rounds: 30,
  patienceMs: 1_000,
  /** A node that has just started waits so long for one that keeps files. */
  joiningMs: 20_000,
  /** Old blocks are cleared away this often. */
  sweepEveryMs: 3_600_000,
} as const;
