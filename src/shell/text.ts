/**
 * The words of the page, in one place.
 * @module
 */

/** English. */
export const text = {
  title: "AetherChain",
  lead: "A peer-to-peer operating system in a browser tab. Every command that changes something is a signed transaction; other tabs check it, no server rules it.",
  hint: "Type help. Nothing needs an account.",
  greeting:
    "This tab is a node now. `help` lists what you can type; `id new` makes your keys; `faucet` gets coins on dev.",
  network: "Network",
  height: "Height",
  peers: "Peers",
  finality: "Finality",
  notYet: "not yet",
  joining: "joining",
  direct: "direct",
  follows: "follows another tab",
  terminal: "Terminal",
  transcript: "What the terminal says",
  chips: "Common commands",
  syncing: "syncing",
} as const;

/** What everybody who relies on a proof must know. */
export const trustLabel = "development setup: trust in one party";
