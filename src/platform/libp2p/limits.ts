/**
 * Every limit and pace of the libp2p adapters.
 * @module
 */

/** Limits and paces; times in milliseconds. */
export const networkLimits = {
  /** A request, which may bring a block of a mebibyte; answers are bounded by who asks. */
  requestBytes: 1_064_960,
  /** Requests of one protocol that a peer may have open with us at once; more are refused politely. */
  streamsPerPeer: 16,
  /** Requests a peer may make: burst, and how many come back each second. */
  requestBurst: 200,
  requestsPerSecond: 100,
  /** Gossip messages a peer may send: burst, and how many come back each second; what is beyond is dropped unread. */
  gossipBurst: 1_000,
  gossipPerSecond: 200,
  /** Gossip messages whose verdict is awaited at once, from all peers. */
  unjudged: 512,
  /** Peers whose spending is remembered, connected or not: reconnecting does not refill anybody's bucket. */
  rememberedPeers: 1_000,
  /** From the first byte of a request to the last of its answer. */
  handlerTimeoutMs: 15_000,

  /** An echo that takes longer is none. */
  echoTimeoutMs: 4_000,
  echoEveryMs: 10_000,
  /** An echo missed this often in a row ends the connection: a throttled tab may miss one and is not dead. */
  missedEchoes: 2,
  /** A relayed connection counts as a peer only if no direct one came up by then. */
  relayedGraceMs: 6_000,
  /** Time for both sides to notice the direct connection before the relayed one is closed. */
  relayedCloseMs: 1_000,
  /** When two tabs dialled each other at once: time for both sides to verify both connections before one is closed. */
  surplusCloseMs: 1_000,

  /** After a connection closed: when to look whether gossip lost its stream to that peer with it. */
  mendDelaysMs: [0, 500, 2_000],

  dialTimeoutMs: 8_000,
  /** Tries of one dial. */
  dialTries: 3,
  /** Dials under way at once; the next exchange names whom we leave out. */
  dials: 16,
  /** After discovery the higher peer id leaves the first try to the lower. */
  glareDelayMs: 3_000,
  /** A certain peer is to answer an echo by then; how often that is looked at. */
  reachTimeoutMs: 15_000,
  reachLookMs: 100,
  /** Direct peers a tab seeks; it accepts more. */
  wantedPeers: 8,
  /** Tabs that may hold a place on another tab's relay. */
  tabReservations: 32,
  /** Relays on which a node holds a place itself: its seeds' and some tabs'. */
  relayPlaces: 12,

  exchangeEveryMs: 10_000,
  /** Tabs that joined in the same moment are on nobody's list yet; these questions find them. */
  earlyExchangesMs: [700, 1_500, 3_000],
  /** Peers one answer names. */
  exchangedPeers: 32,
  /** Questions a peer may have open with us at once. */
  exchangeStreams: 2,

  /** Nodes of IPFS that the user connects. */
  ipfsNodes: 8,

  /** Seeds a node keeps up. */
  seeds: 8,
  addressesPerSeed: 4,
  bannedPeers: 1_000,
  reconnectFirstMs: 500,
  reconnectLongestMs: 5_000,
  /** The same for seeds other than the page's own, which may be gone for good. */
  reconnectOthersLongestMs: 60_000,
  /** A stop waits so long for connections to report their end. */
  stopTimeoutMs: 3_000,
  /** A timer this late says that the tab was frozen; on waking it looks after its connections at once. */
  frozenMs: 5_000,
} as const;

/** The limits, as tests may shrink them. */
export type NetworkLimits = {
  readonly [K in keyof typeof networkLimits]: (typeof networkLimits)[K] extends number ? number : readonly number[];
};
