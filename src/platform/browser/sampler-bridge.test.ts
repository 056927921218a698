import { afterEach, describe, expect, it } from "vitest";
import { energyInstance } from "#protocol/consensus/energy-instance.ts";
import { energyIsing } from "#protocol/consensus/energy-ising.ts";
import { fixedPointOne, type SamplingSchedule } from "#protocol/hardware/ising.ts";
import { rejected } from "#protocol/result.ts";
import { systemClock, systemEntropy } from "../node/system.ts";
import { createEmulatedSampler } from "../wasm/emulated-sampler.ts";
import { createSamplerKernel } from "../wasm/sampler-kernel.ts";
import { exposeSampler, remoteSampler } from "./sampler-bridge.ts";

const torus = energyIsing(energyInstance(new Uint8Array(32), 0), fixedPointOne);
const schedule: SamplingSchedule = { warmUpSteps: 10, warmUpBeta: null, samples: 1_000, stepsPerSample: 1, seed: 3n };

async function emulated() {
  return createEmulatedSampler({
    kernel: await createSamplerKernel(),
    entropy: systemEntropy,
    pause: () => new Promise((resolve) => systemClock.schedule(0, () => resolve())),
  });
}

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

async function connected() {
  const channel = new MessageChannel();
  ports.push(channel.port1, channel.port2);
  exposeSampler(emulated(), channel.port1);
  const remote = await remoteSampler(channel.port2);
  if (!remote.ok) throw new Error(remote.message);
  return remote.value;
}

describe("a device over a port", () => {
  it("gives the very samples the device gives", async () => {
    const [near, far] = [await emulated(), await connected()];
    expect(far.describe()).toEqual(near.describe());
    const runs = await Promise.all(
      [near, far].map(async (device) => {
        expect(await device.program(torus)).toMatchObject({ ok: true });
        const blocks: unknown[] = [];
        for await (const block of device.sample(schedule)) blocks.push(block);
        return blocks;
      }),
    );
    expect(runs[0]?.length).toBe(8);
    expect(runs[1]).toEqual(runs[0]);
    expect(await far.health()).toMatchObject({ value: { good: true, samples: 1_000 } });
  });

  it("passes refusals on, stops when the reader stops, and a new run ends the one before", async () => {
    const far = await connected();
    expect(await far.program({ ...torus, spins: 0 })).toMatchObject({ code: "invalid-argument" });
    await far.program(torus);
    for await (const block of far.sample({ ...schedule, samples: 1_000_000 })) {
      expect(block.ok).toBe(true);
      break;
    }
    // 128 samples fit one block; nothing was drawn ahead of what was asked for.
    expect(await far.health()).toMatchObject({ value: { samples: 128 } });
    const first = far.sample(schedule)[Symbol.asyncIterator]();
    await first.next();
    const second = far.sample(schedule)[Symbol.asyncIterator]();
    expect((await second.next()).value).toMatchObject({ ok: true });
    expect((await first.next()).value).toMatchObject({ ok: false, code: "cancelled" });
  });

  it("answers with a refusal when the far end dies, in the middle of a run too", async () => {
    const far = await connected();
    await far.program(torus);
    const run = far.sample({ ...schedule, warmUpSteps: 1_000_000 })[Symbol.asyncIterator]();
    const waiting = run.next();
    far.lost(rejected("disconnected", "The thread has ended."));
    expect((await waiting).value).toMatchObject({ code: "disconnected" });
    expect((await run.next()).done).toBe(true);
    expect(await far.program(torus)).toMatchObject({ code: "disconnected" });
  });
});
