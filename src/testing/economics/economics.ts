/**
 * The economics of consensus in one table: what was measured over the real rules, what the design says, and whether it
 * holds. Every seed is in the row.
 * @module
 */
import { reversalOdds } from "#protocol/consensus/reversal-odds.ts";
import { main } from "#protocol/parameters.ts";
import { Random } from "../random.ts";
import { beaconBias } from "./beacon-bias.ts";
import { intervalsAfterStep, ourRule, settlingOf, whitePaperRule } from "./difficulty-step.ts";
import { chartSvg } from "./plot.ts";
import { exactReversalOdds, racedReversalOdds } from "./reversal-race.ts";
import { selfishMining, selfishRevenue } from "./selfish-mining.ts";
import { lies, timeWarpGain } from "./time-warp.ts";
import { type Miner, mineWeighted } from "./weighted-mining.ts";

/** How much is simulated. */
export interface Volume {
  readonly selfishBlocks: number;
  readonly warpBlocks: number;
  readonly races: number;
  readonly beacons: number;
  readonly stepSeeds: number;
  readonly weightedBlocks: number;
}

/** For `npm test`: seconds. */
export const shortVolume: Volume = {
  selfishBlocks: 1_600_000,
  warpBlocks: 4_000,
  races: 40_000,
  beacons: 6_000,
  stepSeeds: 10,
  weightedBlocks: 20_000,
};

/** For `npm run simulate:long`: minutes. */
export const longVolume: Volume = {
  selfishBlocks: 6_000_000,
  warpBlocks: 100_000,
  races: 2_000_000,
  beacons: 400_000,
  stepSeeds: 200,
  weightedBlocks: 200_000,
};

/** One measurement. */
export interface Figure {
  readonly topic: Topic;
  readonly what: string;
  readonly measured: number;
  /** What it is held against, in words. */
  readonly wanted: string;
  readonly holds: boolean;
}

const steps = [
  { name: "×10 up", before: 1e8, after: 1e9 },
  { name: "×10 down", before: 1e9, after: 1e8 },
] as const;

function* difficulty(volume: Volume, seed: number): Generator<Figure> {
  const topic = "difficulty";
  for (const { name, ...step } of steps) {
    const ours = settlingOf(intervalsAfterStep({ rule: ourRule, blocks: 3_000, ...step }));
    const theirs = settlingOf(intervalsAfterStep({ rule: whitePaperRule, blocks: 3_000, ...step }));
    const row = (what: string, measured: number, wanted: string, holds: boolean): Figure => ({
      ...{ topic, what: `${name}: ${what}`, measured, wanted, holds },
    });
    yield row("blocks until within ±10 %", ours.settledAfterBlocks, "≤ 210", ours.settledAfterBlocks <= 210);
    yield row("swings across the band", ours.swings, "0", ours.swings === 0);
    yield row("overshoot, factor", ours.overshootFactor, "≤ 1.1", ours.overshootFactor <= 1.1);
    yield row("white paper's rule, swings", theirs.swings, "≥ 2: it rings", theirs.swings >= 2);
    yield row("white paper's rule, overshoot", theirs.overshootFactor, "> 2", theirs.overshootFactor > 2);
    // Under real luck a window of 200 blocks is off by 7 % itself; the mean over seeds is the rule's.
    const after = 210;
    let logs = 0;
    for (let i = 0; i < volume.stepSeeds; i++) {
      const random = new Random(seed + i);
      const ratios = intervalsAfterStep({ rule: ourRule, blocks: after + 100, ...step, random });
      for (const ratio of ratios.slice(after)) logs += Math.log(ratio) / 100 / volume.stepSeeds;
    }
    const meanRatio = Math.exp(logs);
    yield row(
      `interval after 210 blocks, ${volume.stepSeeds} seeds`,
      meanRatio,
      "1 ± 0.1",
      Math.abs(meanRatio - 1) < 0.1,
    );
  }
}

function* timeWarp(volume: Volume, seed: number): Generator<Figure> {
  for (const share of [0.25, 0.33, 0.45]) {
    for (const [name, lie] of Object.entries(lies)) {
      const gain = timeWarpGain(lie, share, volume.warpBlocks, seed);
      const what = `share ${share}, ${name}: more blocks, %`;
      yield { topic: "time warp", what, measured: 100 * gain, wanted: "< 1", holds: gain < 0.01 };
    }
  }
}

function* selfish({ selfishBlocks: blocks }: Volume, seed: number): Generator<Figure> {
  for (const gamma of [0, 0.5] as const) {
    for (const share of [0.25, 0.33]) {
      const { revenue, standardError } = selfishMining({ share, gamma, blocks, seed });
      const expected = selfishRevenue(share, gamma);
      yield {
        topic: "selfish mining",
        what: `share ${share}, γ ${gamma}: revenue (standard error ${standardError.toFixed(5)})`,
        measured: revenue,
        wanted: `${expected.toFixed(5)} ± 1 %`,
        holds: Math.abs(revenue / expected - 1) < 0.01,
      };
    }
  }
  const { revenue } = selfishMining({ share: 0.33, gamma: 0.5, seesTies: true, blocks, seed });
  const closedForm = selfishRevenue(0.33, 0.5);
  yield {
    topic: "selfish mining",
    what: "share 0.33, γ 0.5, mining on in secret after a tie won by the smaller hash: revenue",
    measured: revenue,
    wanted: `at most 2 % above ${closedForm.toFixed(5)}`,
    holds: revenue < 1.02 * closedForm,
  };
}

/** Share in per cent, confirmations, and the odds as the design prints them. */
const referenceOdds = [
  [10, 6, 0.00059141],
  [20, 6, 0.02330841],
  [30, 6, 0.15644958],
  [40, 6, 0.49300374],
  [45, 6, 0.73375484],
] as const;

function* reversal(volume: Volume, seed: number): Generator<Figure> {
  const topic = "reversal odds";
  for (const [percent, confirmations, printed] of referenceOdds) {
    const share = percent / 100;
    const exact = exactReversalOdds(percent, confirmations);
    const ours = reversalOdds(share, confirmations);
    const what = `share ${share}, ${confirmations} confirmations`;
    const holds = Math.abs(ours - exact) < 1e-9 && Math.abs(exact - printed) <= 0.5e-8;
    yield { topic, what, measured: ours, wanted: `${exact.toFixed(10)} ± 1e-9`, holds };
    const raced = racedReversalOdds(share, confirmations, volume.races, seed);
    const fourSigma = 4 * Math.sqrt((exact * (1 - exact)) / volume.races);
    yield {
      topic,
      what: `${what}, raced`,
      measured: raced,
      wanted: `${exact.toFixed(6)} ± ${fourSigma.toFixed(6)}`,
      holds: Math.abs(raced - exact) < fourSigma,
    };
  }
}

function* beacon(volume: Volume, seed: number): Generator<Figure> {
  const fourSigma = 2 / Math.sqrt(volume.beacons);
  for (const share of [0.1, 0.25, 0.33]) {
    for (const [keys, how, expected] of [
      [1, "withholding with a fixed key", share / 4],
      [16, "choosing among 16 keys", (share / 2) * (1 - 2 ** -15)],
    ] as const) {
      const { advantage, withheldPerHeight } = beaconBias({ share, keys, heights: volume.beacons, seed });
      yield {
        topic: "beacon",
        what: `share ${share}, ${how}: advantage on one bit (blocks lost a height: ${withheldPerHeight.toFixed(3)})`,
        measured: advantage,
        wanted: `${expected.toFixed(4)} ± ${fourSigma.toFixed(4)}`,
        holds: Math.abs(advantage - expected) < fourSigma,
      };
    }
  }
}

/** A quarter of all hashes against a crowd of small miners that bonds what is said. */
const crowd = (power: number, stakes: number): Miner[] =>
  Array.from({ length: 30 }, () => ({ power: power / 30, stakes }));

function* weight({ weightedBlocks: blocks }: Volume, seed: number): Generator<Figure> {
  const topic = "contribution weight";
  const near = (what: string, measured: number, expected: number, tolerance: number): Figure => {
    const wanted = `${expected.toFixed(4)} ± ${tolerance.toFixed(4)}`;
    return { topic, what, measured, wanted, holds: Math.abs(measured - expected) < tolerance };
  };
  const share = (what: string, measured: number, expected: number): Figure =>
    near(what, measured, expected, 5 * Math.sqrt((expected * (1 - expected)) / blocks));
  // Intervals are exponential, and their window's luck moves the target by 1/√200, which evens out over the run.
  const interval = (what: string, measured: number): Figure =>
    near(what, measured, 1, 5 * Math.sqrt(2 / blocks) + 0.01);
  const play = (miners: readonly Miner[]) => mineWeighted(miners, blocks, new Random(seed));

  const all = play([{ power: 0.25, stakes: 2 }, ...crowd(0.75, 2)]);
  yield interval("everybody bonds two least stakes: interval, as a share of the wanted one", all.interval);
  yield near("everybody bonds two least stakes: nominal difficulty, ×", all.difficulty, 2.5, 0.1);
  yield share("everybody bonds two least stakes: blocks of who has a quarter of the hashes", all.blocks[0] ?? 0, 0.25);
  const one = play([{ power: 0.25, stakes: 10 }, ...crowd(0.75, 0)]);
  yield interval("a quarter of the hashes bonds ten, the others nothing: interval", one.interval);
  const expected = (0.25 * 3.5) / (0.25 * 3.5 + 0.75);
  yield share(
    "a quarter of the hashes bonds ten, the others nothing: its share of blocks and of work",
    one.blocks[0] ?? 0,
    expected,
  );
  const rival = play([{ power: 0.25, stakes: 10 }, ...crowd(0.75, 1)]);
  yield share(
    "the same, the 30 others one each: its share",
    rival.blocks[0] ?? 0,
    (0.25 * 3.5) / (0.25 * 3.5 + 0.75 * 2),
  );
  const split = play([...Array.from({ length: 10 }, () => ({ power: 0.025, stakes: 1 })), ...crowd(0.75, 1)]);
  const sum = (of: readonly number[]): number => of.slice(0, 10).reduce((total, part) => total + part, 0);
  yield share("the same in ten identities: its share", sum(split.blocks), 0.25);
  const [whole, parts] = [(rival.paid[0] ?? 0) / (rival.blocks[0] ?? 1), sum(split.paid) / sum(split.blocks)];
  yield {
    topic,
    what: "of its part of a block, paid to the whole one",
    measured: whole,
    wanted: "0.5 to 0.6",
    holds: whole > 0.5 && whole < 0.6,
  };
  yield {
    topic,
    what: "and to each of the ten: splitting costs weight and bonds, and softens",
    measured: parts,
    wanted: "> 0.95",
    holds: parts > 0.95,
  };
}

const measures = {
  difficulty,
  "time warp": timeWarp,
  "selfish mining": selfish,
  "reversal odds": reversal,
  beacon,
  "contribution weight": weight,
} as const;

/** What is measured. */
export type Topic = keyof typeof measures;

/** All topics, in the table's order. */
export const topics = Object.keys(measures) as readonly Topic[];

/** The figures of one topic, one after the other as they are measured; all chance comes from the seed. */
export function measureEconomics(topic: Topic, volume: Volume, seed: number): Generator<Figure> {
  return measures[topic](volume, seed);
}

/** Both difficulty rules after a step of hash power, up and down, as an SVG document. */
export function difficultyChart(): string {
  const blocks = 1_600;
  const seconds = main.blockIntervalMs / 1_000;
  return chartSvg({
    title: "Block interval after the hash power changes tenfold",
    note: "Logarithmic; curves are cut off at 2 s and at 1 200 s, which the white paper's rule passes by factors of thousands.",
    xLabel: "blocks after the change",
    yLabel: "mean interval, seconds",
    xRange: [0, blocks],
    xTicks: [0, 210, 400, 800, 1_200, 1_600],
    yRange: [2, 1_200],
    yTicks: [3, 6, 15, 30, 60, 120, 300, 600],
    band: { label: `${seconds} s ± 10 %`, from: seconds * 0.9, to: seconds * 1.1 },
    panels: steps.map(({ name, ...step }) => ({
      title: `hash power ${name}`,
      curves: [
        { label: "AetherChain: weighted by work", rule: ourRule },
        { label: "white paper: D × mean interval / T", rule: whitePaperRule },
      ].map(({ label, rule }) => ({
        label,
        points: intervalsAfterStep({ rule, blocks, ...step }).map((ratio, block) => [block, ratio * seconds] as const),
      })),
    })),
  });
}
