/**
 * How what a node computes is said to people: the same words in the terminal and in the window.
 * @module
 */
import type {
  ActivityView,
  ComputeCaps,
  ComputePause,
  EnergyEstimate,
  ProposerView,
  SampleView,
  WorkView,
} from "#sdk/compute.ts";
import { formatAmount } from "#wallet/amount.ts";
import { short } from "../format.ts";
import { sanitise } from "../terminal/sanitise.ts";

/** Why nothing is computed. */
export const pauseWords: Readonly<Record<Exclude<ComputePause, "">, string>> = {
  background: "the page of this node is in the background",
  battery: "this device runs on its battery",
  typing: "you are using this page; it goes on a moment after your last key or click",
};

/** What the prover does, stage by stage. */
const stageWords: Readonly<Record<NonNullable<WorkView["progress"]>["stage"], string>> = {
  load: "loading the key",
  expand: "preparing the key (once per device)",
  witness: "running the program",
  prove: "proving",
};

/** Whether blocks are made, and what stands against it. */
export function producingWords({ producing, pausedFor }: ActivityView): string {
  if (!producing) return "off";
  return pausedFor === "" ? "on" : `on, but paused: ${pauseWords[pausedFor]}`;
}

/** How fast nonces are tried. */
export function searchWords({ threads, hashesPerSecond }: ActivityView["search"]): string {
  if (threads === 0) return "not now";
  return `${hashesPerSecond.toLocaleString("en")} hashes a second on ${threads} thread${threads === 1 ? "" : "s"}`;
}

/** How much easier blocks are found here than by who has contributed nothing, and why. */
export function weightWords(proposer: ProposerView | null): string {
  if (proposer === null) return "as for everybody: there is no identity to make blocks for";
  const { weight, stakeNano, segments } = proposer;
  const reasons = [
    ...(stakeNano > 0n ? [`${formatAmount(stakeNano)} AETH that vote`] : []),
    ...(segments > 0 ? [`${segments} proved ${segments === 1 ? "segment" : "segments"} of people's jobs`] : []),
  ];
  if (reasons.length === 0) return "as for everybody: nothing bonded here, nothing proved of late";
  return `${weight.toFixed(2)} times as easily, for ${reasons.join(" and ")}`;
}

/** What a block pays here, of a proposer's whole part. */
export function paidWords(proposer: ProposerView | null): string {
  if (proposer === null) return "nobody";
  const { stakeNano, ownBlocks, recentBlocks, paidShare } = proposer;
  const percent = `${(100 * paidShare).toFixed(1)} % of the maker's part`;
  if (stakeNano === 0n) return `${percent}; with a stake that votes it is more`;
  return `${percent}: ${ownBlocks} of the ${recentBlocks} newest blocks are yours`;
}

/** What is proved for the next block, and how far that is. */
export function proofWords({ stage, jobId, progress }: WorkView): string {
  if (stage === "idle") return "nothing now";
  if (stage === "failed") return "failed; it is tried again";
  const what = jobId === null ? "part of the built-in sampler program" : `part of job ${short(jobId)}`;
  if (stage === "ready") return `${what}, done: waits for something to put into a block`;
  if (stage === "sampling") return `${what}, after the energy sample`;
  return progress === null ? what : `${what}: ${stageWords[progress.stage]} ${Math.round(100 * progress.share)} %`;
}

/** A unit's name, never without saying that it is software. */
export function unitWords({ unit, emulated }: Pick<SampleView, "unit" | "emulated">): string {
  return `${sanitise(unit)} (${emulated ? "emulated" : "hardware"})`;
}

/** Who looks for the energy sample, and whether it is there. */
export function sampleWords(sample: SampleView | null): string {
  if (sample === null) return "nothing now";
  return `${sample.found ? "found by" : "being drawn by"} ${unitWords(sample)}`;
}

/** Blocks made in this session. */
export function blocksWords({ blocksProduced, lastBlock }: ActivityView): string {
  if (lastBlock === null) return `${blocksProduced}`;
  return `${blocksProduced}, the newest at height ${lastBlock.height}; its sample was drawn by ${unitWords(lastBlock)}`;
}

/** "12 J", "3.4 kJ", "1.25 Wh": what people compare with a battery or a bill. */
export function energy(joules: number): string {
  if (joules < 1_000) return `${Number(joules.toFixed(joules < 10 ? 1 : 0))} J`;
  return joules < 3_600 ? `${(joules / 1_000).toFixed(1)} kJ` : `${(joules / 3_600).toFixed(2)} Wh`;
}

/** The estimate, called one. */
export function energyWords({ wattsNow, joules }: EnergyEstimate): string {
  return `about ${Number(wattsNow.toFixed(1))} W now, ${energy(joules)} since the node started`;
}

/** What the estimate rests on. */
export function energyBasis({ wattsPerCore }: EnergyEstimate): string {
  return `An estimate, not a measurement: busy threads × their share of the time × an assumed ${wattsPerCore} W per core.`;
}

const state = (pauses: boolean): string => (pauses ? "pause" : "run");

/** The caps in a line. */
export function capsWords({ cpuPercent, pauseInBackground, pauseOnBattery, pauseWhileTyping }: ComputeCaps): string {
  return `${cpuPercent} % of each thread; in the background: ${state(pauseInBackground)}; on battery: ${state(pauseOnBattery)}; while you type: ${state(pauseWhileTyping)}`;
}

/** The command that sets one of the caps. */
export const capCommands = {
  cpu: (percent: number) => `activity cap --cpu ${percent}`,
  background: (pauses: boolean) => `activity cap --background ${state(pauses)}`,
  battery: (pauses: boolean) => `activity cap --battery ${state(pauses)}`,
  typing: (pauses: boolean) => `activity cap --typing ${state(pauses)}`,
} as const;
