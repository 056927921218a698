import { describe, expect, it } from "vitest";
import { EnergyMeter, wattsPerCore } from "./energy-estimate.ts";

describe("energy estimate", () => {
  it("is busy cores × time × the assumed draw, and nothing while nothing is busy", () => {
    let nowMs = 5_000;
    const meter = new EnergyMeter(() => nowMs);
    nowMs += 60_000;
    expect(meter.estimate()).toEqual({ wattsPerCore, busyCores: 0, wattsNow: 0, joules: 0 });
    meter.set(1.5);
    nowMs += 2_000;
    meter.set(0.5);
    nowMs += 4_000;
    expect(meter.estimate()).toMatchObject({ wattsNow: 0.5 * wattsPerCore, joules: (3 + 2) * wattsPerCore });
    meter.set(0);
    nowMs += 1_000_000;
    expect(meter.estimate().joules).toBe(5 * wattsPerCore);
  });

  it("never falls, whatever the clock does", () => {
    let nowMs = 10_000;
    const meter = new EnergyMeter(() => nowMs);
    meter.set(1);
    nowMs = 4_000;
    expect(meter.estimate().joules).toBe(0);
    nowMs = 5_000;
    expect(meter.estimate().joules).toBe(wattsPerCore);
  });
});
