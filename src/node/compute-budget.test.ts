import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryStore } from "#platform/memory/memory-store.ts";
import { encode, record, unsigned } from "#protocol/codec/schema.ts";
import { defaultCaps } from "#sdk/compute.ts";
import { capsKey } from "./chain-records.ts";
import { type ComputeAllowance, ComputeBudget, checkCaps, computeAllowance } from "./compute-budget.ts";

const all = { cpuPercent: 100, pauseInBackground: false, pauseOnBattery: false, pauseWhileTyping: false };
const seen = { visible: true, onBattery: null, typing: false };

describe("compute budget", () => {
  it.each([
    ["nothing stands against it", all, seen, 1, ""],
    ["half is allowed", { ...all, cpuPercent: 50 }, seen, 0.5, ""],
    [
      "hidden",
      { ...all, pauseInBackground: true },
      { visible: false, onBattery: false, typing: false },
      0,
      "background",
    ],
    ["hidden, which the user allows", all, { visible: false, onBattery: true, typing: false }, 1, ""],
    ["on battery", { ...all, pauseOnBattery: true }, { visible: true, onBattery: true, typing: false }, 0, "battery"],
    ["the browser does not tell of a battery", { ...all, pauseOnBattery: true }, seen, 1, ""],
    ["somebody types", { ...all, pauseWhileTyping: true }, { ...seen, typing: true }, 0, "typing"],
    ["somebody types, which the user allows", all, { ...seen, typing: true }, 1, ""],
    ["by default, on mains and in sight", defaultCaps, { visible: true, onBattery: false, typing: false }, 0.5, ""],
  ] as const)("%s", (_name, caps, situation, share, pausedFor) => {
    expect(computeAllowance(caps, situation)).toEqual({ share, pausedFor });
  });

  it("never lets a reason to pause work, and never pauses without one", () => {
    fc.assert(
      fc.property(
        fc.record({
          cpuPercent: fc.integer({ min: 5, max: 100 }),
          pauseInBackground: fc.boolean(),
          pauseOnBattery: fc.boolean(),
          pauseWhileTyping: fc.boolean(),
        }),
        fc.record({ visible: fc.boolean(), onBattery: fc.constantFrom(true, false, null), typing: fc.boolean() }),
        (caps, situation) => {
          const { share, pausedFor } = computeAllowance(caps, situation);
          expect(share === 0).toBe(pausedFor !== "");
          expect(share === 0 || (share >= 0.05 && share <= 1)).toBe(true);
        },
      ),
    );
  });

  it("tells of changes of what is allowed, and of nothing else", async () => {
    const heard: ComputeAllowance[] = [];
    const store = new MemoryStore();
    const budget = new ComputeBudget();
    budget.onChange(() => heard.push(budget.allowance()));
    budget.setSituation({ visible: true, onBattery: false, typing: false });
    expect(heard).toEqual([]);
    budget.setSituation({ visible: false, onBattery: false, typing: false });
    budget.setSituation({ visible: false, onBattery: true, typing: false });
    await budget.setCaps({ ...defaultCaps, pauseInBackground: false }, store);
    await budget.setCaps(all, store);
    expect(heard.map(({ pausedFor, share }) => pausedFor || share)).toEqual(["background", "battery", 1]);
    expect(budget.allowance()).toEqual({ share: 1, pausedFor: "" });
  });

  it.each([0, 4, 101, 30.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses a share of %d per cent", (cpuPercent) => {
    expect(checkCaps({ ...all, cpuPercent })).toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining("from 5 to 100"),
    });
  });

  it("reads what was kept before there was a pause for typing, and pauses then", async () => {
    const kept = { cpuPercent: 30, background: 0, battery: 1 };
    const older = record<typeof kept>({ cpuPercent: unsigned(100), background: unsigned(1), battery: unsigned(1) });
    const store = new MemoryStore();
    await store.commit([{ table: "meta", key: capsKey, value: encode(older, kept) }]);
    const budget = new ComputeBudget();
    await budget.restore(store);
    expect(budget.caps).toEqual({
      cpuPercent: 30,
      pauseInBackground: false,
      pauseOnBattery: true,
      pauseWhileTyping: true,
    });
  });

  it("loses none of two choices made at once", async () => {
    const store = new MemoryStore();
    const budget = new ComputeBudget();
    await Promise.all([budget.setCaps({ pauseInBackground: false }, store), budget.setCaps({ cpuPercent: 51 }, store)]);
    expect(budget.caps).toEqual({ ...defaultCaps, pauseInBackground: false, cpuPercent: 51 });
    const next = new ComputeBudget();
    await next.restore(store);
    expect(next.caps).toEqual(budget.caps);
  });

  it("keeps the user's choice through a restart, and nothing that was refused", async () => {
    const store = new MemoryStore();
    const chosen = { cpuPercent: 30, pauseInBackground: false, pauseOnBattery: true, pauseWhileTyping: false };
    const first = new ComputeBudget();
    await first.restore(store);
    expect(first.caps).toEqual(defaultCaps);
    expect(await first.setCaps(chosen, store)).toEqual({ ok: true, value: chosen });
    expect(await first.setCaps({ ...chosen, cpuPercent: 1 }, store)).toMatchObject({ ok: false });
    expect(first.caps).toEqual(chosen);
    const second = new ComputeBudget();
    await second.restore(store);
    expect(second.caps).toEqual(chosen);
    expect(second.share()).toBe(0.3);
    await store.commit([{ table: "meta", key: capsKey, value: Uint8Array.of(1, 2, 3) }]);
    const third = new ComputeBudget();
    await third.restore(store);
    expect(third.caps).toEqual(defaultCaps);
  });
});
