/**
 * Bounds of what is read from archives that anybody made.
 * @module
 */

/** Each is far above what files of this system need, and small enough that reaching it costs a moment. */
export const interchangeLimits = {
  /** The header of an archive. */
  headerBytes: 4_096,
  /** Roots that a header names. */
  roots: 64,
  /** Peers of IPFS hand over no larger blocks. */
  blockBytes: 2_097_152,
  /** Blocks of one archive. */
  blocks: 65_536,
  /** What may stand between the header of a CARv2 and its data. */
  paddingBytes: 65_536,
  /** Links from a root to the end of any file. */
  depth: 32,
  /** Blocks that are visited when a tree is read; one that is named twice counts twice. */
  visits: 65_536,
} as const;

/** Bounds of one answer under `/ipfs/`. */
export const gatewayLimits = {
  /** Letters of an address, and names in its path. */
  addressLength: 4_096,
  pathNames: 32,
  /** Blocks that are looked through on the way to a file, and for the names of a folder. */
  pathBlocks: 128,
  /** Bytes in them: a block of 2 MiB may name 45 000 others, and all of them are decoded each time. */
  pathBytes: 8 * 1_048_576,
  /** Names that a page of a folder lists. */
  listed: 10_000,
  /** The largest file. */
  fileBytes: 4_096 * 1_048_576,
} as const;
