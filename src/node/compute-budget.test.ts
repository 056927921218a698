import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ComputeAllowance, ComputeBudget, computeAllowance, defaultCaps } from "./compute-budget.ts";

const all = { cpuPercent: 100, pauseInBackground: false, pauseOnBattery: false };
const seen = { visible: true, onBattery: null };

describe("compute budget", () => {
  it.each([
    ["nothing stands against it", all, seen, 1, ""],
    ["half is allowed", { ...all, cpuPercent: 50 }, seen, 0.5, ""],
    ["hidden", { ...all, pauseInBackground: true }, { visible: false, onBattery: false }, 0, "background"],
    ["hidden, which the user allows", all, { visible: false, onBattery: true }, 1, ""],
    ["on battery", { ...all, pauseOnBattery: true }, { visible: true, onBattery: true }, 0, "battery"],
    ["the browser does not tell of a battery", { ...all, pauseOnBattery: true }, seen, 1, ""],
    ["by default, on mains and in sight", defaultCaps, { visible: true, onBattery: false }, 0.5, ""],
    ["less than the least", { ...all, cpuPercent: 0 }, seen, 0.05, ""],
    ["more than all", { ...all, cpuPercent: 900 }, seen, 1, ""],
    ["nonsense", { ...all, cpuPercent: Number.NaN }, seen, 0.5, ""],
  ] as const)("%s", (_name, caps, situation, share, pausedFor) => {
    expect(computeAllowance(caps, situation)).toEqual({ share, pausedFor });
  });

  it("never lets a reason to pause work, and never pauses without one", () => {
    fc.assert(
      fc.property(
        fc.record({ cpuPercent: fc.double(), pauseInBackground: fc.boolean(), pauseOnBattery: fc.boolean() }),
        fc.record({ visible: fc.boolean(), onBattery: fc.constantFrom(true, false, null) }),
        (caps, situation) => {
          const { share, pausedFor } = computeAllowance(caps, situation);
          expect(share === 0).toBe(pausedFor !== "");
          expect(share === 0 || (share >= 0.05 && share <= 1)).toBe(true);
        },
      ),
    );
  });

  it("tells of changes of what is allowed, and of nothing else", () => {
    const heard: ComputeAllowance[] = [];
    const budget = new ComputeBudget(defaultCaps, (allowance) => heard.push(allowance));
    budget.setSituation({ visible: true, onBattery: false });
    expect(heard).toEqual([]);
    budget.setSituation({ visible: false, onBattery: false });
    budget.setSituation({ visible: false, onBattery: true });
    budget.setCaps({ ...defaultCaps, pauseInBackground: false });
    budget.setCaps(all);
    expect(heard.map(({ pausedFor, share }) => pausedFor || share)).toEqual(["background", "battery", 1]);
    expect(budget.allowance()).toEqual({ share: 1, pausedFor: "" });
  });
});
