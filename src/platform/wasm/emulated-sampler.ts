/**
 * The emulated sampling unit behind the port `Sampler`: the kernel in slices, so that its thread hears a stop in between.
 * Says of itself that it is emulated.
 * @module
 */
import type { Entropy, Sampler } from "#node/ports.ts";
import { fromBigEndian } from "#protocol/codec/bytes.ts";
import {
  checkInstance,
  checkSchedule,
  type IsingInstance,
  isingLimits,
  packedBytes,
  type SamplerDescription,
  type SamplingSchedule,
  type SpinBlock,
  samplesPerBlock,
} from "#protocol/hardware/ising.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { SamplerKernel } from "./sampler-kernel.ts";

/** Spins updated before the thread looks up: about ten milliseconds. */
const sliceFlips = 524_288;

/** What the emulated device says of itself. */
export const emulatedDescription: SamplerDescription = {
  name: "emulated sampling unit",
  spins: isingLimits.spins,
  edges: isingLimits.edges,
  topology: "any",
  emulated: true,
  version: "1",
};

const interrupted = rejected("cancelled", "The device was given something else to do.");

/** What an emulated device needs. */
export interface EmulatedSamplerParts {
  readonly kernel: SamplerKernel;
  readonly entropy: Entropy;
  /** Lets the thread handle its messages. */
  pause(): Promise<void>;
}

/** A device in software. */
export function createEmulatedSampler({ kernel, entropy, pause }: EmulatedSamplerParts): Sampler {
  let loaded: IsingInstance | null = null;
  let samples = 0;
  let run = 0;
  let open = true;

  async function* sample(schedule: SamplingSchedule): AsyncGenerator<Result<SpinBlock>, void> {
    const checked = checkSchedule(schedule);
    if (!checked.ok) return yield checked;
    const instance = loaded;
    if (!open || instance === null) return yield rejected("invalid-argument", "Program an instance first.");
    const own = ++run;
    const replaced = (): boolean => own !== run || !open;
    kernel.setKey(schedule.seed ?? fromBigEndian(entropy.bytes(8)));
    kernel.randomise();
    let flips = 0;
    const work = async (steps: number, sweep: (from: number, to: number) => void): Promise<boolean> => {
      for (let from = 0; from < steps; ) {
        const to = Math.min(steps, from + Math.max(1, Math.floor(sliceFlips / instance.spins)));
        sweep(from, to);
        flips += (to - from) * instance.spins;
        from = to;
        if (flips < sliceFlips) continue;
        flips = 0;
        await pause();
        if (replaced()) return false;
      }
      return true;
    };
    const { warmUpSteps, warmUpBeta, stepsPerSample } = schedule;
    const warm = await work(warmUpSteps, (from, to) => kernel.ramp(from, to, warmUpSteps, warmUpBeta ?? instance.beta));
    // Whatever waited may find the kernel in another run's hands: it is asked after every wait.
    if (!warm || replaced()) return yield interrupted;
    for (let left = schedule.samples; left > 0; ) {
      const count = Math.min(left, samplesPerBlock(instance.spins));
      const spins = new Uint8Array(count * packedBytes(instance.spins));
      for (let i = 0; i < count; i++) {
        // The first sample follows the warm-up at once.
        if (left < schedule.samples || i > 0) {
          const stepped = await work(stepsPerSample, (from, to) => kernel.sweeps(to - from));
          if (!stepped || replaced()) return yield interrupted;
        }
        spins.set(kernel.packed(), i * packedBytes(instance.spins));
      }
      left -= count;
      samples += count;
      yield accepted({ samples: count, spins });
      if (left > 0 && replaced()) return yield interrupted;
    }
  }

  return {
    describe: () => emulatedDescription,
    program: (instance) => {
      const checked = checkInstance(instance);
      if (!checked.ok) return Promise.resolve(checked);
      // A run under way ends at its next look: its state is gone.
      run++;
      kernel.program(instance);
      loaded = instance;
      return Promise.resolve(accepted(null));
    },
    sample,
    health: () => Promise.resolve(accepted({ good: open, detail: open ? "" : "closed", samples, microjoules: null })),
    close: () => {
      open = false;
      return Promise.resolve();
    },
  };
}
