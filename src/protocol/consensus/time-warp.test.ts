/**
 * Whether somebody with all of the work can make blocks come faster by lying about their times. Each block takes the
 * time that its work takes; the liar picks any time that the rules let pass.
 */
import { describe, expect, it } from "vitest";
import { Random } from "#testing/random.ts";
import { main } from "../parameters.ts";
import { type RetargetPoint, requiredTarget } from "./difficulty.ts";
import { medianTimeMs, validateHeaderTimes } from "./header-times.ts";
import { targetOfWork, workOfTarget } from "./work.ts";

/** What a liar knows when a block is found. */
interface Moment {
  readonly height: number;
  readonly nowMs: number;
  /** The block's time must be above this, */
  readonly medianMs: number;
  /** and at most this. */
  readonly latestMs: number;
}

type Times = (moment: Moment) => number;

const honest: Times = ({ nowMs, medianMs }) => Math.max(nowMs, medianMs + 1);
const behind: Times = ({ medianMs }) => medianMs + 1;
const ahead: Times = ({ latestMs }) => latestMs;

/** One way for so many blocks, then the other. */
const byTurns =
  (first: Times, second: Times, blocks: number): Times =>
  (moment) =>
    (Math.floor(moment.height / blocks) % 2 === 0 ? first : second)(moment);

/** The classic attack: behind, but for the blocks that the next retarget measures by. */
const atRetargets =
  (blocks: number): Times =>
  (moment) =>
    (moment.height % 10 >= 10 - blocks ? ahead : behind)(moment);

const startWork = 1n << 40n;
/** Work a millisecond: blocks come at their interval at the start. */
const workPerMs = Number(startWork) / main.blockIntervalMs;
const warmUpBlocks = 400;
const attackBlocks = 4_000;
/** Fewer are no rate: a window of the rule. */
const leastBlocks = 200;

/** Who has fallen behind this far has lost more than any turn of the attack brings back. */
const hopelessMs = 100 * attackBlocks * main.blockIntervalMs;

/** By how much faster blocks come than they should, at the attack's best moment: 0.01 is one per cent. */
function gainOf(times: Times, rule = requiredTarget): number {
  const chain: RetargetPoint[] = Array.from({ length: warmUpBlocks }, (_, i) => ({
    timeMs: i * main.blockIntervalMs,
    target: targetOfWork(startWork),
  }));
  const startMs = (warmUpBlocks - 1) * main.blockIntervalMs;
  let nowMs = startMs;
  let gain = -1;
  for (let height = warmUpBlocks; height < warmUpBlocks + attackBlocks && nowMs < hopelessMs; height++) {
    const target = rule(main, height, chain.slice(-211));
    nowMs += Number(workOfTarget(target)) / workPerMs;
    const newest = chain.slice(-main.medianTimeBlocks).map(({ timeMs }) => timeMs);
    const moment = {
      height,
      nowMs,
      medianMs: medianTimeMs(newest),
      latestMs: Math.floor(nowMs) + main.maximumFutureMs,
    };
    const timeMs = Math.min(Math.floor(times(moment)), moment.latestMs);
    const valid = validateHeaderTimes(timeMs, newest, nowMs, main);
    if (!valid.ok) throw new Error(valid.message);
    chain.push({ timeMs, target });
    const found = height + 1 - warmUpBlocks;
    if (found >= leastBlocks) gain = Math.max(gain, (found * main.blockIntervalMs) / (nowMs - startMs) - 1);
  }
  return gain;
}

/** What Bitcoin does: the bare times of the first and the last block of a window, and windows that share no block. */
const bareTimes: typeof requiredTarget = (_parameters, height, ancestors) => {
  const parent = ancestors.at(-1) as RetargetPoint;
  if (height % 200 !== 0) return parent.target;
  const elapsedMs = Math.max(1, parent.timeMs - (ancestors.at(-200) as RetargetPoint).timeMs);
  return targetOfWork((workOfTarget(parent.target) * 200n * BigInt(main.blockIntervalMs)) / BigInt(elapsedMs));
};

describe("time", () => {
  it("can be warped where windows share no block and bare times count: the liar here is one that can lie", () => {
    expect(gainOf((moment) => (moment.height % 200 === 199 ? ahead : behind)(moment), bareTimes)).toBeGreaterThan(1);
  });

  it("told truly gives blocks at their interval", () => {
    expect(Math.abs(gainOf(honest))).toBeLessThan(0.000_1);
  });

  const lies: [string, Times][] = [
    ["always behind", behind],
    ["always ahead", ahead],
    ...[1, 2, 5, 6, 8].map((blocks): [string, Times] => [
      `behind but for ${blocks} blocks of ten`,
      atRetargets(blocks),
    ]),
    ...[3, 6, 10, 20, 50, 100, 200, 300, 600].flatMap((blocks): [string, Times][] => [
      [`behind and ahead by turns of ${blocks}`, byTurns(behind, ahead, blocks)],
      [`behind and honest by turns of ${blocks}`, byTurns(behind, honest, blocks)],
    ]),
    ...[1, 2, 3].map((seed): [string, Times] => {
      const random = new Random(seed);
      return [
        `at random, ${seed}`,
        ({ medianMs, latestMs }) => medianMs + 1 + random.fraction() * Math.max(0, latestMs - medianMs - 1),
      ];
    }),
  ];
  it.each(lies)("told %s gains less than 1 %%", (_name, times) => {
    expect(gainOf(times)).toBeLessThan(0.01);
  });
});
