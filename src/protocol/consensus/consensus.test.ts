import { describe, expect, it } from "vitest";
import { main } from "../parameters.ts";
import { type RetargetPoint, requiredTarget } from "./difficulty.ts";
import { validateHeaderTimes } from "./header-times.ts";
import { catchUpOdds, confirmationsFor, reversalOdds } from "./reversal-odds.ts";
import { targetOfWork, workOfTarget } from "./work.ts";

describe("reversal odds", () => {
  it.each([
    [0.1, 1.8817e-6, 0.00059141, 12],
    [0.2, 2.4414e-4, 0.02330841, 28],
    [0.3, 6.1964e-3, 0.15644958, 69],
    [0.4, 0.0877915, 0.49300374, 294],
    [0.45, 0.29998459, 0.73375484, 1191],
  ])("match the reference for a share of %d", (share, ruin, race, needed) => {
    expect(Math.abs(catchUpOdds(share, 6) / ruin - 1)).toBeLessThan(1e-4);
    expect(reversalOdds(share, 6)).toBeCloseTo(race, 7);
    expect(confirmationsFor(1e-6, share)).toBe(needed);
  });

  it("equal the textbook sum where that is stable", () => {
    const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
    for (const p of [0.05, 0.25, 0.49]) {
      for (const z of [1, 2, 9, 20]) {
        const q = 1 - p;
        let sum = 0;
        for (let k = 0; k < z; k++) sum += choose(z + k - 1, k) * (q ** z * p ** k - p ** z * q ** k);
        expect(reversalOdds(p, z)).toBeCloseTo(1 - sum, 9);
      }
    }
  });

  it("are certain for half of the work or no confirmation, and never leave [0, 1]", () => {
    expect(reversalOdds(0.5, 100)).toBe(1);
    expect(reversalOdds(0.1, 0)).toBe(1);
    expect(confirmationsFor(0.01, 0.5)).toBeNull();
    for (let z = 1; z < 1500; z += 37) {
      const odds = reversalOdds(0.49, z);
      expect(odds).toBeGreaterThan(0);
      expect(odds).toBeLessThanOrEqual(1);
    }
  });
});

describe("confirmations", () => {
  it("are found up to the limit and not beyond it", () => {
    const share = 0.485;
    const atLimit = reversalOdds(share, 10_000);
    expect(confirmationsFor(reversalOdds(share, 9_000) * (1 + 1e-9), share)).toBe(9_000);
    expect(confirmationsFor(reversalOdds(share, 8_193) * (1 + 1e-9), share)).toBe(8_193);
    expect(confirmationsFor(atLimit * (1 + 1e-9), share)).toBe(10_000);
    expect(confirmationsFor(atLimit, share)).toBeNull();
  });

  it("are the least that suffice, and none for no demand, no attacker or no number", () => {
    for (const [bound, share] of [[0.5, 0.3] as const, [0.01, 0.2] as const, [1e-9, 0.1] as const]) {
      const least = confirmationsFor(bound, share) as number;
      expect(reversalOdds(share, least)).toBeLessThan(bound);
      expect(reversalOdds(share, least - 1)).toBeGreaterThanOrEqual(bound);
    }
    expect(confirmationsFor(2, 0.3)).toBe(0);
    expect(confirmationsFor(0.1, 0)).toBe(0);
    expect(confirmationsFor(Number.NaN, 0.3)).toBeNull();
    expect(confirmationsFor(0, 0.3)).toBeNull();
    expect(confirmationsFor(0.1, Number.NaN)).toBeNull();
    expect(reversalOdds(Number.NaN, 6)).toBe(1);
    expect(reversalOdds(0.3, Number.NaN)).toBe(1);
  });
});

describe("header times", () => {
  const rule = { maximumFutureMs: 15_000, medianTimeBlocks: 11 };
  it("must exceed the median of the newest 11 and stay near network time", () => {
    const ancestors = [999_999, ...Array.from({ length: 11 }, (_, i) => 1_000 * (i + 1))];
    expect(validateHeaderTimes(6_001, ancestors, 20_000, rule).ok).toBe(true);
    expect(validateHeaderTimes(6_000, ancestors, 20_000, rule)).toMatchObject({ code: "time-too-early" });
    expect(validateHeaderTimes(35_000, ancestors, 20_000, rule).ok).toBe(true);
    expect(validateHeaderTimes(35_001, ancestors, 20_000, rule)).toMatchObject({ code: "time-too-late" });
  });
});

/** A seeded generator (mulberry32), so that a failure repeats. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Mines `count` blocks with a hash power per block number; intervals are exponential unless `smooth`. */
function mine(count: number, hashesPerMs: (block: number) => number, smooth = true) {
  const next = random(7);
  const chain: RetargetPoint[] = [{ timeMs: 0, target: main.initialTarget }];
  const intervalsMs: number[] = [];
  let nowMs = 0;
  for (let height = 1; height <= count; height++) {
    const target = requiredTarget(main, height, chain.slice(-211));
    const meanMs = Number(workOfTarget(target)) / hashesPerMs(height);
    const intervalMs = smooth ? meanMs : -Math.log(1 - next()) * meanMs;
    nowMs += intervalMs;
    intervalsMs.push(intervalMs);
    chain.push({ timeMs: Math.round(nowMs), target });
  }
  return { chain, intervalsMs };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const power = Number(workOfTarget(main.initialTarget)) / main.blockIntervalMs;

describe("difficulty", () => {
  it("turns work into targets and back", () => {
    for (const work of [1n, 2n, 1_000n, 1n << 40n]) expect(workOfTarget(targetOfWork(work))).toBe(work);
  });

  it.each([
    ["ten times up", 20, 200],
    ["ten times down", 200, 20],
  ])(
    "is back within 10 per cent after 210 blocks when the hash power goes %s, without ringing",
    (_name, before, after) => {
      const { intervalsMs } = mine(1_000, (block) => power * (block <= 500 ? before : after));
      const settled = intervalsMs.slice(500 + 210);
      for (const intervalMs of settled) expect(Math.abs(intervalMs / main.blockIntervalMs - 1)).toBeLessThan(0.1);
      const overshoot = intervalsMs.slice(520).map((intervalMs) => Math.log(intervalMs / main.blockIntervalMs));
      const signs = overshoot.filter((value) => Math.abs(value) > 0.1).map(Math.sign);
      expect(new Set(signs).size).toBeLessThanOrEqual(1);
    },
  );

  it("holds the mean interval under random solving times", () => {
    const { intervalsMs } = mine(6_000, () => power * 50, false);
    expect(Math.abs(mean(intervalsMs.slice(1_000)) / main.blockIntervalMs - 1)).toBeLessThan(0.05);
  });

  it("never gets easier than the network's easiest target", () => {
    const { chain } = mine(200, () => power / 1_000);
    expect(chain.at(-1)?.target).toEqual(main.initialTarget);
  });
});
