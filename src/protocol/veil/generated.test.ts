import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { meteredWithAllNans } from "#testing/veil/all-nans.ts";
import { generateModule } from "#testing/veil/generated-modules.ts";
import { generous, MeteredRun, type RunLimits } from "#testing/veil/metered-run.ts";
import { NotingHost, noteOf } from "#testing/veil/observed-run.ts";
import { checkModule, type MeteredModule, meterModule } from "./meter.ts";

/** `VEIL_MODULES=300 VEIL_SEED=1 npx vitest run src/protocol/veil/generated.test.ts` checks more of them. */
const modules = Number(process.env["VEIL_MODULES"] ?? 24);
const firstSeed = Number(process.env["VEIL_SEED"] ?? 1);
const seeds = Array.from({ length: modules }, (_, i) => firstSeed + i);

interface Observation {
  readonly notes: readonly string[];
  readonly memory: string;
  /** Of each call that returned. */
  readonly fuelUsed: readonly bigint[];
}

const digest = (bytes: ArrayBuffer): string => createHash("sha256").update(new Uint8Array(bytes)).digest("hex");

function memoryOf(exports: WebAssembly.Exports): string {
  const memory = Object.values(exports).find((value) => value instanceof WebAssembly.Memory);
  return memory === undefined ? "" : digest(memory.buffer);
}

/** The module as browsers run it. A stack that ends is the engine's, and no two engines agree on it. */
function observeBare(bytes: Uint8Array): Observation | undefined {
  const host = new NotingHost(bytes);
  let overflowed = false;
  const attempt = (action: () => unknown): string => {
    try {
      return `returned ${noteOf(action())}`;
    } catch (error) {
      overflowed ||= error instanceof RangeError;
      return "trapped";
    }
  };
  let exports: WebAssembly.Exports = {};
  host.notes.push(
    attempt(() => {
      const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
      exports = new WebAssembly.Instance(module, host.imports).exports;
    }),
  );
  host.learn(exports);
  host.callAll((name, values) => attempt(() => (exports[name] as (...all: unknown[]) => unknown)(...values)));
  return overflowed ? undefined : { notes: host.notes, memory: memoryOf(exports), fuelUsed: [] };
}

function observe(bytes: Uint8Array, metered: MeteredModule, limits: RunLimits): Observation {
  const host = new NotingHost(bytes);
  const run = new MeteredRun(metered, limits, host.imports);
  host.notes.push(run.started === "returned" ? "returned undefined" : run.started);
  host.learn(run.exports);
  const fuel: bigint[] = [];
  host.callAll((name, values) => {
    const before = run.fuelUsed;
    const { verdict, value } = run.call(name, ...values);
    if (verdict === "returned") fuel.push(run.fuelUsed - before);
    return verdict === "returned" ? `returned ${noteOf(value)}` : verdict;
  });
  return { notes: host.notes, memory: memoryOf(run.exports), fuelUsed: fuel };
}

function metered(bytes: Uint8Array, limits: RunLimits): MeteredModule {
  const result = meterModule(bytes, limits);
  if (!result.ok) throw new Error(result.message);
  expect(WebAssembly.validate(result.value.bytes as Uint8Array<ArrayBuffer>)).toBe(true);
  return result.value;
}

const called: RunLimits = { ...generous, mode: "call", counters: "shared", sliceFuel: 1_000 };

/** The generator now and then slips in an instruction of a feature that was not asked for. */
function outsideWhiteList(bytes: Uint8Array): boolean {
  const checked = checkModule(bytes);
  return !checked.ok && checked.code === "unsupported-feature";
}

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
