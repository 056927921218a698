/**
 * Every limit of the seed's HTTP surface.
 * @module
 */

/** Limits on routes, connections and JSON-RPC. */
export const seedLimits = {
  /** A transaction in hexadecimal and its envelope, with room for a small batch. */
  requestBodyBytes: 1_048_576,
  /** A slow client may not hold a request open for longer. */
  requestTimeoutMs: 10_000,
  headerTimeoutMs: 5_000,
  connections: 2_048,
  /** Calls in one JSON-RPC batch. */
  batchCalls: 20,
  /** Token bucket per client address: burst, and tokens that come back each second. */
  clientBurst: 240,
  clientRefillPerSecond: 60,
  /** Client addresses remembered; the oldest goes first. */
  clientsRemembered: 10_000,
  /** Peers named by one bootstrap answer. */
  bootstrapPeers: 32,
} as const;
