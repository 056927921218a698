import { createFailoverSampler } from "#node/failover-sampler.ts";
import type { Sampler } from "#node/ports.ts";
import type { Result } from "#protocol/result.ts";
import { describeSampler } from "#testing/sampler-contract.ts";
import { exposeSampler, remoteSampler } from "../browser/sampler-bridge.ts";
import { systemClock, systemEntropy } from "../node/system.ts";
import { createEmulatedSampler } from "../wasm/emulated-sampler.ts";
import { createSamplerKernel } from "../wasm/sampler-kernel.ts";
import { streamPair } from "./byte-stream.ts";
import { serveDevice } from "./device-endpoint.ts";
import { openHardwareSampler } from "./hardware-sampler.ts";

function good<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

async function emulated(): Promise<Sampler> {
  return createEmulatedSampler({
    kernel: await createSamplerKernel(),
    entropy: systemEntropy,
    pause: () => new Promise((resolve) => systemClock.schedule(0, () => resolve())),
  });
}

async function overPort(): Promise<Sampler> {
  const { port1, port2 } = new MessageChannel();
  exposeSampler(emulated(), port1);
  const remote = good(await remoteSampler(port2));
  const close = async (): Promise<void> => {
    await remote.close();
    port1.close();
  };
  return { ...remote, close };
}

let sessions = 0;
async function overStream() {
  const [host, device] = streamPair("contract");
  serveDevice(device, await emulated(), systemClock);
  return good(await openHardwareSampler({ stream: host, clock: systemClock, newSession: () => ++sessions }));
}

describeSampler("emulated", emulated);
describeSampler("emulated, over a port", overPort);
describeSampler("device over a byte stream", overStream);
describeSampler("device with its stand-in", async () =>
  createFailoverSampler({ device: await overStream(), emulated: await emulated(), onTakeover: () => undefined }),
);
