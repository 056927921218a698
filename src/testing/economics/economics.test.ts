import { describe, expect, it } from "vitest";
import { Random } from "../random.ts";
import { intervalsAfterStep, ourRule, settlingOf, whitePaperRule } from "./difficulty-step.ts";
import { difficultyChart, measureEconomics, shortVolume, topics } from "./economics.ts";
import { selfishMining, selfishRevenue } from "./selfish-mining.ts";

describe("economics of consensus", () => {
  it.each(topics)("%s: every figure is what the design says", (topic) => {
    const figures = [...measureEconomics(topic, shortVolume, 1)];
    expect(figures.length).toBeGreaterThan(3);
    expect(figures.filter(({ holds }) => !holds)).toEqual([]);
  });

  it("gives equal figures for equal seeds and others for others", () => {
    const measure = (seed: number) => [...measureEconomics("beacon", { ...shortVolume, beacons: 500 }, seed)];
    expect(measure(7)).toEqual(measure(7));
    expect(measure(7)).not.toEqual(measure(8));
  });
});

describe("a step of hash power", () => {
  const step = { before: 1e8, after: 1e9, blocks: 3_000 };

  it("is answered once by our rule; the white paper's swings to and fro, ever wider, and never settles", () => {
    const ours = settlingOf(intervalsAfterStep({ rule: ourRule, ...step }));
    expect(ours).toMatchObject({ swings: 0 });
    expect(ours.settledAfterBlocks).toBeLessThanOrEqual(210);
    const theirs = intervalsAfterStep({ rule: whitePaperRule, ...step });
    expect(settlingOf(theirs).settledAfterBlocks).toBeGreaterThan(2_500);
    expect(settlingOf(theirs).swings).toBeGreaterThan(10);
    expect(settlingOf(theirs).overshootFactor).toBeGreaterThan(settlingOf(theirs.slice(0, 400)).overshootFactor);
  });

  it("is measured rightly: a curve that comes back, overshoots and returns", () => {
    expect(settlingOf([0.1, 0.5, 0.95, 1.05, 1])).toEqual({
      settledAfterBlocks: 2,
      swings: 0,
      overshootFactor: 1.05,
    });
    expect(settlingOf([0.1, 1.5, 0.8, 1])).toMatchObject({ settledAfterBlocks: 3, swings: 2, overshootFactor: 1.5 });
  });

  it("under drawn solving times follows the same course", () => {
    const ratios = intervalsAfterStep({ rule: ourRule, ...step, random: new Random(3) });
    expect(ratios[0]).toBeCloseTo(0.1, 6);
    const late = ratios.slice(210);
    expect(Math.abs(late.reduce((sum, ratio) => sum + ratio, 0) / late.length - 1)).toBeLessThan(0.05);
  });
});

describe("selfish mining", () => {
  it("has the closed form's values as the design prints them", () => {
    const printed = [
      [0.25, 0, 0.19512],
      [0.33, 0, 0.32697],
      [0.25, 0.5, 0.25],
      [0.33, 0.5, 0.37856],
    ] as const;
    for (const [share, gamma, revenue] of printed) expect(selfishRevenue(share, gamma)).toBeCloseTo(revenue, 5);
  });

  it("pays a small attacker less than its share, a big one more", () => {
    expect(selfishMining({ share: 0.15, gamma: 0, blocks: 200_000, seed: 1 }).revenue).toBeLessThan(0.14);
    expect(selfishMining({ share: 0.45, gamma: 0, blocks: 200_000, seed: 1 }).revenue).toBeGreaterThan(0.5);
  });
});

describe("the plot of the difficulty", () => {
  it("is an SVG with both curves, labelled axes, a legend and colours for dark ground", () => {
    const svg = difficultyChart();
    expect(svg.startsWith("<svg ")).toBe(true);
    expect(svg.match(/<polyline /g)).toHaveLength(4);
    for (const words of [
      "AetherChain: weighted by work",
      "white paper",
      "mean interval, seconds",
      "blocks after the change",
    ])
      expect(svg).toContain(words);
    expect(svg).toContain("prefers-color-scheme:dark");
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });
});
