/**
 * What an interface and a node say to each other about computing: how much of the processor may be taken, what is being
 * computed, and why not.
 * @module
 */

/** Bounds of {@link ComputeCaps}.cpuPercent. Below the least a share is no work at all, only warmth: pausing is honest. */
export const cpuPercentRange = { least: 5, most: 100 } as const;

/** What the user allows. */
export interface ComputeCaps {
  /** Share of each compute thread's time in per cent, 5 to 100. */
  readonly cpuPercent: number;
  readonly pauseInBackground: boolean;
  readonly pauseOnBattery: boolean;
  readonly pauseWhileTyping: boolean;
}

/** Half of each thread, and nothing that the user would find out by a warm or empty laptop, or by keys that lag. */
export const defaultCaps: ComputeCaps = {
  cpuPercent: 50,
  pauseInBackground: true,
  pauseOnBattery: true,
  pauseWhileTyping: true,
};

/** What the device is doing: the window knows, the node's thread cannot see. */
export interface ComputeSituation {
  /** Whether the page can be seen. */
  readonly visible: boolean;
  /** Null where the browser does not tell. */
  readonly onBattery: boolean | null;
  /** Whether somebody is using keys, pointer or touch in a page of this profile, or did until a moment ago. */
  readonly typing: boolean;
}

/** Why nothing is computed; empty while something may be. */
export type ComputePause = "" | "background" | "battery" | "typing";

/** The proof of compute for the next block. */
export interface WorkView {
  readonly stage: "idle" | "sampling" | "proving" | "ready" | "failed";
  /** Job whose segment is proved; null: the built-in sampler program. */
  readonly jobId: Uint8Array | null;
  /** What the prover is doing and the share of it that is done, 0 to 1; null while it is not proving. */
  readonly progress: { readonly stage: "load" | "expand" | "witness" | "prove"; readonly share: number } | null;
  /** The energy sample of the next block; null before one is looked for. */
  readonly sample: SampleView | null;
}

/** A search for an energy sample. */
export interface SampleView {
  /** Who draws it. */
  readonly unit: string;
  readonly emulated: boolean;
  /** Annealing runs so far. */
  readonly runs: number;
  readonly found: boolean;
}

/** A block made here. */
export interface ProducedBlock {
  readonly height: number;
  /** Who drew its energy sample. */
  readonly unit: string;
  readonly emulated: boolean;
}

/** What this node's contributions give it as a proposer, by the chain's head. */
export interface ProposerView {
  /** So many times easier than for others a block is found here, 1 to 4. */
  readonly weight: number;
  /** Its stake that votes, in nano-AETH. */
  readonly stakeNano: bigint;
  /** Segments of other people's jobs that it proved in recent blocks which are final. */
  readonly segments: number;
  /** How many of the recent blocks are its own, */
  readonly ownBlocks: number;
  /** and how many count as recent. */
  readonly recentBlocks: number;
  /** Of a proposer's whole part of a block, what it gets: 0.5 to 1. */
  readonly paidShare: number;
}

/** What computing has cost, by a rule of thumb: browsers measure no power. */
export interface EnergyEstimate {
  /** Assumed draw of a core that is busy all the time. */
  readonly wattsPerCore: number;
  /** Cores kept busy now, on average. */
  readonly busyCores: number;
  readonly wattsNow: number;
  /** Since the node started. */
  readonly joules: number;
}

/** What a node computes to make blocks. */
export interface ActivityView {
  readonly producing: boolean;
  readonly pausedFor: ComputePause;
  readonly caps: ComputeCaps;
  /** Null where the browser does not tell: then nothing pauses for it. */
  readonly onBattery: boolean | null;
  /** The nonce search: threads it runs on right now, and its rate. */
  readonly search: { readonly threads: number; readonly hashesPerSecond: number };
  readonly work: WorkView;
  /** Null until somebody is named to be paid for blocks. */
  readonly proposer: ProposerView | null;
  readonly blocksProduced: number;
  readonly lastBlock: ProducedBlock | null;
  readonly energy: EnergyEstimate;
}
