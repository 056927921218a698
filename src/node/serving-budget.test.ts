import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ServingBudget } from "./serving-budget.ts";

function budget(cap: number | null) {
  let nowMs = 1_000_000;
  const serving = new ServingBudget({ nowMs: () => nowMs });
  serving.setCap(cap);
  return {
    serving,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe("what is sent to others", () => {
  it("is not held back without a cap, and counted", () => {
    const { serving } = budget(null);
    for (let i = 0; i < 100; i++) {
      expect(serving.refusal()).toBeNull();
      serving.note(1_000_000);
    }
    expect(serving).toMatchObject({ servedBytes: 100_000_000, putOff: 0 });
  });

  it("may be overdrawn by one answer, is then put off, and given again once time has paid for it", () => {
    const { serving, pass } = budget(100_000);
    expect(serving.refusal()).toBeNull();
    serving.note(900_000);
    expect(serving.refusal()).toMatchObject({ ok: false, code: "rate-limited" });
    pass(4_000);
    expect(serving.refusal()).not.toBeNull();
    pass(1_100);
    expect(serving.refusal()).toBeNull();
    expect(serving.putOff).toBe(2);
  });

  it("goes on soon after many answers that do not wait for it", () => {
    const { serving, pass } = budget(100_000);
    for (let i = 0; i < 1_000; i++) serving.note(100_000);
    expect(serving.refusal()).not.toBeNull();
    pass(4_100);
    expect(serving.refusal()).toBeNull();
    expect(serving.servedBytes).toBe(100_000_000);
  });

  it("never is more in the long run than the cap, the burst and one answer, whoever asks how often", () => {
    const steps = fc.array(fc.record({ waitMs: fc.integer({ min: -500, max: 3_000 }), bytes: fc.nat(1_000_000) }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(steps, (asked) => {
        const { serving, pass } = budget(50_000);
        let passedMs = 0;
        for (const { waitMs, bytes } of asked) {
          pass(waitMs);
          passedMs += Math.max(0, waitMs);
          if (serving.refusal() === null) serving.note(bytes);
        }
        expect(serving.servedBytes).toBeLessThanOrEqual(4 * 50_000 + (passedMs / 1_000) * 50_000 + 1_000_000);
      }),
    );
  });
});
