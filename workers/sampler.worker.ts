/**
 * The emulated sampling unit's thread. Wiring only.
 * @module
 */

import { exposeSampler } from "../src/platform/browser/sampler-bridge.ts";
import { browserClock, browserEntropy } from "../src/platform/browser/system.ts";
import { createEmulatedSampler } from "../src/platform/wasm/emulated-sampler.ts";
import { createSamplerKernel } from "../src/platform/wasm/sampler-kernel.ts";

const device = createSamplerKernel().then((kernel) =>
  createEmulatedSampler({
    kernel,
    entropy: browserEntropy,
    pause: () => new Promise((resolve) => browserClock.schedule(0, () => resolve())),
  }),
);
exposeSampler(device, self);
