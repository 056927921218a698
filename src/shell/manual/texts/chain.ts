/**
 * What `man` says of the commands in commands/chain.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  blocks: "One line a block, newest first: height, hash, age, transactions, size, and whether this node made it.",
  block:
    "A block's header facts, whether it can never be undone, the votes that it carries for blocks before it, and its transactions. A browser keeps the newest 2 000 blocks whole and all others by their header: asked for an older one it says so.",
  tx: "What a transaction does and where it stands. Once its block is final no branch without it can be chosen any more, and it says so. Until then, and where nobody votes, it tells the exact odds that an attacker with 10 or 30 % of the work could still reverse it. A lost one says why.",
  explain: "For a transaction id: who pays whom, what is consumed and created. For a command's name: its manual.",
};
