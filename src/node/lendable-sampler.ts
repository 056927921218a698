/**
 * The sampler of blocks: a lent device while there is one, else the emulated unit. A device that fails, hangs or is taken
 * back costs nothing but time: the emulated unit finishes what it was doing. What is drawn is judged by its energy alone,
 * whoever draws it.
 * @module
 */
import { createFailoverSampler } from "./failover-sampler.ts";
import type { BlockSampler, DeviceSampler, Sampler } from "./ports.ts";

/** A sampler of blocks that takes devices. */
export interface LendableSampler extends BlockSampler {
  /** Draws on this device from the next search on; null: on none. */
  lend(device: DeviceSampler | null): void;
}

/** `tell` hears why a device that works is not used any more; its failures its owner tells. */
export function createLendableSampler(emulated: BlockSampler, tell: (message: string) => void): LendableSampler {
  let lent: Sampler | null = null;
  /** Who draws for the search under way: a device that comes in the middle knows nothing of its instance. */
  let chosen: Sampler = emulated;
  return {
    lend: (device) => {
      if (device === null) {
        lent = null;
        return;
      }
      const joined = createFailoverSampler({
        device,
        emulated,
        onTakeover: () => {
          if (lent === joined) lent = null;
        },
      });
      lent = joined;
    },
    takeOut: (reason) => {
      if (lent === null || chosen !== lent) return false;
      const { name } = lent.describe();
      lent = null;
      chosen = emulated;
      tell(
        `${name} draws no more samples of blocks: ${reason} The emulated unit draws them; \`tsu health\` tests the device.`,
      );
      return true;
    },
    describe: () => chosen.describe(),
    program: (instance) => {
      chosen = lent ?? emulated;
      return chosen.program(instance);
    },
    sample: (schedule) => chosen.sample(schedule),
    health: () => chosen.health(),
    close: () => emulated.close(),
    release: () => emulated.release?.(),
  };
}
