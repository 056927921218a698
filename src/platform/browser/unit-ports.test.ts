/** The emulated unit of a tab that makes blocks: its thread may die, and blocks must go on. */
import { describe, expect, it } from "vitest";
import { energyInstance } from "#protocol/consensus/energy-instance.ts";
import { energyIsing } from "#protocol/consensus/energy-ising.ts";
import { createEmulatedSampler } from "../wasm/emulated-sampler.ts";
import { createSamplerKernel } from "../wasm/sampler-kernel.ts";
import { exposeSampler } from "./sampler-bridge.ts";
import { emulatedUnitOnDemand } from "./unit-ports.ts";

const kernel = await createSamplerKernel();
const instance = energyIsing(energyInstance(new Uint8Array(32), 0), 65_536);

/** A worker in this process: a channel whose far end serves a unit, unless its script does not load. */
class LocalWorker extends EventTarget {
  private readonly channel = new MessageChannel();

  constructor(loads: boolean) {
    super();
    const { port1, port2 } = this.channel;
    port1.addEventListener("message", ({ data }) => this.dispatchEvent(new MessageEvent("message", { data })));
    port1.start();
    const entropy = { bytes: (length: number) => new Uint8Array(length) };
    const unit = createEmulatedSampler({ kernel, entropy, pause: () => Promise.resolve() });
    if (loads) exposeSampler(Promise.resolve(unit), port2);
    else queueMicrotask(() => this.die());
  }

  die(): void {
    this.dispatchEvent(Object.assign(new Event("error"), { message: "out of memory" }));
  }

  postMessage(message: unknown): void {
    this.channel.port1.postMessage(message);
  }

  terminate(): void {
    this.channel.port1.close();
  }
}

describe("an emulated unit on demand", () => {
  it.each([
    ["whose script did not load", false],
    ["that died in its work", true],
  ])("gets a new thread in the place of one %s", async (_name, loads) => {
    const spawned: LocalWorker[] = [];
    const unit = emulatedUnitOnDemand(() => {
      const worker = new LocalWorker(loads || spawned.length > 0);
      spawned.push(worker);
      return worker as unknown as Worker;
    });
    const first = await unit.program(instance);
    expect(first.ok).toBe(loads);
    if (loads) {
      spawned[0]?.die();
      expect(await unit.program(instance)).toMatchObject({ ok: false, code: "disconnected" });
    }
    expect(await unit.program(instance)).toMatchObject({ ok: true });
    expect(spawned).toHaveLength(2);
    await unit.close();
    for (const worker of spawned) worker.terminate();
  });
});
