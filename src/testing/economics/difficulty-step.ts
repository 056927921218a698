/**
 * A chain under a sudden change of hash power, by our difficulty rule and by the white paper's: intervals are what the
 * target and the hash power make them on average, so that a swing is the rule's own and not chance.
 * @module
 */
import { bigEndian, compareBytes, fromBigEndian } from "#protocol/codec/bytes.ts";
import { type RetargetPoint, requiredTarget, retargetAncestors } from "#protocol/consensus/difficulty.ts";
import { targetOfWork, workOfTarget } from "#protocol/consensus/work.ts";
import { main } from "#protocol/parameters.ts";
import type { Random } from "../random.ts";

/** Gives the target of the block at a height; the newest ancestors ascending, the parent last. */
export type DifficultyRule = (height: number, ancestors: readonly RetargetPoint[]) => Uint8Array;

/** The rule of the main network, as headers are checked by it. */
export const ourRule: DifficultyRule = (height, ancestors) =>
  requiredTarget(main, height, ancestors.slice(-retargetAncestors(main, height)));

const windowIntervals = 200;
const everyBlocks = 10;

/**
 * The white paper's `D × (Σ of the last 200 intervals / 201) / T`, every ten blocks, where D multiplies the target: to the
 * letter, with its division of 200 terms by 201.
 */
export const whitePaperRule: DifficultyRule = (height, ancestors) => {
  const parent = ancestors[ancestors.length - 1] as RetargetPoint;
  const first = ancestors[ancestors.length - 1 - windowIntervals];
  if (height % everyBlocks !== 0 || first === undefined) return parent.target;
  const sumMs = BigInt(Math.max(1, parent.timeMs - first.timeMs));
  const divisor = BigInt(windowIntervals + 1) * BigInt(main.blockIntervalMs);
  const easiest = fromBigEndian(main.initialTarget);
  const target = (fromBigEndian(parent.target) * sumMs) / divisor;
  return bigEndian(target > easiest ? easiest : target, 32);
};

/** Hash power in multiples of what the easiest target takes; far above 1, so that no rule meets that floor. */
const easiestPowerPerMs = Number(workOfTarget(main.initialTarget)) / main.blockIntervalMs;

/** A step of hash power. */
export interface Step {
  readonly rule: DifficultyRule;
  /** In multiples of the power that the easiest target takes. */
  readonly before: number;
  readonly after: number;
  readonly blocks: number;
  /** With it, solving times are drawn, not averages. */
  readonly random?: Random;
}

/** What the mean interval is, as a share of the wanted one, at each block after the step. */
export function intervalsAfterStep({ rule, before, after, blocks, random }: Step): number[] {
  // A settled chain to start from; the stated power makes it last one interval a block.
  const target = targetOfWork(BigInt(Math.round(before * easiestPowerPerMs * main.blockIntervalMs)));
  const settled = 220;
  const chain: RetargetPoint[] = Array.from({ length: settled }, (_, i) => ({
    timeMs: (i + 1) * main.blockIntervalMs,
    target,
  }));
  let nowMs = settled * main.blockIntervalMs;
  const ratios: number[] = [];
  for (let block = 0; block < blocks; block++) {
    const next = rule(settled + block, chain);
    const meanMs = Number(workOfTarget(next)) / (after * easiestPowerPerMs);
    nowMs += random === undefined ? meanMs : -Math.log(1 - random.fraction()) * meanMs;
    chain.push({ timeMs: Math.round(nowMs), target: next });
    ratios.push(meanMs / main.blockIntervalMs);
    if (compareBytes(next, main.initialTarget) === 0) throw new Error("the experiment met the easiest target");
  }
  return ratios;
}

/** How a curve of interval ratios settles. */
export interface Settling {
  /** Blocks until it stays within the band for good; the number of blocks if it never does. */
  readonly settledAfterBlocks: number;
  /** How often it crosses from one side of the band to the other: 0 is no ringing. */
  readonly swings: number;
  /** Farthest from 1 on the other side of the step, as a factor: 1 is no overshoot. */
  readonly overshootFactor: number;
}

/** Measures a curve against a band of ± `band` around 1. */
export function settlingOf(ratios: readonly number[], band = 0.1): Settling {
  const side = (ratio: number): number => (ratio > 1 + band ? 1 : ratio < 1 - band ? -1 : 0);
  const startSide = side(ratios[0] as number);
  let settledAfterBlocks = 0;
  let swings = 0;
  let overshootFactor = 1;
  let last = startSide;
  for (const [block, ratio] of ratios.entries()) {
    const now = side(ratio);
    if (now !== 0) {
      settledAfterBlocks = block + 1;
      if (now !== last) swings++;
      last = now;
    }
    if (Math.sign(ratio - 1) === -startSide) overshootFactor = Math.max(overshootFactor, ratio, 1 / ratio);
  }
  return { settledAfterBlocks, swings, overshootFactor };
}
