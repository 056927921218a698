/**
 * The words behind `pair`, apart from what they do, which is loaded later.
 * @module
 */

/** Them all, in the order of a pairing. */
export const pairActionNames = ["show", "join", "list", "sync", "remove"] as const;

/** One of them. */
export type PairAction = (typeof pairActionNames)[number];
