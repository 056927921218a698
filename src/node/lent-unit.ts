/**
 * A plugged-in unit as block making uses it: run by run, in between what its user does with it, and never its stand-in's
 * work under its name.
 * @module
 */
import type { IsingInstance, SamplingSchedule, SpinBlock } from "#protocol/hardware/ising.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Sampler } from "./ports.ts";

const gone = rejected("disconnected", "The device is not lent any more.");

/** A unit that may be taken back at any time. */
export interface LentUnit extends Sampler {
  /** Ends what is drawn for others and refuses more; resolves once the device is free. */
  takeBack(): Promise<void>;
}

/** Lends a unit; `failed` tells whether its stand-in has taken over. */
export function lendUnit(unit: Sampler, failed: () => boolean): LentUnit {
  let instance: IsingInstance | null = null;
  let loaded: IsingInstance | null = null;
  let run: AsyncGenerator<Result<SpinBlock>, void> | null = null;
  let takenBack = false;
  const unusable = (): boolean => takenBack || failed();

  async function* draw(schedule: SamplingSchedule): AsyncGenerator<Result<SpinBlock>, void> {
    if (instance === null) return yield rejected("invalid-argument", "Program an instance first.");
    if (loaded !== instance) {
      const outcome = await unit.program(instance);
      if (!outcome.ok) return yield outcome;
      loaded = instance;
    }
    for await (const block of unit.sample(schedule)) {
      // What comes after the device's end is the stand-in's: it is not passed off as the device's.
      if (unusable()) return yield gone;
      yield block;
    }
  }
  return {
    describe: () => unit.describe(),
    program: (wanted) => {
      instance = wanted;
      return Promise.resolve(unusable() ? gone : accepted(null));
    },
    sample: async function* (schedule) {
      if (unusable()) return yield gone;
      run = draw(schedule);
      yield* run;
      run = null;
    },
    health: () => (unusable() ? Promise.resolve(gone) : unit.health()),
    // Its owner closes it.
    close: () => Promise.resolve(),
    takeBack: async () => {
      takenBack = true;
      await run?.return();
    },
  };
}
