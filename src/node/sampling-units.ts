/**
 * The sampling units of this device: one emulated unit that is always there, one plugged-in device at most, and who of
 * them draws. One piece of work at a time.
 * @module
 */
import { concatBytes, fromBigEndian, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { energyEdges, energyInstance, energyOf, energySpins } from "#protocol/consensus/energy-instance.ts";
import { energyIsing } from "#protocol/consensus/energy-ising.ts";
import { fixedPointOne, type SamplingSchedule, samplesOf } from "#protocol/hardware/ising.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type {
  ConnectedUnit,
  SampleProgress,
  SampleReport,
  SampleRequest,
  SamplingUnits,
  TransportView,
  UnitHealth,
  UnitTransport,
  UnitView,
} from "#sdk/units.ts";
import { createFailoverSampler } from "./failover-sampler.ts";
import { HardwareEntropy } from "./hardware-entropy.ts";
import { type LentUnit, lendUnit } from "./lent-unit.ts";
import type { Clock, DeviceSampler, Entropy, Sampler } from "./ports.ts";

/** Samples one `tsu sample` may ask for: their digest is made at once. */
export const mostSamples = 65_536;

/** β at which a run shows what the unit does: cool enough for the bar, warm enough to move on from sample to sample. */
const beta = fixedPointOne;

const annealed: Omit<SamplingSchedule, "samples" | "seed"> = {
  warmUpSteps: 256,
  warmUpBeta: fixedPointOne / 4,
  stepsPerSample: 4,
};

/** What the units need of the platform. */
export interface SamplingUnitsParts {
  /** Starts an emulated unit. */
  createEmulated(): Promise<Result<Sampler>>;
  readonly transports: readonly TransportView[];
  /** Lets the user choose a device and opens it. */
  open(transport: UnitTransport): Promise<Result<DeviceSampler>>;
  readonly clock: Pick<Clock, "nowMs">;
  readonly entropy: Entropy;
  readonly parameters: Pick<NetworkParameters, "energy">;
  /** Lends a unit to block making, or takes back the one that was lent; absent: nobody borrows. */
  lend?(unit: Sampler | null): void;
}

interface Plugged {
  readonly sampler: Sampler;
  readonly transport: UnitTransport;
  /** Its stand-in has taken over: it is let go before the next piece of work. */
  failed: boolean;
  /** As block making uses it; null while it is not lent. */
  lent: LentUnit | null;
  /** Whether it is fit for that. */
  forBlocks: boolean;
}

const failedTest = rejected("bad-sample", "The device failed in its first test; the built-in emulated unit goes on.");

/** The service behind `tsu`. */
export class SamplingUnitService implements SamplingUnits {
  private readonly parts: SamplingUnitsParts;
  private emulated: Promise<Result<Sampler>> | null = null;
  private device: Plugged | null = null;
  private readonly listeners = new Set<(message: string) => void>();
  private working = false;

  constructor(parts: SamplingUnitsParts) {
    this.parts = parts;
  }

  async list(): ReturnType<SamplingUnits["list"]> {
    const emulated = await this.startEmulated();
    if (!emulated.ok) return emulated;
    const device = this.device?.failed === true ? null : this.device;
    const units = [view(emulated.value, null, device === null)];
    if (device !== null) units.push(view(device.sampler, device.transport, true));
    return accepted({ units, transports: this.parts.transports });
  }

  async connect(transport: UnitTransport): Promise<Result<ConnectedUnit>> {
    const missing = this.parts.transports.find((one) => one.transport === transport)?.missing;
    if (missing === undefined || missing !== "") return rejected("invalid-argument", missing ?? "No such transport.");
    // The device is asked for first: the browser grants it only right after a key press.
    const opened = await this.parts.open(transport);
    if (!opened.ok) return opened;
    // The stand-in is a unit of its own, so that the device's failure cannot meet it in the middle of other work.
    const emulated = await this.parts.createEmulated();
    if (!emulated.ok) return emulated;
    await this.takeBack();
    await this.device?.sampler.close();
    const sampler = createFailoverSampler({
      device: opened.value,
      emulated: emulated.value,
      onTakeover: (reason) => {
        plugged.failed = true;
        void this.takeBack();
        this.notify(reason.message);
      },
    });
    const plugged: Plugged = { sampler, transport, failed: false, lent: null, forBlocks: false };
    this.device = plugged;
    const connected = view(sampler, transport, true);
    const notForBlocks = await this.alone(() => this.test(sampler));
    if (!notForBlocks.ok) return notForBlocks;
    if (plugged.failed) return failedTest;
    plugged.forBlocks = notForBlocks.value === "";
    this.lend();
    return accepted({ ...connected, notForBlocks: notForBlocks.value });
  }

  async disconnect(): Promise<Result<null>> {
    if (this.device === null) return rejected("not-found", "No device is connected; the emulated unit draws already.");
    const { sampler } = this.device;
    await this.takeBack();
    this.device = null;
    await sampler.close();
    return accepted(null);
  }

  sample(
    request: SampleRequest,
    stopped: Promise<void>,
    onProgress: (progress: SampleProgress) => void,
  ): Promise<Result<SampleReport>> {
    return this.alone((sampler) => this.draw(sampler, request, stopped, onProgress));
  }

  health(): Promise<Result<UnitHealth>> {
    return this.alone(async (sampler) => {
      const tests = new HardwareEntropy(sampler, this.parts.entropy, (reason) =>
        this.notify(
          `The sampling unit is not used for randomness any more: ${reason} The browser's own goes on alone.`,
        ),
      );
      await tests.startUp();
      const health = await sampler.health();
      if (!health.ok) return health;
      const { goodSpins, spins, reason } = tests.state();
      const { name, emulated } = sampler.describe();
      return accepted({ unit: name, emulated, ...health.value, goodSpins, testedSpins: spins, takenOut: reason });
    });
  }

  onNotice(listener: (message: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async draw(
    sampler: Sampler,
    { samples, seed }: SampleRequest,
    stopped: Promise<void>,
    onProgress: (progress: SampleProgress) => void,
  ): Promise<Result<SampleReport>> {
    if (!Number.isInteger(samples) || samples < 1 || samples > mostSamples) {
      return rejected("invalid-argument", `Ask for 1 to ${mostSamples} samples.`);
    }
    const key = seed === null ? this.parts.entropy.bytes(32) : sha256(utf8ToBytes(seed));
    const instance = energyInstance(key, 0);
    const loaded = await sampler.program(energyIsing(instance, beta));
    if (!loaded.ok) return loaded;
    let over = false;
    void stopped.then(() => {
      over = true;
    });
    const energies: number[] = [];
    const drawn: Uint8Array[] = [];
    const startedMs = this.parts.clock.nowMs();
    const repeatable = seed !== null && sampler.describe().emulated;
    const schedule = { ...annealed, samples, seed: repeatable ? fromBigEndian(key.subarray(0, 8)) : null };
    for await (const block of sampler.sample(schedule)) {
      if (!block.ok) return block;
      drawn.push(block.value.spins);
      for (const spins of samplesOf(block.value, energySpins)) energies.push(energyOf(instance, spins));
      if (over) return rejected("cancelled", `Stopped after ${energies.length} of ${samples} samples.`);
      onProgress({ samples: energies.length, of: samples });
    }
    const { bar } = this.parts.parameters.energy;
    const { name, emulated } = sampler.describe();
    return accepted({
      unit: name,
      emulated,
      spins: energySpins,
      samples: energies.length,
      lowestEnergy: energies.reduce((lowest, energy) => Math.min(lowest, energy), Number.POSITIVE_INFINITY),
      meanEnergy: energies.reduce((sum, energy) => sum + energy, 0) / energies.length,
      bar,
      belowBar: energies.filter((energy) => energy <= bar).length,
      digest: sha256(concatBytes(...drawn)),
      elapsedMs: this.parts.clock.nowMs() - startedMs,
    });
  }

  /** One piece of work on the active unit; a second at the same time is refused, it would spoil the first. */
  private async alone<T>(work: (sampler: Sampler) => Promise<Result<T>>): Promise<Result<T>> {
    if (this.working) return rejected("rate-limited", "The sampling unit is busy; wait for it or stop it with Ctrl-C.");
    this.working = true;
    try {
      await this.takeBack();
      if (this.device?.failed === true) await this.disconnect();
      if (this.device !== null) return await work(this.device.sampler);
      const emulated = await this.startEmulated();
      return emulated.ok ? await work(emulated.value) : emulated;
    } finally {
      this.working = false;
      this.lend();
    }
  }

  /** Why samples of blocks cannot be drawn on a unit; empty when they can. */
  private async test(sampler: Sampler): Promise<Result<string>> {
    const { spins, edges } = sampler.describe();
    if (spins < energySpins || edges < energyEdges)
      return accepted(
        `it has ${spins} spins and ${edges} couplings, a block's sample takes ${energySpins} and ${energyEdges}`,
      );
    const tests = new HardwareEntropy(sampler, this.parts.entropy, () => undefined);
    const tested = await tests.startUp();
    return accepted(tested.ok ? "" : tested.message);
  }

  /** A device that is fit and free draws for blocks. */
  private lend(): void {
    const { device } = this;
    if (device === null || device.failed || !device.forBlocks || device.lent !== null || this.working) return;
    device.lent = lendUnit(device.sampler, () => device.failed);
    this.parts.lend?.(device.lent);
  }

  private async takeBack(): Promise<void> {
    const lent = this.device?.lent ?? null;
    if (this.device === null || lent === null) return;
    this.device.lent = null;
    this.parts.lend?.(null);
    await lent.takeBack();
  }

  private startEmulated(): Promise<Result<Sampler>> {
    this.emulated ??= this.parts.createEmulated();
    return this.emulated;
  }

  private notify(message: string): void {
    for (const listener of [...this.listeners]) listener(message);
  }
}

function view(sampler: Sampler, transport: UnitTransport | null, active: boolean): UnitView {
  return { ...sampler.describe(), transport, active };
}
