/**
 * Bounds of what is spoken with nodes of IPFS.
 * @module
 */

/** The protocol's name. */
export const bitswapProtocol = "/ipfs/bitswap/1.2.0";

/** Each is far above what an honest node needs of another at once. */
export const bitswapLimits = {
  /** A message; the other implementations send no larger ones. */
  messageBytes: 4_194_304,
  /** A block; other nodes of IPFS hand over no larger ones. */
  blockBytes: 2_097_152,
  /** Letters of a CID in a message, in bytes. */
  cidBytes: 128,
  /** Entries of one list of one message that are looked at; of those behind them nothing is known. */
  entries: 1_024,
  /** Blocks of one message. */
  blocks: 1_024,
  /** From the first byte of a message to its last. */
  messageMs: 30_000,
  /** Bytes of unfinished messages: one node's, and all nodes'. */
  unfinishedBytes: 2 * 4_194_304,
  unfinishedOfAllBytes: 8 * 4_194_304,

  /** Wants of one node that wait for an answer; what it wants beyond is passed over. */
  waitingWants: 1_024,
  /** Wants of one node that are looked at: burst, and how many come back each second. */
  wantBurst: 2_048,
  wantsPerSecond: 256,
  /** Blocks that one node is given: burst, and how many come back each second. */
  blockBurst: 64,
  blocksPerSecond: 16,
  /** Nodes whose spending is remembered. */
  rememberedNodes: 1_000,
  /** Wants that are answered in one step. */
  wantsAtOnce: 64,
  /** A block no larger than this is sent at once to who only asks whether it is here. */
  smallBlockBytes: 1_024,
  /** The other side takes an answer by then. */
  sendMs: 30_000,

  /** Nodes that are asked for one block, and blocks that are asked for at once. */
  askedNodes: 8,
  askedBlocks: 64,
  /** After so long without an answer the next node is asked as well. */
  hedgeMs: 2_000,
  /** Who has not answered by then is asked once more: Helia's nodes pass over a want of what they sent in the last 5 s. */
  againMs: 6_000,
  /** A block that has not come so long after that does not come. */
  askMs: 10_000,
  /** Blocks that came last, together of so many bytes, are at hand when they are asked for again: roots of folders are. */
  keptBytes: 8_388_608,
  /** For so long a node is kept away that sent what nobody asked it for. */
  banMs: 600_000,
} as const;
