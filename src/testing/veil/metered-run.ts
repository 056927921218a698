/**
 * Runs metered core modules in tests: instantiates one with fuel, depth and stop, calls an export, and says how it ended. Not
 * a sandbox: the guest's imports are whatever the test gives.
 */
import { type MeteredModule, type MeteringOptions, meterModule } from "#protocol/veil/meter.ts";
import { stopReason } from "#protocol/veil/meter-helpers.ts";

/** Every mode, and both places of the counters. */
export const meteringSettings = [
  ["trap", "own"],
  ["trap", "shared"],
  ["call", "own"],
  ["call", "shared"],
] as const;

/** How a run ended. */
export type Verdict = "returned" | "trapped" | "out-of-fuel" | "out-of-stack" | "node-fault";

/** What a run may use. */
export interface RunLimits extends MeteringOptions {
  readonly fuel: number;
  /** Units of stack; design/veil.md starts with 32 768. */
  readonly stackUnits?: number;
  /** In the mode "call": how much fuel a refill gives. */
  readonly sliceFuel?: number;
}

/** Stack units of design/veil.md. */
export const usualStackUnits = 32_768;

const enough = 1_000_000_000_000;

/** Limits that an ordinary test program never meets. */
export const generous: RunLimits = { mode: "trap", counters: "own", memoryPages: 1_024, fuel: enough };

/** Thrown by the refill when nothing is left, so that it is no trap of the guest. */
class FuelEnded extends Error {}

/** One metered instance and what it has used. */
export class MeteredRun {
  /** Of the guest; nothing if its start failed, as engines have it. */
  readonly exports: WebAssembly.Exports;
  readonly memory: WebAssembly.Memory | undefined;
  private readonly fuel: WebAssembly.Global;
  private readonly depth: WebAssembly.Global;
  private readonly stop: WebAssembly.Global;
  private readonly limits: RunLimits;
  private granted: bigint;
  /** How the start function ended. */
  readonly started: Verdict;

  constructor(metered: MeteredModule, limits: RunLimits, imports: WebAssembly.Imports = {}) {
    this.limits = limits;
    const first = limits.mode === "call" ? Math.min(limits.fuel, limits.sliceFuel ?? limits.fuel) : limits.fuel;
    this.granted = BigInt(first);
    const veil = {
      fuel: new WebAssembly.Global({ value: "i64", mutable: true }, 0n),
      depth: new WebAssembly.Global({ value: "i64", mutable: true }, 0n),
      stop: new WebAssembly.Global({ value: "i32", mutable: true }, 0),
      refill: () => this.refill(),
    };
    const module = new WebAssembly.Module(metered.bytes as Uint8Array<ArrayBuffer>);
    let exports: WebAssembly.Exports = {};
    let trapped: unknown;
    try {
      exports = new WebAssembly.Instance(module, { ...imports, veil }).exports;
    } catch (error) {
      // Segments that do not fit; nothing of the guest has run.
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      trapped = error;
    }
    const counter = (name: "fuel" | "depth" | "stop"): WebAssembly.Global =>
      (exports[`veil:${name}`] as WebAssembly.Global | undefined) ?? veil[name];
    [this.fuel, this.depth, this.stop] = [counter("fuel"), counter("depth"), counter("stop")];
    this.fuel.value = this.granted - BigInt(metered.startFuel);
    this.depth.value = BigInt(limits.stackUnits ?? usualStackUnits);
    const start = exports["veil:start"] as (() => void) | undefined;
    this.started = trapped !== undefined ? "trapped" : start === undefined ? "returned" : this.guarded(start);
    const own = Object.entries(exports).filter(([name]) => !name.startsWith("veil:"));
    this.exports = this.started === "returned" ? Object.fromEntries(own) : {};
    const memory = Object.values(this.exports).find((value) => value instanceof WebAssembly.Memory);
    this.memory = memory;
  }

  /** Fuel used so far. Meaningless after a trap. */
  get fuelUsed(): bigint {
    return this.granted - (this.fuel.value as bigint);
  }

  /** Units of stack in use; zero when nothing runs and nothing trapped. */
  get stackUsed(): bigint {
    return BigInt(this.limits.stackUnits ?? usualStackUnits) - (this.depth.value as bigint);
  }

  /** Fuel and stack are as at the beginning: a test may enter an instance again that trapped. */
  renew(): void {
    this.fuel.value = this.granted;
    this.depth.value = BigInt(this.limits.stackUnits ?? usualStackUnits);
    this.stop.value = stopReason.none;
  }

  /** How an exception that came out of the instance is called. */
  verdictOf(error: unknown): Verdict {
    if (error instanceof FuelEnded || this.stop.value === stopReason.outOfFuel) return "out-of-fuel";
    if (this.stop.value === stopReason.outOfStack) return "out-of-stack";
    // The engine's own stack ended before ours, or its memory before the cap.
    if (error instanceof RangeError || this.stop.value === stopReason.memoryRefused) return "node-fault";
    if (error instanceof WebAssembly.RuntimeError) return "trapped";
    throw error;
  }

  /** Calls an export. */
  call(name: string, ...values: readonly unknown[]): { verdict: Verdict; value: unknown; error?: unknown } {
    let value: unknown;
    const target = this.exports[name] as (...values: readonly unknown[]) => unknown;
    let error: unknown;
    const verdict = this.guarded(
      () => {
        value = target(...values);
      },
      (thrown) => {
        error = thrown;
      },
    );
    return { verdict, value, error };
  }

  private guarded(action: () => void, onError: (error: unknown) => void = () => undefined): Verdict {
    try {
      action();
    } catch (error) {
      onError(error);
      return this.verdictOf(error);
    }
    return this.fuelUsed > BigInt(this.limits.fuel) ? "out-of-fuel" : "returned";
  }

  private refill(): void {
    const limit = BigInt(this.limits.fuel);
    const slice = BigInt(this.limits.sliceFuel ?? this.limits.fuel);
    while ((this.fuel.value as bigint) < 0n) {
      const left = limit - this.granted;
      if (left <= 0n) throw new FuelEnded();
      const more = left < slice ? left : slice;
      this.granted += more;
      this.fuel.value = (this.fuel.value as bigint) + more;
    }
  }
}

/** Meters and instantiates; a refusal is an error of the test. */
export function startMetered(
  bytes: Uint8Array,
  limits: RunLimits = generous,
  imports?: WebAssembly.Imports,
): MeteredRun {
  const metered = meterModule(bytes, limits);
  if (!metered.ok) throw new Error(metered.message);
  return new MeteredRun(metered.value, limits, imports);
}
