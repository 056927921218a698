/**
 * A device with the emulated one behind it: when the device fails, the emulator takes over in the middle of what is being
 * done, says so, and is labelled for what it is.
 * @module
 */
import type { IsingInstance, SamplingSchedule, SpinBlock } from "#protocol/hardware/ising.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { Sampler } from "./ports.ts";

/** What a sampler with a stand-in is made of. */
export interface FailoverParts {
  readonly device: Sampler;
  readonly emulated: Sampler;
  /** Hears, once, that the device failed, in words for the user. */
  onTakeover(reason: Rejected): void;
}

/** These are about what was asked, not about the device: the emulator would say the same. */
const askersFault: ReadonlySet<string> = new Set(["invalid-argument", "cancelled"]);

/** Joins a device and its stand-in. `describe` tells which of them answers now. */
export function createFailoverSampler({ device, emulated, onTakeover }: FailoverParts): Sampler {
  let current = device;
  let loaded: IsingInstance | null = null;
  const takeOver = async (reason: Rejected): Promise<Result<null>> => {
    if (current === device) {
      current = emulated;
      onTakeover(
        rejected(
          reason.code,
          `${reason.message} The emulated sampling unit has taken over; what it draws is labelled "emulated". \`tsu connect\` tries the device again.`,
        ),
      );
      await device.close();
    }
    return loaded === null ? accepted(null) : emulated.program(loaded);
  };
  async function* sample(schedule: SamplingSchedule): AsyncGenerator<Result<SpinBlock>, void> {
    let delivered = 0;
    const started = current;
    for await (const block of started.sample(schedule)) {
      if (block.ok) {
        delivered += block.value.samples;
        yield block;
      } else if (started === emulated || askersFault.has(block.code)) return yield block;
      else {
        const ready = await takeOver(block);
        if (!ready.ok) return yield ready;
        // What was delivered stays good; the rest is a run of its own.
        if (delivered < schedule.samples)
          yield* emulated.sample({ ...schedule, samples: schedule.samples - delivered });
        return;
      }
    }
  }
  return {
    describe: () => current.describe(),
    program: async (instance) => {
      loaded = instance;
      const outcome = await current.program(instance);
      if (outcome.ok || current === emulated || askersFault.has(outcome.code)) return outcome;
      return takeOver(outcome);
    },
    sample,
    health: async () => {
      const health = await current.health();
      if (health.ok || current === emulated) return health;
      await takeOver(health);
      return emulated.health();
    },
    close: async () => {
      if (current === device) await device.close();
      await emulated.close();
    },
  };
}
