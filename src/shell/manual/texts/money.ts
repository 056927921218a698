/**
 * What `man` says of the commands in commands/money.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  balance:
    "Confirmed coins that can be spent now, and what waiting transactions will bring. Works while locked. While this device takes the chain in, or nobody is connected, it says up to which block it knows.",
  pay: "Shows whom it pays, by name (`contact add`) and whole address, which coins it consumes and what it creates, asks once, signs, sends, and waits for the block. Ctrl-C stops waiting, not the payment. Without a network it is signed, kept here and sent when somebody is connected; it says so. The same rule checks the dry run and the chain. A lost double spend says who won. Whoever has replaced their keys (`id rotate`) is paid at the new address, and both are shown.",
  faucet:
    "Posts a request for coins (5 AETH unless you say otherwise, 10 at most) in the stamped free lane: it costs a moment of computing and no coins. The seed pays it from what it earned, once per address in 20 blocks. Coins on dev are worth nothing. On main there is no faucet.",
  mempool: "Transactions that wait, the best fee rate first; at most 100.",
};
