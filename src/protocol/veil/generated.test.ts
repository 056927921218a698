import { describe, expect, it } from "vitest";
import { meteredWithAllNans } from "#testing/veil/all-nans.ts";
import { generateModule } from "#testing/veil/generated-modules.ts";
import { outsideWhiteList } from "#testing/veil/generated-set.ts";
import { generous } from "#testing/veil/metered-run.ts";
import { called, metered, observe, observeBare } from "#testing/veil/observation.ts";

/** `VEIL_MODULES=300 VEIL_SEED=1 npx vitest run src/protocol/veil/generated.test.ts` checks more of them. */
const modules = Number(process.env["VEIL_MODULES"] ?? 8);
const firstSeed = Number(process.env["VEIL_SEED"] ?? 1);
const seeds = Array.from({ length: modules }, (_, i) => firstSeed + i);

describe("generated modules", () => {
  let returned = 0;
  let leftOut = 0;
  it.each(seeds)("seed %i behaves alike bare and metered, with equal fuel in both modes", (seed) => {
    const bytes = generateModule(seed, { seedBytes: 2_000 + (seed % 5) * 3_000, withoutNan: true });
    if (outsideWhiteList(bytes)) {
      leftOut++;
      return;
    }
    const bare = observeBare(bytes);
    const trap = observe(bytes, metered(bytes, generous), generous);
    const call = observe(bytes, metered(bytes, called), called);
    expect(call).toEqual(trap);
    if (bare === undefined) return;
    expect({ ...trap, fuelUsed: [] }).toEqual(bare);
    returned += bare.notes.filter((text) => text.includes(": returned")).length;
  });

  it.each(seeds.filter((seed) => seed % 2 === 0))("seed %i shows no NaN but the canonical one", (seed) => {
    const bytes = generateModule(10_000 + seed, { seedBytes: 6_000, withoutNan: false });
    if (outsideWhiteList(bytes)) return;
    expect(observe(bytes, metered(bytes, generous), generous)).toEqual(
      observe(bytes, meteredWithAllNans(bytes), generous),
    );
  });

  it("mostly run to their end", () => {
    expect(returned).toBeGreaterThan(modules);
    expect(leftOut).toBeLessThanOrEqual(Math.ceil(modules / 10));
  });
});
