/**
 * Every limit of the libp2p adapters.
 * @module
 */

/** Limits and paces. */
export const networkLimits = {
  requestBytes: 1_048_576,
  /** Streams of one protocol a peer may have open with us, and we with it. */
  streamsPerPeer: 16,
  /** Requests a peer may make: burst, and how many come back each second. */
  requestBurst: 200,
  requestsPerSecond: 100,
  handlerTimeoutMs: 15_000,
  /** An echo that takes longer is none. */
  echoTimeoutMs: 4_000,
  echoEveryMs: 10_000,
  dialTimeoutMs: 8_000,
  /** Tries of one dial; the first is lost to a race in @libp2p/webrtc now and then. */
  dialTries: 3,
  /** A relayed connection counts as a peer only if no direct one came up by then. */
  relayedGraceMs: 6_000,
  /** Time for both sides to notice the direct connection before the relayed one is closed. */
  relayedCloseMs: 1_000,
  /** After discovery the higher peer id leaves the first try to the lower. */
  glareDelayMs: 3_000,
  exchangeEveryMs: 10_000,
  earlyExchangesMs: [700, 1_500, 3_000],
  exchangedPeers: 32,
  /** Direct peers a tab seeks; it accepts a few more. */
  wantedPeers: 8,
  bannedPeers: 1_000,
  reconnectFirstMs: 500,
  reconnectLongestMs: 5_000,
} as const;
