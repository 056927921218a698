/**
 * Handles as jco has them: an object of a class, given to a table when the guest gets it and taken out when the guest drops
 * it. A number that the guest made up reaches the host as an object without contents, made from the class's prototype; here
 * classes show no prototype, so such a number ends the run instead.
 * @module
 */

import { hostCosts } from "#protocol/veil/host-costs.ts";
import { type WasiSystem, wasiLimits } from "./system.ts";

/** The method by which the glue tells that a handle was dropped: its own choice of symbol, repeated. */
export const dropped: unique symbol = ((Symbol as { readonly dispose?: symbol }).dispose ??
  Symbol.for("dispose")) as typeof dropped;

/** Counts the live handles of a run. */
export class HandleCount {
  private live = 0;

  /** One more, paid for, that counts as so many. */
  take(system: WasiSystem, weight: number): void {
    if (this.live + weight > wasiLimits.handles) system.trap(`more than ${wasiLimits.handles} handles at one time`);
    this.live += weight;
    system.charge(hostCosts.handle);
  }

  /** It is there no more. */
  give(weight: number): void {
    this.live -= weight;
  }
}

/** What every resource has: a run it belongs to and a place in the count. */
export abstract class Resource {
  protected readonly system: WasiSystem;
  protected readonly handles: HandleCount;

  private readonly weight: number;

  /** What holds much counts as several handles. */
  constructor(system: WasiSystem, handles: HandleCount, weight = 1) {
    handles.take(system, weight);
    this.weight = weight;
    this.system = system;
    this.handles = handles;
  }

  /** The guest has dropped it. */
  [dropped](): void {
    this.handles.give(this.weight);
  }
}

/** Stands for a class towards the glue, which asks whether objects are of it and makes objects for forged handles. */
export function guardedClass(
  system: WasiSystem,
  name: string,
  type: abstract new (...parameters: never[]) => Resource,
): object {
  const guarded = (): void => undefined;
  return Object.defineProperties(guarded, {
    prototype: { get: () => system.trap(`a handle that is no ${name}`) },
    [Symbol.hasInstance]: { value: (value: unknown) => value instanceof type },
  });
}
