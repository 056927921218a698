/**
 * `wasi:io/poll` and the clock it waits on. Nothing here is ever waited for: input, output and files are always ready, and
 * waiting for a time makes it that time. So a program that sleeps goes on at once, a loop that waits for a moment
 * ends, and every run of it sees the same.
 * @module
 */

import { type HandleCount, Resource } from "./resources.ts";
import type { WasiSystem } from "./system.ts";

/** Nanoseconds since the start of the run, all of them slept. */
export class MonotonicClock {
  now = 0n;
}

const largestInstant = 2n ** 64n - 1n;

/** Something that can be waited for: a time, or what is there already. */
export class Pollable extends Resource {
  private readonly clock: MonotonicClock;
  /** When it is ready. */
  readonly due: bigint;

  constructor(system: WasiSystem, handles: HandleCount, clock: MonotonicClock, due = 0n) {
    super(system, handles);
    this.clock = clock;
    this.due = due > largestInstant ? largestInstant : due;
  }

  ready(): boolean {
    return this.due <= this.clock.now;
  }

  block(): void {
    if (!this.ready()) this.clock.now = this.due;
  }
}

/**
 * Which of a list are ready; if none is, the first that will be, for it then is that time. The glue had the list paid for
 * before it was made.
 */
export function poll(system: WasiSystem, clock: MonotonicClock, list: readonly Pollable[]): Uint32Array {
  if (list.length === 0) system.trap("waits for nothing");
  let earliest = largestInstant;
  for (const { due } of list) if (due < earliest) earliest = due;
  if (earliest > clock.now) clock.now = earliest;
  return Uint32Array.from(list.flatMap((pollable, i) => (pollable.ready() ? [i] : [])));
}
