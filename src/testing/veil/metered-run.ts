/**
 * Runs metered core modules in tests: instantiates one with fuel, depth and stop, calls an export, and says how it ended. Not
 * a sandbox: the guest's imports are whatever the test gives.
 */
import { RunMeter } from "#platform/veil/run-meter.ts";
import { type MeteredModule, type MeteringOptions, meterModule } from "#protocol/veil/meter.ts";
import type { RunEnd } from "#veil/run.ts";

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
  /** Units of stack, if not as many as every run has. */
  readonly stackUnits?: number;
  /** In the mode "call": how much fuel a refill gives. */
  readonly sliceFuel?: number;
}

const enough = 1_000_000_000_000;

/** Limits that an ordinary test program never meets. */
export const generous: RunLimits = { mode: "trap", counters: "own", memoryPages: 1_024, fuel: enough };

/** Names of endings that tests have words of their own for. */
const verdicts: Partial<Record<RunEnd["type"], Verdict>> = { trap: "trapped" };

/** One metered instance and what it has used. */
export class MeteredRun {
  /** Of the guest; nothing if its start failed, as engines have it. */
  readonly exports: WebAssembly.Exports;
  readonly memory: WebAssembly.Memory | undefined;
  private readonly meter: RunMeter;
  /** How the start function ended. */
  readonly started: Verdict;

  constructor(metered: MeteredModule, limits: RunLimits, imports: WebAssembly.Imports = {}) {
    const { mode, fuel, sliceFuel = fuel, stackUnits } = limits;
    const slices = { fuel, sliceFuel: mode === "call" ? sliceFuel : fuel };
    this.meter = new RunMeter(stackUnits === undefined ? slices : { ...slices, stackUnits });
    const module = new WebAssembly.Module(metered.bytes as Uint8Array<ArrayBuffer>);
    let exports: WebAssembly.Exports = {};
    let trapped: unknown;
    try {
      exports = new WebAssembly.Instance(module, { ...imports, veil: this.meter.imports }).exports;
    } catch (error) {
      // Segments that do not fit; nothing of the guest has run.
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      trapped = error;
    }
    this.meter.adopt(exports);
    this.meter.take(metered.startFuel);
    const start = exports["veil:start"] as (() => void) | undefined;
    this.started = trapped !== undefined ? "trapped" : start === undefined ? "returned" : this.guarded(start);
    const own = Object.entries(exports).filter(([name]) => !name.startsWith("veil:"));
    this.exports = this.started === "returned" ? Object.fromEntries(own) : {};
    const memory = Object.values(this.exports).find((value) => value instanceof WebAssembly.Memory);
    this.memory = memory;
  }

  /** Fuel used so far. Meaningless after a trap. */
  get fuelUsed(): bigint {
    return BigInt(this.meter.fuelUsed);
  }

  /** Units of stack in use; zero when nothing runs and nothing trapped. */
  get stackUsed(): bigint {
    return BigInt(this.meter.stackUsed);
  }

  /** Fuel and stack are as at the beginning: a test may enter an instance again that trapped. */
  renew(): void {
    this.meter.renew();
  }

  /** How an exception that came out of the instance is called. */
  verdictOf(error: unknown): Verdict {
    const { type } = this.meter.endOf(error);
    return verdicts[type] ?? (type as Verdict);
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
    const end = this.meter.guarded(() => {
      try {
        action();
      } catch (error) {
        onError(error);
        throw error;
      }
    });
    return end === undefined ? "returned" : (verdicts[end.type] ?? (end.type as Verdict));
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
