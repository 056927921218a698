import { describe, expect, it } from "vitest";
import { main } from "#protocol/parameters.ts";
import { accepted, type Rejected, rejected } from "#protocol/result.ts";
import { systemClock, systemEntropy } from "../platform/node/system.ts";
import { createEmulatedSampler } from "../platform/wasm/emulated-sampler.ts";
import { createSamplerKernel } from "../platform/wasm/sampler-kernel.ts";
import type { DeviceSampler, Sampler } from "./ports.ts";
import { mostSamples, SamplingUnitService } from "./sampling-units.ts";

const never = new Promise<void>(() => undefined);

async function emulated(): Promise<Sampler> {
  return createEmulatedSampler({
    kernel: await createSamplerKernel(),
    entropy: systemEntropy,
    pause: () => new Promise((resolve) => systemClock.schedule(0, () => resolve())),
  });
}

/** A device that draws like the emulated one, says it is hardware, and is unplugged when the test says so. */
async function device() {
  const inner = await emulated();
  const gone = rejected("disconnected", "The device is gone: was it unplugged?");
  let unplugged = false;
  let end: (reason: Rejected) => void = () => undefined;
  const ended = new Promise<Rejected>((resolve) => {
    end = resolve;
  });
  const sampler: DeviceSampler = {
    ended,
    describe: () => ({ ...inner.describe(), name: "real one", emulated: false }),
    program: (instance) => (unplugged ? Promise.resolve(gone) : inner.program(instance)),
    sample: async function* (schedule) {
      for await (const block of inner.sample({ ...schedule, seed: null })) {
        if (unplugged) return yield gone;
        yield block;
      }
    },
    health: () => (unplugged ? Promise.resolve(gone) : inner.health()),
    close: () => Promise.resolve(end(gone)),
  };
  return {
    sampler,
    unplug: (): void => {
      unplugged = true;
      end(gone);
    },
  };
}

function service(open: () => Promise<DeviceSampler>) {
  const notices: string[] = [];
  const units = new SamplingUnitService({
    createEmulated: async () => accepted(await emulated()),
    transports: [
      { transport: "serial", missing: "" },
      { transport: "usb", missing: "not here" },
    ],
    open: async () => accepted(await open()),
    clock: systemClock,
    entropy: systemEntropy,
    parameters: main,
  });
  units.onNotice((message) => notices.push(message));
  return { units, notices };
}

describe("sampling units", () => {
  it("draw on the emulated one first: the same digest for the same seed, labelled", async () => {
    const { units } = service(async () => (await device()).sampler);
    const seen: number[] = [];
    const draw = () => units.sample({ samples: 500, seed: "a word" }, never, ({ samples }) => seen.push(samples));
    const [first, second] = [await draw(), await draw()];
    expect(first).toMatchObject({ ok: true, value: { emulated: true, samples: 500, bar: -332 } });
    if (!first.ok || !second.ok) throw new Error("not drawn");
    expect(second.value.digest).toEqual(first.value.digest);
    expect(seen.slice(0, 4)).toEqual([128, 256, 384, 500]);
    expect(first.value.lowestEnergy).toBeLessThanOrEqual(first.value.meanEnergy);
    // At β = 1 a block's instance is far below chance and mostly above its ground state.
    expect(first.value.meanEnergy).toBeLessThan(-290);
    const other = await units.sample({ samples: 500, seed: null }, never, () => undefined);
    expect(other.ok && other.value.digest).not.toEqual(first.value.digest);
  });

  it("refuse what makes no sense, a second piece of work, and stop when told", async () => {
    const { units } = service(async () => (await device()).sampler);
    for (const samples of [0, 1.5, Number.NaN, mostSamples + 1]) {
      expect(await units.sample({ samples, seed: null }, never, () => undefined)).toMatchObject({
        code: "invalid-argument",
      });
    }
    let stop: () => void = () => undefined;
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const long = units.sample({ samples: mostSamples, seed: null }, stopped, stop);
    expect(await units.health()).toMatchObject({ code: "rate-limited" });
    expect(await long).toMatchObject({ code: "cancelled", message: expect.stringMatching(/^Stopped after \d+ of/) });
    expect(await units.health()).toMatchObject({ ok: true, value: { good: true, goodSpins: 256, takenOut: "" } });
  });

  it("take a device when it is connected and go back when it is not", async () => {
    const { units, notices } = service(async () => (await device()).sampler);
    expect(await units.connect("usb")).toMatchObject({ code: "invalid-argument", message: "not here" });
    expect(await units.disconnect()).toMatchObject({ code: "not-found" });
    expect(await units.connect("serial")).toMatchObject({ value: { name: "real one", emulated: false, active: true } });
    const listed = await units.list();
    expect(listed.ok && listed.value.units.map(({ name, active }) => [name, active])).toEqual([
      ["emulated sampling unit", false],
      ["real one", true],
    ]);
    expect(await units.sample({ samples: 10, seed: null }, never, () => undefined)).toMatchObject({
      value: { unit: "real one", emulated: false },
    });
    expect(await units.disconnect()).toMatchObject({ ok: true });
    expect(await units.sample({ samples: 10, seed: null }, never, () => undefined)).toMatchObject({
      value: { emulated: true },
    });
    expect(notices).toEqual([]);
  });

  it("go on with the emulated one when the device is unplugged in a run, and say so", async () => {
    const { sampler, unplug } = await device();
    const { units, notices } = service(() => Promise.resolve(sampler));
    await units.connect("serial");
    const report = await units.sample({ samples: 1_000, seed: null }, never, ({ samples }) => {
      if (samples === 256) unplug();
    });
    expect(report).toMatchObject({ ok: true, value: { samples: 1_000, emulated: true } });
    expect(notices.length).toBe(1);
    expect(notices[0]).toMatch(/unplugged.*taken over/);
    const listed = await units.list();
    expect(listed.ok && listed.value.units.map(({ emulated: soft, active }) => [soft, active])).toEqual([[true, true]]);
    expect(await units.health()).toMatchObject({ ok: true, value: { emulated: true } });
  });
});
