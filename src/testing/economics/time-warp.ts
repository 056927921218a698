/**
 * Miners who lie about time as far as the two bounds on a block's time let them, to make blocks cheaper: how much faster
 * the chain grows than with the same miners, winners and luck if all told the truth.
 * @module
 */

import type { RetargetPoint } from "#protocol/consensus/difficulty.ts";
import { medianTimeMs, validateHeaderTimes } from "#protocol/consensus/header-times.ts";
import { targetOfWork, workOfTarget } from "#protocol/consensus/work.ts";
import { main } from "#protocol/parameters.ts";
import { Random } from "../random.ts";
import { ourRule } from "./difficulty-step.ts";

/** What a liar wants the time of its block at a height to be. */
type Lie = (height: number) => "early" | "late";

/** The lies tried: always one way, or turning over in step with blocks near a retarget or with the window. */
export const lies: Readonly<Record<string, Lie>> = {
  "always late": () => "late",
  "always early": () => "early",
  "late before a retarget": (height) => (height % 10 >= 5 ? "late" : "early"),
  "early before a retarget": (height) => (height % 10 >= 5 ? "early" : "late"),
  "turning every 100 blocks": (height) => (Math.floor(height / 100) % 2 === 0 ? "early" : "late"),
  "turning every 200 blocks": (height) => (Math.floor(height / 200) % 2 === 0 ? "early" : "late"),
};

const power = 50;
const hashesPerMs = (power * Number(workOfTarget(main.initialTarget))) / main.blockIntervalMs;
/** Ancestors a rule can ask for. */
const kept = 220;

/** Real time that a chain of `blocks` takes when a share of the work lies. */
function chainTimeMs(blocks: number, share: number, lie: Lie | null, seed: number): number {
  const random = new Random(seed);
  const target = targetOfWork(BigInt(Math.round(hashesPerMs * main.blockIntervalMs)));
  let chain: RetargetPoint[] = Array.from({ length: kept }, (_, i) => ({ timeMs: i * main.blockIntervalMs, target }));
  const startMs = (kept - 1) * main.blockIntervalMs;
  let nowMs = startMs;
  for (let height = kept; height < kept + blocks; height++) {
    const next = ourRule(height, chain);
    nowMs += (-Math.log(1 - random.fraction()) * Number(workOfTarget(next))) / hashesPerMs;
    const lying = random.fraction() < share;
    const newest = chain.slice(-main.medianTimeBlocks).map((point) => point.timeMs);
    const earliestMs = medianTimeMs(newest) + 1;
    const truthMs = Math.max(Math.floor(nowMs), earliestMs);
    const latestMs = Math.floor(nowMs) + main.maximumFutureMs;
    const timeMs = !lying || lie === null ? truthMs : lie(height) === "late" ? latestMs : earliestMs;
    const valid = validateHeaderTimes(timeMs, newest, nowMs, main);
    if (!valid.ok) throw new Error(`a lie outside the rules: ${valid.message}`);
    chain.push({ timeMs, target: next });
    if (chain.length > 2 * kept) chain = chain.slice(-kept);
  }
  return nowMs - startMs;
}

/** By how much more blocks come in the same time: 0.01 is 1 %. */
export function timeWarpGain(lie: Lie, share: number, blocks: number, seed: number): number {
  return chainTimeMs(blocks, share, null, seed) / chainTimeMs(blocks, share, lie, seed) - 1;
}
