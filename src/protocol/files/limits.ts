/**
 * Bounds of files that peers keep for each other.
 * @module
 */

const dayMs = 24 * 3_600_000;

/** Bounds of a file, its shards and its manifest. */
export const fileLimits = {
  /** A file is sealed in pieces of so many bytes, the last of which may be shorter. */
  chunkBytes: 1_048_576,
  /** Pieces of one file. */
  chunks: 256,
  /** Letters of a file's name, as UTF-8. */
  nameBytes: 255,
  /** A sealed manifest. */
  manifestBytes: 131_072,
  /** What is kept, asked for and handed over under one digest: a shard or a sealed manifest. */
  blockBytes: 131_072,
  /** Blocks in one request or answer: the shards of a whole chunk are two. */
  blocksAtOnce: 6,
  /** For how long others keep a block, from when they are asked to. */
  lifeMs: 30 * dayMs,
} as const;
