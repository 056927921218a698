/**
 * The Veil's gate: checks a core module of unknown origin and rewrites it so that fuel, stack and memory are limited to
 * the unit and NaNs have one form, identically on every node. It does not run anything, and it does not replace
 * `WebAssembly.validate`, which callers ask as well.
 *
 * Fuel: a run that returns took the price of every basic block it began, no more. Some of it is taken a block early, as a
 * deposit (charge-plan.ts); what the way taken does not need of that is handed back before fuel is tested or seen again.
 * Heads of loops, entries of functions and bulk instructions test, so no run goes on for ever.
 *
 * The metered module has three mutable globals, its own (exported as `veil:fuel`, `veil:depth`, `veil:stop`) or shared
 * with other modules of its program (imported as `veil.fuel` …), and in the mode "call" imports the function
 * `veil.refill`. They are true whenever a function of the host runs. Duties of the host: it sets fuel and depth, then calls
 * `veil:start` if that is there; a refill leaves fuel at zero or above, or throws; functions it gives take and give no
 * floats; what it does for a guest beyond the call itself it takes from the fuel; an imported memory has
 * at most the maximum declared for it; after a run that returned, fuel below zero (of all granted) means out of fuel;
 * an instance that trapped is not entered again.
 * @module
 */
import { accepted, type Result, rejected } from "../result.ts";
import { BinaryReader } from "./binary-reader.ts";
import { BinaryWriter } from "./binary-writer.ts";
import { BodyWriter } from "./body-writer.ts";
import { BranchHints } from "./branch-hints.ts";
import { costTable } from "./costs.ts";
import { caught, ModuleFailure } from "./failure.ts";
import { type CounterPlace, IndexMap, type MeteringMode } from "./index-map.ts";
import { moduleLimits } from "./limits.ts";
import { type CheckedModule, readModule } from "./module-reader.ts";
import { writeModule } from "./module-writer.ts";

/** How a module is metered. */
export interface MeteringOptions {
  readonly mode: MeteringMode;
  readonly counters: CounterPlace;
  /** Most pages (64 KiB each) its memory may ever have. */
  readonly memoryPages: number;
}

/** A module that may be instantiated. */
export interface MeteredModule {
  readonly bytes: Uint8Array;
  /** What instantiating it costs (pages, data, elements); the host takes it from the fuel before it does so. */
  readonly startFuel: number;
}

/** What a module is, once it is known to be one that may be metered. */
export interface ModuleSummary {
  readonly functions: number;
  readonly memoryPages: number;
}

/** Checks a module of any origin. */
export function checkModule(bytes: Uint8Array): Result<ModuleSummary> {
  return caught(() => {
    const { shape } = readModule(new BinaryReader(bytes), () => undefined);
    return accepted({ functions: shape.functions.length, memoryPages: shape.memory?.minimum ?? 0 });
  });
}

/** Checks a module of any origin and gives its metered form. */
export function meterModule(bytes: Uint8Array, options: MeteringOptions): Result<MeteredModule> {
  const cap = options.memoryPages;
  if (!Number.isInteger(cap) || cap < 0 || cap > moduleLimits.memoryPages) {
    return rejected("invalid-argument", `A memory may be capped at 0 to ${moduleLimits.memoryPages} pages.`);
  }
  return caught(() => {
    let writer: BodyWriter | undefined;
    let map: IndexMap | undefined;
    const checked = readModule(new BinaryReader(bytes), (body) => {
      map ??= new IndexMap(body.shape, options.mode, options.counters);
      writer ??= new BodyWriter(body, map);
      writer.write();
      checkMeteredSize(writer.code.length, body.reader.position);
    });
    const minimum = checked.shape.memory?.minimum ?? 0;
    if (minimum > cap) {
      const message = `The program starts with ${minimum} pages of memory; it may have ${cap}.`;
      return rejected("out-of-memory", message, { minimum, cap });
    }
    map ??= new IndexMap(checked.shape, options.mode, options.counters);
    const code = writer ?? { code: new BinaryWriter(), hints: new BranchHints() };
    const metered = writeModule(bytes, checked, map, code, cap);
    checkMeteredSize(metered.length, bytes.length);
    return accepted({ bytes: metered, startFuel: startFuelOf(checked) });
  });
}

function checkMeteredSize(size: number, offset: number): void {
  const most = moduleLimits.meteredBytes;
  if (size > most) throw new ModuleFailure("too-large", offset, `the module has more than ${most} bytes when metered.`);
}

function startFuelOf({ shape }: CheckedModule): number {
  const tableElements = shape.tables.reduce((sum, table) => sum + table.minimum, shape.elements);
  const pages = shape.memory?.imported === false ? shape.memory.minimum : 0;
  return (
    costTable.bulk +
    pages * costTable.page +
    Math.ceil(shape.dataBytes / costTable.bytesPerUnit) +
    tableElements * costTable.elementsPerUnit
  );
}
