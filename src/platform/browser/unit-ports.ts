/**
 * What the sampling units of a page stand on: which transports this browser has, how a device is opened, and emulated
 * units on threads of their own.
 * @module
 */
import type { BlockSampler, DeviceSampler, Sampler } from "#node/ports.ts";
import { type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { TransportView, UnitTransport } from "#sdk/units.ts";
import { openHardwareSampler } from "../hardware/hardware-sampler.ts";
import { emulatedDescription } from "../wasm/emulated-sampler.ts";
import { remoteSampler } from "./sampler-bridge.ts";
import { browserClock } from "./system.ts";
import { openSerial, type Serial } from "./web-serial.ts";
import { openUsb, type Usb } from "./web-usb.ts";

/** What a page's `navigator` may offer. */
export interface Buses {
  readonly serial?: Serial;
  readonly usb?: Usb;
}

/** What this page's does. */
export function pageBuses(): Buses {
  return navigator as Navigator & Buses;
}

const missing = (name: string): string =>
  `this browser does not offer ${name} here (Chromium on a desktop does, over HTTPS or on localhost)`;

/** The ways of plugging a device in. */
export function pageTransports(buses: Buses): readonly TransportView[] {
  return [
    { transport: "serial", missing: buses.serial === undefined ? missing("Web Serial") : "" },
    { transport: "usb", missing: buses.usb === undefined ? missing("WebUSB") : "" },
  ];
}

/** Opens a device of the user's choice. */
export async function openUnit(buses: Buses, transport: UnitTransport): Promise<Result<DeviceSampler>> {
  const { serial, usb } = buses;
  const wanted = transport === "serial" ? serial && openSerial(serial) : usb && openUsb(usb);
  if (wanted === undefined) return rejected("unsupported-protocol", missing(transport));
  const stream = await wanted;
  if (!stream.ok) return stream;
  const newSession = (): number => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  return openHardwareSampler({ stream: stream.value, clock: browserClock, newSession });
}

/** An emulated unit on a thread of its own. The thread ends with the unit. */
export function emulatedUnit(worker: Worker): Promise<Result<Sampler>> {
  return startUnit(worker).unit;
}

/** A unit that is being started, and a way to end it at once whatever it is doing: what is open is then refused. */
interface StartedUnit {
  readonly unit: Promise<Result<Sampler>>;
  end(): void;
}

function startUnit(worker: Worker): StartedUnit {
  const remote = remoteSampler(worker);
  let lose: (refusal: Rejected) => void = () => undefined;
  const lost = new Promise<Rejected>((resolve) => {
    lose = (refusal) => {
      void remote.then((unit) => unit.ok && unit.value.lost(refusal));
      resolve(refusal);
    };
  });
  worker.addEventListener("error", (event) =>
    lose(rejected("disconnected", `The emulated sampling unit failed: ${event.message || "no script"}`)),
  );
  const start = async (): Promise<Result<Sampler>> => {
    const unit = await Promise.race([remote, lost]);
    if (!unit.ok) {
      worker.terminate();
      return unit;
    }
    const close = async (): Promise<void> => {
      await unit.value.close();
      worker.terminate();
    };
    return { ok: true, value: { ...unit.value, close } };
  };
  const end = (): void => {
    lose(released);
    worker.terminate();
  };
  return { unit: start(), end };
}

const released = rejected("cancelled", "The emulated sampling unit was let go; nothing that needs it goes on.");

/**
 * An emulated unit whose thread starts with the first work it gets: a tab that makes no blocks never pays for it. A thread
 * that dies costs the call it dies in; the next one starts another.
 */
export function emulatedUnitOnDemand(spawn: () => Worker): BlockSampler {
  let started: StartedUnit | null = null;
  const unit = (): Promise<Result<Sampler>> => {
    started ??= startUnit(spawn());
    return started.unit;
  };
  /** Passes on what a unit answered; one whose thread is gone is not asked again. */
  const heard = <T>(asked: Promise<Result<Sampler>>, answer: Result<T>): Result<T> => {
    if (!answer.ok && answer.code === "disconnected" && started?.unit === asked) {
      started = null;
      void asked.then((gone) => (gone.ok ? gone.value.close() : undefined));
    }
    return answer;
  };
  const use = async <T>(ask: (sampler: Sampler) => Promise<Result<T>>): Promise<Result<T>> => {
    const asked = unit();
    const ready = await asked;
    return heard(asked, ready.ok ? await ask(ready.value) : ready);
  };
  return {
    describe: () => emulatedDescription,
    program: (instance) => use((sampler) => sampler.program(instance)),
    async *sample(schedule) {
      const asked = unit();
      const ready = await asked;
      if (!ready.ok) return yield heard(asked, ready);
      for await (const block of ready.value.sample(schedule)) yield heard(asked, block);
    },
    health: () => use((sampler) => sampler.health()),
    close: async () => {
      const ready = await started?.unit;
      if (ready?.ok) await ready.value.close();
    },
    release: () => {
      started?.end();
      started = null;
    },
  };
}
