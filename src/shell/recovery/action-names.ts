/**
 * The words behind `recovery`, apart from what they do, which is loaded later.
 * @module
 */

/** Them all, in the order of a recovery. */
export const recoveryActionNames = ["share", "key", "show", "begin", "give", "stop", "finish"] as const;

/** One of them. */
export type RecoveryAction = (typeof recoveryActionNames)[number];
