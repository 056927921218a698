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
  joining: "joining",
  direct: "direct",
  follows: "follows another tab",
  terminal: "Terminal",
  transcript: "What the terminal says",
  prompt: "What stands at the prompt",
  keys: {
    all: "Keys of the terminal",
    complete: "Tab: complete",
    earlier: "Earlier line",
    later: "Later line",
    left: "Left",
    right: "Right",
    paste: "Paste",
    pasteRefused: "The browser does not let this page read what you copied. Hold your finger on the prompt to paste.",
  },
  chips: "Common commands",
  stop: "Stop",
  stopLong: "Stop what runs (Ctrl-C)",
  syncing: "syncing",
  activity: {
    title: "Activity",
    close: "Close",
    loading: "Loading…",
    missing: "This pane could not be loaded. `activity` in the terminal says the same; reload the page to try again.",
    lead: "A node can make blocks and earn their reward. That takes processor time and energy; you decide how much.",
    follows: "Another tab of this profile runs the node. What you do here counts there.",
    making: "Making blocks:",
    start: "Start",
    stop: "Stop",
    sample: "Energy sample",
    sampleNote: "A good solution of a random puzzle of spins. It belongs to this node's next block alone.",
    proof: "Proof",
    proofNote: "Shows to everybody that a piece of a program was really run.",
    search: "Nonce search",
    searchNote: "Tries numbers until the block's hash is small enough. On dev that takes moments.",
    weight: "Found",
    weightNote:
      "How easily this node finds blocks, up to four times: by a stake that votes, and people's jobs that it proved.",
    paid: "Paid",
    paidNote: "Half without a stake, all with one; less again for who makes more than 5 % of the newest blocks.",
    blocks: "Blocks made",
    blocksNote: "Since the node started.",
    energy: "Energy (estimate)",
    trust: "What proofs rest on",
    trustNote:
      "One party made the keys. If it kept the secret behind them it could forge proofs. Fit for development only.",
    caps: "How much it may take",
    share: "Share of each processor thread:",
    pauseInBackground: "Pause while the page is in the background",
    pauseOnBattery: "Pause while the device runs on its battery",
    batteryUnknown: "This browser does not tell, so nothing pauses for it.",
  },
} as const;

/** What everybody who relies on a proof must know. */
export const trustLabel = "development setup: trust in one party";
