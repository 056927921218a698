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
  /** Token bucket per client (`client-name.ts`): burst, and tokens that come back each second. */
  clientBurst: 240,
  clientRefillPerSecond: 60,
  /** Clients remembered; the oldest goes first. */
  clientsRemembered: 10_000,
  /** Answers under `/ipfs/` at once, of them to one client. */
  gatewayAnswers: 64,
  gatewayAnswersPerClient: 8,
  /** How long one block may take to come from a peer, what a path leads to to be found, a client to take some bytes, and a whole answer. */
  gatewayBlockMs: 30_000,
  gatewayFindMs: 60_000,
  gatewayIdleMs: 30_000,
  /** Bytes a second that a client takes at least, or its place goes to another. */
  gatewayLeastRate: 8_192,
  gatewayAnswerMs: 1_800_000,
  /** Blocks of public files in memory, so that who asks for parts of a file does not have its root fetched each time. */
  gatewayCacheBytes: 33_554_432,
  /** Blocks that nobody had are not asked for again so long; of so many that is remembered. */
  gatewayMissMs: 30_000,
  gatewayMisses: 1_024,
  /** Peers named by one bootstrap answer. */
  bootstrapPeers: 32,
} as const;
