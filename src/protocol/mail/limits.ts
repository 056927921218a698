/**
 * Every bound of messages between people, sizes in bytes and times in milliseconds.
 * @module
 */

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** Bounds of messages, envelopes and what is signed about them. */
export const mailLimits = {
  /** A message's text in UTF-8. */
  textBytes: 8_192,
  /** What is sealed is filled up to a power of two, so that its size tells little: from this one … */
  leastPaddedBytes: 512,
  /** … to this one, which holds the longest text. */
  mostPaddedBytes: 16_384,
  /** An encoded envelope: what is sealed, its tag, the encapsulated key, and room for the rest. */
  envelopeBytes: 16_384 + 16 + 1_120 + 128,
  /** After this long nobody keeps an envelope for its receiver, and no receiver takes it: what was refused once as known stays refused. */
  envelopeLifeMs: 30 * dayMs,
  /** Clocks may be wrong by so much. */
  clockErrorMs: 60 * minuteMs,
  /** How long a signed record of an encryption key is good. */
  recordLifeMs: 90 * dayMs,
  /** How long a peer may collect somebody's mail without being told again. */
  passLifeMs: dayMs,
  /** An encoded record, and an encoded pass. */
  recordBytes: 1_400,
  passBytes: 300,
  /** Letters of a peer's id. */
  peerIdBytes: 128,
} as const;
