/**
 * The words behind `car`, apart from what they do, which is loaded later.
 * @module
 */

/** Them all. */
export const carActionNames = ["export", "import", "list"] as const;

/** One of them. */
export type CarAction = (typeof carActionNames)[number];
