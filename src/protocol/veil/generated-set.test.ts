import { expect, it } from "vitest";
import { meteredWithAllNans } from "#testing/veil/all-nans.ts";
import { readGeneratedSet, writeGeneratedSet } from "#testing/veil/generated-set.ts";
import { generous } from "#testing/veil/metered-run.ts";
import { called, metered, observe, observeBare } from "#testing/veil/observation.ts";

/** `VEIL_SET=write npx vitest run src/protocol/veil/generated-set.test.ts` generates the modules anew, in some minutes. */
if (process.env["VEIL_SET"] === "write") {
  it("are generated", { timeout: 7_200_000 }, () => writeGeneratedSet());
} else {
  const { modules, leftOut } = readGeneratedSet();

  it("300 generated modules behave alike bare and metered, with equal fuel in both modes", { timeout: 300_000 }, () => {
    let compared = 0;
    let returned = 0;
    for (const { seed, withoutNan, bytes } of modules) {
      const trap = observe(bytes, metered(bytes, generous), generous);
      expect(observe(bytes, metered(bytes, called), called), `seed ${seed}`).toEqual(trap);
      if (!withoutNan) {
        expect(observe(bytes, meteredWithAllNans(bytes), generous), `seed ${seed}`).toEqual(trap);
        continue;
      }
      const bare = observeBare(bytes);
      if (bare === undefined) continue;
      compared++;
      returned += bare.notes.filter((text) => text.includes(": returned")).length;
      expect({ ...trap, fuelUsed: [] }, `seed ${seed}`).toEqual(bare);
    }
    // None ends the engine's stack when bare, and none has an instruction that is not allowed: neither would be compared.
    expect({ modules: modules.length, compared, leftOut }).toEqual({ modules: 400, compared: 300, leftOut: [] });
    expect(returned).toBeGreaterThan(900);
  });
}
