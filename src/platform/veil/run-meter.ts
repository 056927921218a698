/**
 * The host's side of metering: grants fuel in slices, takes what the host's own work costs, and says how a run ended. One
 * for a run, whether its modules share counters or the only one has its own.
 * @module
 */
import { stopReason } from "#protocol/veil/meter-helpers.ts";
import type { RunEnd } from "#veil/run.ts";

/** Stack of a run in units of the cost table: far below where the engine's own stack ends, on every node the same. */
export const stackUnits = 32_768;

/** Fuel by one refill: some milliseconds, after which the clock is looked at. */
const usualSliceFuel = 4_000_000;

/** Longest message of a trap. */
const mostMessageLength = 400;

/** What a run may use, and who is asked at every refill. */
export interface MeterSettings {
  readonly fuel: number;
  readonly stackUnits?: number;
  readonly sliceFuel?: number;
  /** May throw a {@link RunEnded}. */
  onSlice?(): void;
}

/** Thrown through the guest's frames to end a run; no guest can catch it. */
export class RunEnded extends Error {
  readonly end: RunEnd;

  constructor(end: RunEnd) {
    super();
    this.end = end;
  }
}

/** The guest broke the rules of the boundary: for it that is a trap. */
export function guestTrap(message: string): RunEnded {
  return new RunEnded({ type: "trap", message });
}

/** A counter of a metered module, by its name there. */
type Counter = "fuel" | "depth" | "stop";

function global(type: "i32" | "i64"): WebAssembly.Global {
  return type === "i64"
    ? new WebAssembly.Global({ value: "i64", mutable: true }, 0n)
    : new WebAssembly.Global({ value: "i32", mutable: true }, 0);
}

/** The text of something that was thrown, fit for a terminal. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ").slice(0, mostMessageLength);
}

/** Fuel and stack of one run. */
export class RunMeter {
  private readonly settings: MeterSettings;
  private readonly slice: number;
  private readonly counters: Record<Counter, WebAssembly.Global>;
  private granted: number;

  constructor(settings: MeterSettings) {
    this.settings = settings;
    this.slice = settings.sliceFuel ?? usualSliceFuel;
    this.granted = Math.min(this.slice, settings.fuel);
    this.counters = { fuel: global("i64"), depth: global("i64"), stop: global("i32") };
    this.counters.fuel.value = BigInt(this.granted);
    this.counters.depth.value = BigInt(settings.stackUnits ?? stackUnits);
  }

  /** What metered modules import from `veil`. */
  get imports(): WebAssembly.ModuleImports {
    return { ...this.counters, refill: () => this.refill() };
  }

  /** Moves to the counters that a module has of its own. */
  adopt(exports: WebAssembly.Exports): void {
    for (const name of ["fuel", "depth", "stop"] as const) {
      const own = exports[`veil:${name}`];
      if (!(own instanceof WebAssembly.Global)) continue;
      own.value = this.counters[name].value;
      this.counters[name] = own;
    }
  }

  /** Takes fuel, even more than there is: the guest notices where it looks next. */
  take(units: number): void {
    const { fuel } = this.counters;
    fuel.value = (fuel.value as bigint) - BigInt(units);
  }

  /** Takes the price of something that the host is about to do. Ends the run if that is more than there is. */
  charge(units: number): void {
    this.take(units);
    if ((this.counters.fuel.value as bigint) < 0n) this.refill();
  }

  /** Fuel and stack are as at the beginning: a test may enter an instance again that trapped. */
  renew(): void {
    this.counters.fuel.value = BigInt(this.granted);
    this.counters.depth.value = BigInt(this.settings.stackUnits ?? stackUnits);
    this.counters.stop.value = stopReason.none;
  }

  /** Units used so far. Meaningless after a trap. */
  get fuelUsed(): number {
    return this.granted - Number(this.counters.fuel.value);
  }

  /** Units of stack in use; zero when nothing runs and nothing trapped. */
  get stackUsed(): number {
    return (this.settings.stackUnits ?? stackUnits) - Number(this.counters.depth.value);
  }

  /** Gives slices until fuel is not below zero any more, or ends the run. */
  private refill(): void {
    const { fuel } = this.counters;
    while ((fuel.value as bigint) < 0n) {
      const more = Math.min(this.slice, this.settings.fuel - this.granted);
      if (more <= 0) throw new RunEnded({ type: "out-of-fuel" });
      this.granted += more;
      fuel.value = (fuel.value as bigint) + BigInt(more);
      this.settings.onSlice?.();
    }
  }

  /** Does something that runs guest code, or instantiates it, and says how the guest ended; nothing: it goes on. */
  guarded(action: () => void): RunEnd | undefined {
    let end: RunEnd | undefined;
    try {
      action();
    } catch (error) {
      end = this.endOf(error);
    }
    const ownWill = end === undefined || end.type === "exit" || end.type === "too-much-output";
    return ownWill && this.fuelUsed > this.settings.fuel ? { type: "out-of-fuel" } : end;
  }

  /** What something means that was thrown out of the guest. What no guest can cause is thrown on. */
  endOf(error: unknown): RunEnd {
    if (error instanceof RunEnded) return error.end;
    const stop = this.counters.stop.value;
    if (stop === stopReason.outOfFuel) return { type: "out-of-fuel" };
    if (stop === stopReason.outOfStack) return { type: "out-of-stack" };
    // The engine's memory ended before the cap, or its own stack before ours.
    if (stop === stopReason.memoryRefused) return { type: "node-fault", message: "no memory for the program" };
    if (error instanceof RangeError) return { type: "node-fault", message: messageOf(error) };
    if (error instanceof WebAssembly.RuntimeError) return { type: "trap", message: messageOf(error) };
    throw error;
  }
}
