/**
 * What a node keeps of messages, and its pace with them. What messages themselves may be stands in `protocol/mail`.
 * @module
 */

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** Bounds and paces. */
export const mailPlan = {
  /** Messages kept for this node's own people; beyond that they wait where they are. */
  inboxMessages: 1_024,
  /** Deleted messages remembered, so that none comes twice, for as long as anybody keeps messages. */
  remembered: 16_384,
  /** Our own messages on their way, and those that have arrived: the newest. */
  outgoing: 256,
  outgoingDone: 1_024,
  /** Signed keys of others that a tab remembers, and a node that keeps messages. */
  keysOfTab: 256,
  keysOfKeeper: 10_000,

  /** Messages kept for one receiver, and from one peer; messages and bytes kept in all. */
  keptForOne: 256,
  keptFromOne: 128,
  keptInAll: 20_000,
  keptBytes: 128 * 1_048_576,
  /** A stamp for a receiver for whom this many messages wait must have one bit more, and so on. */
  bitsRiseEvery: 32,
  /** Above this a stamp is not searched for: somebody asks for too much. */
  mostStampBits: 26,
  /** Nodes that a message is left with. */
  copies: 2,

  /** Peers asked at once whose key it is. */
  asked: 16,
  askTimeoutMs: 5 * secondMs,
  /** Handing a message on to its receiver while its sender waits for the answer. */
  handOnTimeoutMs: 4 * secondMs,
  /** The sender's patience with that. */
  deliverTimeoutMs: 10 * secondMs,
  /** Mail is asked for again after this, in case nobody said that some has come. */
  collectEveryMs: 5 * minuteMs,
  /** Answers of one keeper to one round of questions. */
  collectRounds: 40,
  /** The first try again, and the longest wait between tries. */
  retryFirstMs: 15 * secondMs,
  retryLongestMs: hourMs,
  /** Old messages and keys are cleared away this often. */
  sweepEveryMs: hourMs,
} as const;
