/**
 * Every bound of the sync of a person's own devices, sizes in bytes and times in milliseconds.
 * @module
 */

/** Bounds of what two devices compare and of what each remembers of the others. */
export const deviceSyncLimits = {
  /** Copies of the vault that are remembered: devices that are there, removed ones, and what restored backups add. */
  replicas: 128,
  /** A range with so few marks is answered with these, a larger one with parts of it. */
  rangeMarks: 32,
  rangeParts: 16,
  /** Ranges of one request; an answer has at most as many times what one range is answered with. */
  requestRanges: 32,
  /** Requests of one comparison. */
  rounds: 64,
  /** Differences that one comparison may find: more than both vaults hold. */
  differences: 1_024,
  /** One thing as it is sent. */
  itemBytes: 57_344,
  /** A message, sealed; all that a vault holds goes into one. */
  messageBytes: 196_608,
  /** Devices that are answered at once, and how long one may take between two of its questions. */
  sessions: 4,
  sessionLifeMs: 30_000,
} as const;
