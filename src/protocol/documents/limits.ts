/**
 * Bounds of documents that several people write, sizes in bytes and times in milliseconds.
 * @module
 */

/** Bounds of a document, its updates and what travels of it. */
export const documentLimits = {
  /** A document's key. */
  keyBytes: 32,
  /** Characters of a document's text (UTF-16 units): what one editor holds and one update can carry. */
  characters: 250_000,
  /** One sealed update: the longest text in UTF-8 with room for what a merge adds; a request between peers has a mebibyte. */
  updateBytes: 983_040,
  /** A sealed presence: a cursor. */
  presenceBytes: 2_048,
  /** Letters of a document's name, as UTF-8. */
  nameBytes: 128,
  /** Chains of one document: one for each device of each author. */
  chains: 256,
  /** Updates of one chain. */
  chainUpdates: 1_000_000,
  /** Key epochs of one document. */
  epochs: 64,
  /** Documents that one node holds, and that one vault has keys of. */
  documents: 64,
  /** Updates in one request or answer, */
  updatesAtOnce: 256,
  /** and their bytes, but for a single one that is larger. */
  batchBytes: 262_144,
  /** A presence is believed for so long; clocks may be wrong by as much. */
  presenceLifeMs: 60_000,
} as const;

/** Bounds of removals. Apart from the others: the page itself needs those. */
export const rotationLimits = {
  /** People whom a rotation seals a new key for, and whom it names as removed. */
  members: 64,
  /** One rotation, */
  rotationBytes: 131_072,
  /** and all of one document together: they go in one message. */
  rotationsBytes: 786_432,
} as const;
