/**
 * A device with the emulated one behind it: when the device fails, the emulator takes over in the middle of what is being
 * done, says so, and is labelled for what it is.
 * @module
 */
import type { IsingInstance, SamplingSchedule, SpinBlock } from "#protocol/hardware/ising.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { DeviceSampler, Sampler } from "./ports.ts";

/** What a sampler with a stand-in is made of. */
export interface FailoverParts {
  readonly device: DeviceSampler;
  readonly emulated: Sampler;
  /** Hears, once, that the device failed, in words for the user. */
  onTakeover(reason: Rejected): void;
}

/** These are about what was asked, not about the device: the emulator would say the same. */
const askersFault: ReadonlySet<string> = new Set(["invalid-argument", "cancelled"]);

/** Joins a device and its stand-in. `describe` tells which of them answers now. */
export function createFailoverSampler({ device, emulated, onTakeover }: FailoverParts): Sampler {
  let current: Sampler = device;
  let closed = false;
  let loaded: IsingInstance | null = null;
  /** The end of the connection and the end of a call under way both come here: one takeover serves both. */
  let takeover: Promise<Result<null>> | null = null;
  const takeOver = (reason: Rejected): Promise<Result<null>> => {
    takeover ??= (async () => {
      current = emulated;
      onTakeover(
        rejected(
          reason.code,
          `${reason.message} The emulated sampling unit has taken over; what it draws is labelled "emulated". \`tsu connect\` tries the device again.`,
        ),
      );
      await device.close();
      return loaded === null ? accepted(null) : emulated.program(loaded);
    })();
    return takeover;
  };
  // An idle device may be unplugged too.
  void device.ended.then((reason) => (closed ? null : takeOver(reason)));
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
      const asked = current;
      const outcome = await asked.program(instance);
      if (outcome.ok || asked === emulated || askersFault.has(outcome.code)) return outcome;
      const ready = await takeOver(outcome);
      return ready.ok ? emulated.program(instance) : ready;
    },
    sample,
    health: async () => {
      const asked = current;
      const health = await asked.health();
      if (health.ok || asked === emulated) return health;
      await takeOver(health);
      return emulated.health();
    },
    close: async () => {
      closed = true;
      if (current === device) await device.close();
      await emulated.close();
    },
  };
}
