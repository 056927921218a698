/**
 * A plugged-in unit, lent by the window's service over real ports to the sampler of blocks on the other side.
 */
import { afterEach, describe, expect, it } from "vitest";
import { findEnergySample } from "#node/energy-search.ts";
import { createLendableSampler, type LendableSampler } from "#node/lendable-sampler.ts";
import type { DeviceSampler, Sampler } from "#node/ports.ts";
import { SamplingUnitService } from "#node/sampling-units.ts";
import { dev, main } from "#protocol/parameters.ts";
import { accepted, type Rejected, rejected } from "#protocol/result.ts";
import { systemClock, systemEntropy } from "../node/system.ts";
import { createEmulatedSampler } from "../wasm/emulated-sampler.ts";
import { createSamplerKernel } from "../wasm/sampler-kernel.ts";
import { borrowOver, lendOver } from "./unit-lending.ts";

const never = new Promise<void>(() => undefined);
const seed = () => systemEntropy.bytes(32);
const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

async function emulated(): Promise<Sampler> {
  return createEmulatedSampler({
    kernel: await createSamplerKernel(),
    entropy: systemEntropy,
    pause: () => new Promise((resolve) => systemClock.schedule(0, () => resolve())),
  });
}

/** A device with a plug, and with the faults a test gives it; counts the runs it was asked for. */
async function device(fault: { hangs?: boolean; hot?: boolean; spins?: number } = {}) {
  const inner = await emulated();
  const gone = rejected("disconnected", "The device is gone: was it unplugged?");
  let end: (reason: Rejected) => void = () => undefined;
  const ended = new Promise<Rejected>((resolve) => {
    end = resolve;
  });
  let unplugged = false;
  const counted = { runs: 0, onRun: (): void => undefined };
  const sampler: DeviceSampler = {
    ended,
    describe: () => ({ ...inner.describe(), name: "real one", emulated: false, spins: fault.spins ?? 1_024 }),
    program: (instance) => (unplugged ? Promise.resolve(gone) : inner.program(instance)),
    sample: async function* (schedule) {
      counted.runs++;
      counted.onRun();
      if (unplugged) return yield gone;
      // Answers after its time limit, as the driver does for a device that hangs.
      if (fault.hangs) return yield rejected("timeout", "The device does not answer.");
      // Too hot to find a low energy, and healthy by every test of its coins.
      const hot = { ...schedule, warmUpSteps: 0, warmUpBeta: null, stepsPerSample: 1 };
      yield* inner.sample(fault.hot && schedule.samples === 1 ? hot : schedule);
    },
    health: () => (unplugged ? Promise.resolve(gone) : inner.health()),
    close: () => Promise.resolve(),
  };
  return {
    sampler,
    counted,
    fault,
    unplug: (): void => {
      unplugged = true;
      end(gone);
    },
  };
}

async function setUp(plugged: { readonly sampler: DeviceSampler }) {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const told: string[] = [];
  const units = new SamplingUnitService({
    createEmulated: async () => accepted(await emulated()),
    transports: [{ transport: "serial", missing: "" }],
    open: () => Promise.resolve(accepted(plugged.sampler)),
    clock: systemClock,
    entropy: systemEntropy,
    parameters: main,
    lend: lendOver(port1),
  });
  units.onNotice((message) => told.push(message));
  const blocks = createLendableSampler(await emulated(), (message) => told.push(message));
  let hearLoan: () => void = () => undefined;
  const loan = () =>
    new Promise<void>((resolve) => {
      hearLoan = resolve;
    });
  borrowOver(port2, (lent) => {
    blocks.lend(lent);
    if (lent !== null) hearLoan();
  });
  const lent = loan();
  const connected = await units.connect("serial");
  return { units, blocks, told, connected, lent, loan };
}

/** A search that must succeed; gives the name of who drew last. */
async function drawnBy(blocks: LendableSampler): Promise<string> {
  const found = await findEnergySample(blocks, seed(), dev);
  expect(found.ok).toBe(true);
  return blocks.describe().name;
}

const standIn = "emulated sampling unit";

describe("a lent unit", () => {
  it("draws the samples of blocks while it is connected, and no more when it is not", async () => {
    const plugged = await device();
    const { units, blocks, told, connected, lent } = await setUp(plugged);
    expect(connected).toMatchObject({ ok: true, value: { notForBlocks: "" } });
    await lent;
    const before = plugged.counted.runs;
    expect(await drawnBy(blocks)).toBe("real one");
    expect(plugged.counted.runs).toBeGreaterThan(before);
    await units.disconnect();
    expect(await drawnBy(blocks)).toBe(standIn);
    expect(told).toEqual([]);
  });

  it.each([
    ["is unplugged", (plugged: Awaited<ReturnType<typeof device>>) => plugged.unplug()],
    [
      "hangs",
      (plugged: Awaited<ReturnType<typeof device>>) => {
        plugged.fault.hangs = true;
      },
    ],
  ])("costs nothing but time when it %s in the middle of a search, and its user is told once", async (_name, fail) => {
    const plugged = await device();
    const { units, blocks, told, lent } = await setUp(plugged);
    await lent;
    const before = plugged.counted.runs;
    plugged.counted.onRun = () => fail(plugged);
    expect((await findEnergySample(blocks, seed(), dev)).ok).toBe(true);
    expect(plugged.counted.runs).toBeGreaterThan(before);
    expect(blocks.describe().name).toBe(standIn);
    expect(told).toEqual([expect.stringMatching(/emulated sampling unit has taken over/)]);
    expect(await drawnBy(blocks)).toBe(standIn);
    expect((await units.list()).ok).toBe(true);
  });

  it("is its user's first: a search goes on elsewhere meanwhile, and comes back to it", async () => {
    const plugged = await device();
    const { units, blocks, told, lent, loan } = await setUp(plugged);
    await lent;
    const back = loan();
    let searching = true;
    const searches = (async () => {
      while (searching) {
        await drawnBy(blocks);
        // The emulated unit of this test has no thread of its own: the ports must get their turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const drawn = await units.sample({ samples: 2_000, seed: "mine" }, never, () => undefined);
    expect(drawn).toMatchObject({ ok: true, value: { unit: "real one", samples: 2_000 } });
    await back;
    searching = false;
    await searches;
    expect(await drawnBy(blocks)).toBe("real one");
    expect(told).toEqual([]);
  });

  it("is taken out when nothing it draws is good enough, whatever it says of itself", async () => {
    const plugged = await device({ hot: true });
    const { blocks, told, lent } = await setUp(plugged);
    await lent;
    expect(await findEnergySample(blocks, seed(), dev)).toMatchObject({ ok: false, code: "not-found" });
    expect(blocks.takeOut?.("It found nothing.")).toBe(true);
    expect(told).toEqual([expect.stringMatching(/real one draws no more samples of blocks: It found nothing\./)]);
    expect(await drawnBy(blocks)).toBe(standIn);
    expect(blocks.takeOut?.("again")).toBe(false);
  });

  it("is not lent if it is too small, and its user is told why", async () => {
    const { blocks, connected } = await setUp(await device({ spins: 128 }));
    expect(connected).toMatchObject({ ok: true, value: { notForBlocks: expect.stringMatching(/128 spins/) } });
    expect(await drawnBy(blocks)).toBe(standIn);
  });
});
