/**
 * Where things of a module are in its metered form. Imports of the meter follow those of the module, so what the module
 * defines moves up; what the meter defines follows what the module defines.
 * @module
 */
import type { ModuleShape } from "./module-shape.ts";
import { type FunctionType, valueType } from "./types.ts";

/** How a guest learns that its fuel is used up: it ends, or it calls the host, which may give more. */
export type MeteringMode = "trap" | "call";

/**
 * Where the counters of a run are: the module's own, exported as `veil:fuel` and so on (engines reach those faster), or
 * shared by several modules of one program, imported as `veil.fuel` and so on.
 */
export type CounterPlace = "own" | "shared";

/** Mutable globals of the meter, in the order of their indices: what is left of fuel and stack, why it stopped. */
export const meterVariables: readonly (readonly [string, number])[] = [
  ["fuel", valueType.i64],
  ["depth", valueType.i64],
  ["stop", valueType.i32],
];

/** What every function of the module takes besides its own parameters, fuel and stack; of the fuel it gives the rest back. */
export const meterParameters: readonly number[] = [valueType.i64, valueType.i64];

/** What it gives behind its own results. */
const meterResults: readonly number[] = [valueType.i64];

/** The function that the mode with calls imports. */
export const refillName = "refill";

/** The start function is exported under this name and no longer starts by itself: before, nobody could give it fuel. */
export const startName = "start";

/** Functions that metered code calls. */
export const helper = {
  /** In the mode with calls: ends the run if the stack is below zero, else asks the host for fuel. */
  exhausted: 0,
  memoryGrow: 1,
  bulkBytes: 2,
  bulkElements: 3,
} as const;

/** Indices of the metered module; types and helpers are added when first asked for. */
export class IndexMap {
  readonly mode: MeteringMode;
  readonly counters: CounterPlace;
  /** In the order of their indices. */
  readonly helpers: number[] = [];
  readonly addedTypes: FunctionType[] = [];
  /**
   * Functions that others than direct calls may reach: exported, in tables, named by references, first to run. Each has an
   * entrance of its old type, which takes the counters from the globals and puts them back.
   */
  readonly entrances: readonly number[];
  private readonly shape: ModuleShape;
  private readonly typesByName = new Map<string, number>();
  private readonly entrancePlaces = new Map<number, number>();
  private readonly meteredTypes: number[] = [];

  constructor(shape: ModuleShape, mode: MeteringMode, counters: CounterPlace) {
    this.shape = shape;
    this.mode = mode;
    this.counters = counters;
    const reached = new Set(shape.declared);
    if (shape.start !== undefined) reached.add(shape.start);
    this.entrances = [...reached].filter((index) => index >= shape.importedFunctions).sort((a, b) => a - b);
    for (const [place, index] of this.entrances.entries()) this.entrancePlaces.set(index, place);
  }

  /** Functions that the meter imports. */
  get addedFunctions(): number {
    return this.mode === "call" ? 1 : 0;
  }

  /** Index of the host's function that gives more fuel. */
  get refill(): number {
    return this.shape.importedFunctions;
  }

  get fuel(): number {
    return this.counters === "own" ? this.shape.globals.length : this.shape.importedGlobals;
  }

  get depth(): number {
    return this.fuel + 1;
  }

  get stop(): number {
    return this.fuel + 2;
  }

  /** New index of one of the module's functions, for direct calls. */
  function(index: number): number {
    return index < this.shape.importedFunctions ? index : index + this.addedFunctions;
  }

  /** Where others reach it. */
  entrance(index: number): number {
    const place = this.entrancePlaces.get(index);
    return place === undefined ? this.function(index) : this.shape.functions.length + this.addedFunctions + place;
  }

  /** New index of one of the module's globals. */
  global(index: number): number {
    const moves = this.counters === "shared" && index >= this.shape.importedGlobals;
    return moves ? index + meterVariables.length : index;
  }

  /** Index of a helper. */
  helper(kind: number): number {
    let place = this.helpers.indexOf(kind);
    if (place < 0) place = this.helpers.push(kind) - 1;
    return this.shape.functions.length + this.addedFunctions + this.entrances.length + place;
  }

  /** Index of the metered form of a function type. */
  meteredType(index: number): number {
    const known = this.meteredTypes[index];
    if (known !== undefined) return known;
    const { parameters, results } = this.shape.type(index, 0);
    const metered = this.type([...parameters, ...meterParameters], [...results, ...meterResults]);
    this.meteredTypes[index] = metered;
    return metered;
  }

  /** Index of a type. */
  type(parameters: readonly number[], results: readonly number[]): number {
    const name = `${parameters}>${results}`;
    const known = this.typesByName.get(name);
    if (known !== undefined) return known;
    const index = this.shape.types.length + this.addedTypes.push({ parameters, results }) - 1;
    this.typesByName.set(name, index);
    return index;
  }

  /** Index of the type of functions that take and give nothing. */
  get actionType(): number {
    return this.type([], []);
  }

  /** Index of a helper's type: the bulk and memory helpers take a number and give one. */
  helperType(kind: number): number {
    return kind === helper.exhausted ? this.actionType : this.type([valueType.i32], [valueType.i32]);
  }
}
