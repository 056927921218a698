/**
 * Bounds of files that peers keep for each other.
 * @module
 */

const dayMs = 24 * 3_600_000;

/** Bounds of a file, its shards and its manifest. */
export const fileLimits = {
  /** A file is sealed in pieces of so many bytes, the last of which may be shorter. */
  chunkBytes: 1_048_576,
  /** Pieces that one manifest, or one table of a large file, names. */
  chunks: 256,
  /** Tables of a large file. */
  tables: 16,
  /** Letters of a file's name, as UTF-8. */
  nameBytes: 255,
  /** A manifest, or a table, before it is sealed. */
  manifestBytes: 131_072,
  /** People that one link is for, beside who shares it. */
  receivers: 16,
  /** A manifest with its key wrapped for so many, before it is sealed: some 1 200 bytes for each. */
  addressedBytes: 131_072 + 24_576,
  /** What is kept, asked for and handed over under one digest: a quarter of a sealed chunk, or a sealed manifest. */
  blockBytes: 266_240,
  /** The largest block of a file that everybody may read: a piece as profile `unixfs-v1-2025` cuts it. */
  publicBlockBytes: 1_048_576,
  /** Blocks in one request or answer; together they have no more bytes than one of the largest, or so many of a sealed file's. */
  blocksAtOnce: 3,
  /** Blocks that one may ask about at once. */
  digestsAtOnce: 1_024,
  /** What a stamp allows a peer to leave with another. */
  bytesPerStamp: 16_777_216,
  /** A block that is smaller counts as one of so many. */
  leastChargeBytes: 16_384,
  /** For how long others keep a block, from when they are asked to. */
  lifeMs: 30 * dayMs,
} as const;
