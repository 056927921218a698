/**
 * What a run of a module shows, bare or metered, in Node and in browsers: everything its host was told, how every export
 * ended, its memory, its fuel.
 */
import { toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { type MeteredModule, meterModule } from "#protocol/veil/meter.ts";
import { generous, MeteredRun, type RunLimits } from "./metered-run.ts";
import { NotingHost, noteOf } from "./observed-run.ts";

/** All of it. */
export interface Observation {
  readonly notes: readonly string[];
  readonly memory: string;
  /** Of each call that returned. */
  readonly fuelUsed: readonly bigint[];
}

/** The mode with calls, asked for fuel often. */
export const called: RunLimits = { ...generous, mode: "call", counters: "shared", sliceFuel: 1_000 };

function memoryOf(exports: WebAssembly.Exports): string {
  const memory = Object.values(exports).find((value) => value instanceof WebAssembly.Memory);
  return memory === undefined ? "" : toHex(sha256(new Uint8Array(memory.buffer)));
}

/** The module as browsers run it; nothing if it ends the stack, which is the engine's, and no two engines agree on it. */
export function observeBare(bytes: Uint8Array): Observation | undefined {
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

/** A metered module; `bytes` are those it comes from. */
export function observe(bytes: Uint8Array, metered: MeteredModule, limits: RunLimits): Observation {
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

/** The metered form, which engines must take. */
export function metered(bytes: Uint8Array, limits: RunLimits): MeteredModule {
  const result = meterModule(bytes, limits);
  if (!result.ok) throw new Error(result.message);
  if (!WebAssembly.validate(result.value.bytes as Uint8Array<ArrayBuffer>)) throw new Error("not valid when metered");
  return result.value;
}

/** Everything that must be equal everywhere about a module, in one line for each mode: bytes, fuel, what was seen. */
export function fingerprint(bytes: Uint8Array): string {
  return [generous, called]
    .map((limits) => {
      const module = metered(bytes, limits);
      const { notes, memory, fuelUsed } = observe(bytes, module, limits);
      const seen = toHex(sha256(utf8ToBytes(JSON.stringify([notes, memory]))));
      return `${toHex(sha256(module.bytes)).slice(0, 16)} ${fuelUsed.reduce((sum, fuel) => sum + fuel, 0n)} ${seen}`;
    })
    .join("; ");
}
