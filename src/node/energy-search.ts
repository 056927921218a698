/**
 * Finds a block's thermodynamic sample on any sampling unit: anneal, look, again. Trusts no device: every energy is
 * computed here.
 * @module
 */
import { energyInstance, energyOf, energySpins } from "#protocol/consensus/energy-instance.ts";
import { energyIsing } from "#protocol/consensus/energy-ising.ts";
import { type EnergySample, energySampleVersion } from "#protocol/consensus/energy-sample.ts";
import { fixedPointOne, type SamplingSchedule, samplesOf } from "#protocol/hardware/ising.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Clock, Pace, Sampler } from "./ports.ts";

/** From nearly free spins to nearly frozen ones; of 64 to 1 024 steps the shortest that seldom needs a second run. */
const schedule: SamplingSchedule = {
  warmUpSteps: 128,
  warmUpBeta: 0.5 * fixedPointOne,
  samples: 1,
  stepsPerSample: 1,
  seed: null,
};

/** β at the end of an annealing run. */
const coldBeta = 3 * fixedPointOne;

/** Runs on one instance before the next of the seed's is tried: an instance this has not solved most likely cannot be. */
export const runsPerDraw = 64;

/** How a search is going. */
export interface EnergyProgress {
  readonly draw: number;
  /** Annealing runs so far, over all draws. */
  readonly runs: number;
  /** Lowest energy seen on this draw. */
  readonly lowest: number;
}

/** What bounds a search from outside. */
export interface EnergySearchOptions {
  /** Asked between runs; true ends the search. */
  readonly cancelled?: () => boolean;
  readonly onProgress?: (progress: EnergyProgress) => void;
  /** Kept to between runs: an emulated unit rests for its runs, any unit waits while nothing may be computed. */
  readonly pace?: Pace & Pick<Clock, "nowMs">;
}

const stopped = rejected("cancelled", "The search for a sample was stopped.");

/** Searches all instances of a seed in turn. */
export async function findEnergySample(
  sampler: Sampler,
  seed: Uint8Array,
  { energy }: Pick<NetworkParameters, "energy">,
  { cancelled = () => false, onProgress = () => undefined, pace }: EnergySearchOptions = {},
): Promise<Result<EnergySample>> {
  for (let draw = 0; draw < energy.draws; draw++) {
    // Whoever has stopped this may have given the unit to another search already.
    if (cancelled()) return stopped;
    const instance = energyInstance(seed, draw);
    const loaded = await sampler.program(energyIsing(instance, coldBeta));
    if (!loaded.ok) return loaded;
    let lowest = Number.POSITIVE_INFINITY;
    for (let run = 1; run <= runsPerDraw; run++) {
      if (cancelled()) return stopped;
      const startedMs = pace?.nowMs() ?? 0;
      for await (const block of sampler.sample(schedule)) {
        if (!block.ok) return block;
        for (const spins of samplesOf(block.value, energySpins)) {
          const total = energyOf(instance, spins);
          if (total <= energy.bar) return accepted({ version: energySampleVersion, draw, spins: spins.slice() });
          lowest = Math.min(lowest, total);
        }
      }
      onProgress({ draw, runs: draw * runsPerDraw + run, lowest });
      await pace?.rest(sampler.describe().emulated ? pace.nowMs() - startedMs : 0);
    }
  }
  return rejected("not-found", "No sample below the bar was found; the next block brings another instance.");
}
