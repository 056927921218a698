/**
 * Sampling units in a real page: the emulated unit in its worker draws what it draws in Node, and a device behind a serial
 * port made of real streams is connected, used, unplugged, and replaced by the emulator.
 */
import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sampler } from "../src/node/ports.ts";
import { SamplingUnitService } from "../src/node/sampling-units.ts";
import { type ByteStream, streamPair } from "../src/platform/hardware/byte-stream.ts";
import { serveDevice } from "../src/platform/hardware/device-endpoint.ts";
import { systemClock, systemEntropy } from "../src/platform/node/system.ts";
import { createEmulatedSampler } from "../src/platform/wasm/emulated-sampler.ts";
import { createSamplerKernel } from "../src/platform/wasm/sampler-kernel.ts";
import { toHex } from "../src/protocol/codec/bytes.ts";
import { main } from "../src/protocol/parameters.ts";
import { endAll, noBlocks, openProfile, type Seed, startSeed, type Tab } from "./harness.ts";
import { makeIdentity } from "./steps.ts";

let seed: Seed;
beforeAll(async () => {
  // Nobody else makes blocks here: what is made, the tab made.
  seed = await startSeed({ flags: noBlocks });
});
afterAll(endAll);

async function emulated() {
  return createEmulatedSampler({
    kernel: await createSamplerKernel(),
    entropy: systemEntropy,
    pause: () => new Promise((resolve) => systemClock.schedule(0, () => resolve())),
  });
}

/** What the page's fake port calls and offers. */
interface FakePort {
  sendBytes(bytes: readonly number[]): Promise<void>;
  deliver(bytes: readonly number[]): void;
  unplug(): void;
}

/** Runs in the page before anything else: `navigator.serial` with one port of real streams, wired to the test. */
function installFakeSerial(): void {
  const page = window as unknown as FakePort;
  const toDevice = new TransformStream<Uint8Array, Uint8Array>();
  const toHost = new TransformStream<Uint8Array, Uint8Array>();
  const writer = toHost.writable.getWriter();
  const port = {
    readable: null as ReadableStream<Uint8Array> | null,
    writable: null as WritableStream<Uint8Array> | null,
    open: async () => {
      port.readable = toHost.readable;
      port.writable = toDevice.writable;
      void (async () => {
        const reader = toDevice.readable.getReader();
        for (;;) {
          const { value, done } = await reader.read();
          if (done) return;
          await page.sendBytes([...value]);
        }
      })().catch(() => undefined);
    },
    close: async () => undefined,
    getInfo: () => ({ usbVendorId: 0x1234, usbProductId: 0x5678 }),
  };
  page.deliver = (bytes) => void writer.write(Uint8Array.from(bytes)).catch(() => undefined);
  page.unplug = () => {
    port.readable = null;
    void writer.abort(new DOMException("The device has been lost.", "NetworkError")).catch(() => undefined);
  };
  Object.defineProperty(navigator, "serial", {
    value: {
      requestPort: async () => {
        if (!navigator.userActivation.isActive) throw new DOMException("no gesture", "SecurityError");
        return port;
      },
    },
  });
}

/** Ties the fake port of a profile's page to the far end of a stream in this process. */
async function wire(context: BrowserContext, line: ByteStream, tab: () => Tab): Promise<void> {
  const writer = line.writable.getWriter();
  await context.exposeBinding("sendBytes", async (_source, bytes: number[]) => {
    await writer.write(Uint8Array.from(bytes));
  });
  await context.addInitScript(installFakeSerial);
  void (async () => {
    for await (const bytes of line.readable as unknown as AsyncIterable<Uint8Array>) {
      await tab().page.evaluate((list) => (window as unknown as FakePort).deliver(list), [...bytes]);
    }
  })().catch(() => undefined);
}

/** A profile whose page has a port with `serve` at its far end. */
async function pageWith(serve: (device: ByteStream) => void | Promise<void>): Promise<Tab> {
  const [line, device] = streamPair("a test's serial line");
  await serve(device);
  const profile = await openProfile();
  let tab: Tab | null = null;
  await wire(profile.context, line, () => tab as Tab);
  tab = await profile.open(seed.url);
  return tab;
}

describe("tsu", () => {
  it("draws the very samples in Chromium's worker that it draws in Node, labelled as emulated", async () => {
    const profile = await openProfile();
    await profile.context.addInitScript(() => {
      delete (Navigator.prototype as unknown as { serial?: unknown }).serial;
    });
    const tab = await profile.open(seed.url);
    const inNode = await new SamplingUnitService({
      createEmulated: async () => ({ ok: true, value: await emulated() }),
      transports: [],
      open: () => Promise.reject(new Error("no transports")),
      clock: systemClock,
      entropy: systemEntropy,
      parameters: main,
    }).sample({ samples: 2_000, seed: "everywhere" }, new Promise(() => undefined), () => undefined);
    const report = await tab.json<{ digest: string; emulated: boolean; samples: number }>(
      "tsu sample --samples 2000 --seed everywhere",
    );
    expect(report).toMatchObject({ emulated: true, samples: 2_000 });
    expect(inNode.ok && toHex(inNode.value.digest)).toBe(report.digest);
    // Without Web Serial the page works and says why there is no device.
    expect(await tab.command("tsu list", /usb:/)).toMatch(/emulated sampling unit +emulated +built in/);
    expect(await tab.command("tsu connect serial", /Web Serial/)).toMatch(/does not offer Web Serial here/);
    expect(await tab.command("tsu health", /energy used/)).toMatch(/256 of 256 spins pass/);
    expect(tab.errors).toEqual([]);
    await profile.close();
  });

  it("connects a device, draws on it, and goes on with the emulator when it is unplugged in the middle", async () => {
    const tab = await pageWith(async (device) => {
      const sampler = await emulated();
      const named = { ...sampler, describe: () => ({ ...sampler.describe(), name: "test bench" }) };
      serveDevice(device, named, systemClock);
    });
    expect(await tab.command("tsu connect serial", /Connected/)).toMatch(/Connected: test bench \(emulated\)/);
    expect(await tab.command("tsu list", /usb:/)).toMatch(/\* +test bench +emulated +serial/);
    const drawn = await tab.json<{ unit: string; samples: number }>("tsu sample --samples 3000 --seed x");
    expect(drawn).toMatchObject({ unit: "test bench", samples: 3_000 });
    expect(await tab.command("tsu health", /energy used/)).toMatch(/test bench[\s\S]*256 of 256 spins pass/);

    const from = (await tab.transcript()).length;
    await tab.type("tsu sample --samples 60000");
    await tab.waitFor(/of 60000 samples/, { from });
    await tab.page.evaluate(() => (window as unknown as FakePort).unplug());
    const rest = await tab.waitFor(/digest/, { from });
    expect(rest).toMatch(/has taken over; what it draws is labelled "emulated"/);
    expect(rest).toMatch(/drawn by +emulated sampling unit \(emulated\)/);
    expect(rest).toMatch(/samples +60000 of/);
    expect(await tab.command("tsu list", /usb:/)).not.toMatch(/test bench/);
    expect(tab.errors).toEqual([]);
  });

  it("draws a block's energy sample on a connected device, and unplugging it in the middle costs nothing but time", async () => {
    let runs = 0;
    let unplug: (() => Promise<void>) | null = null;
    const tab = await pageWith(async (device) => {
      const sampler = await emulated();
      const bench: Sampler = {
        ...sampler,
        describe: () => ({ ...sampler.describe(), name: "test bench" }),
        sample: async function* (schedule) {
          // Blocks' searches draw one sample a run. The plug is pulled in the middle of one.
          if (schedule.samples === 1) runs++;
          if (schedule.samples === 1 && unplug !== null) await unplug();
          yield* sampler.sample(schedule);
        },
      };
      serveDevice(device, bench, systemClock);
    });
    await makeIdentity(tab);
    expect(await tab.command("tsu connect serial", /energy samples\./)).toMatch(/passed its first test/);
    await tab.command("role produce on", /verify +on/);
    await tab.page.getByRole("button", { name: "Activity" }).click();
    const drawnBy = (unit: string) => tab.page.getByText(`its sample was drawn by ${unit} (emulated)`).waitFor();
    await drawnBy("test bench");
    expect(runs).toBeGreaterThan(0);

    unplug = () => tab.page.evaluate(() => (window as unknown as FakePort).unplug());
    // Begins the next block's work anew.
    await tab.command("role produce off", /verify +on/);
    await tab.command("role produce on", /verify +on/);
    await drawnBy("emulated sampling unit");
    const told = await tab.transcript();
    expect(told.match(/The emulated sampling unit has taken over/g)).toHaveLength(1);
    expect(told).not.toMatch(/No block can be made/);
    expect(tab.errors).toEqual([]);
  });

  it("says what is wrong with a device that talks nonsense, and goes on without it", async () => {
    const tab = await pageWith((device) => {
      const writer = device.writable.getWriter();
      void (async () => {
        for await (const _ of device.readable as unknown as AsyncIterable<Uint8Array>) {
          await writer.write(new TextEncoder().encode("ok> "));
        }
      })().catch(() => undefined);
    });
    expect(await tab.command("tsu connect serial", /no sampling unit/)).toMatch(/bytes that are no frames of ours/);
    expect((await tab.json<{ emulated: boolean }>("tsu sample --samples 10")).emulated).toBe(true);
    expect(tab.errors).toEqual([]);
  });
});
