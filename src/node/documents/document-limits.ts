/**
 * What a node keeps of documents, and its pace with them. What documents themselves may be stands in `protocol/documents`.
 * @module
 */

const mebibyte = 1_048_576;

/** Bounds and paces. */
export const documentPlan = {
  /** Sealed updates of one document. */
  documentBytes: 32 * mebibyte,
  /** Bytes a second that one peer may bring, over longer times. */
  intakeBytesPerSecond: 256 * 1_024,
  /** Peers who are asked whether they have documents of ours, and that one document is shared with at once. */
  companions: 32,
  askTimeoutMs: 10_000,
  /** Rounds of one exchange with a peer: each brings a batch. */
  rounds: 400,
  /** Those who have a document compare notes this often, in case something was lost on its way. */
  compareEveryMs: 30_000,
  /** Presences that one peer may send in a second. */
  presencesPerSecond: 8,
} as const;
