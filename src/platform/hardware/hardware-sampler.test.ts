import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createFailoverSampler } from "#node/failover-sampler.ts";
import type { Clock, DeviceSampler, Sampler } from "#node/ports.ts";
import { energyInstance } from "#protocol/consensus/energy-instance.ts";
import { energyIsing } from "#protocol/consensus/energy-ising.ts";
import { encodeFrame, FrameDecoder } from "#protocol/hardware/frame.ts";
import { fixedPointOne, type IsingInstance, type SamplingSchedule, type SpinBlock } from "#protocol/hardware/ising.ts";
import type { HardwareMessage } from "#protocol/hardware/messages.ts";
import type { Result } from "#protocol/result.ts";
import { systemClock, systemEntropy } from "../node/system.ts";
import { createEmulatedSampler } from "../wasm/emulated-sampler.ts";
import { createSamplerKernel } from "../wasm/sampler-kernel.ts";
import { type ByteStream, streamPair } from "./byte-stream.ts";
import { serveDevice } from "./device-endpoint.ts";
import { openHardwareSampler } from "./hardware-sampler.ts";

const torus = energyIsing(energyInstance(new Uint8Array(32), 0), fixedPointOne);
const schedule: SamplingSchedule = { warmUpSteps: 4, warmUpBeta: null, samples: 1_000, stepsPerSample: 1, seed: 3n };
const patience = { helloMs: 60, answerMs: 250 };
let nextSession = 0;
const newSession = (): number => ++nextSession;

let emulated: () => Sampler;
beforeAll(async () => {
  const kernels = await Promise.all(Array.from({ length: 40 }, () => createSamplerKernel()));
  emulated = () =>
    createEmulatedSampler({
      kernel: kernels.pop() as Awaited<ReturnType<typeof createSamplerKernel>>,
      entropy: systemEntropy,
      pause: () => new Promise((resolve) => systemClock.schedule(0, () => resolve())),
    });
});

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** Changes what passes: gives the bytes to pass on; null ends the stream. */
type Meddler = (bytes: Uint8Array) => Uint8Array | null;
const honest: Meddler = (bytes) => bytes;

/** A connection to an emulated device with somebody on the line. */
function line(toDevice: Meddler, toHost: Meddler, clock: Clock = systemClock): ByteStream {
  const [host, middleHost] = streamPair("host");
  const [middleDevice, device] = streamPair("device");
  const pass = (meddler: Meddler) =>
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (bytes, controller) => {
        const passed = meddler(bytes);
        if (passed === null) controller.terminate();
        else if (passed.length > 0) controller.enqueue(passed);
      },
    });
  void middleHost.readable
    .pipeThrough(pass(toDevice))
    .pipeTo(middleDevice.writable)
    .catch(() => undefined);
  void middleDevice.readable
    .pipeThrough(pass(toHost))
    .pipeTo(middleHost.writable)
    .catch(() => undefined);
  endings.push(serveDevice(device, emulated(), clock));
  return host;
}

async function open(stream: ByteStream): Promise<DeviceSampler> {
  const opened = await openHardwareSampler({ stream, clock: systemClock, newSession, patience });
  if (!opened.ok) throw new Error(opened.message);
  endings.push(() => opened.value.close());
  return opened.value;
}

async function drawn(sampler: Sampler, wanted = schedule): Promise<{ spins: number[]; samples: number; last: string }> {
  const spins: number[] = [];
  let samples = 0;
  let last = "";
  for await (const block of sampler.sample(wanted)) {
    last = block.ok ? "" : block.code;
    if (!block.ok) continue;
    samples += block.value.samples;
    spins.push(...block.value.spins);
  }
  return { spins, samples, last };
}

describe("a device over a byte stream", () => {
  it("does everything the emulated device does, with the same samples", async () => {
    const [near, far] = [emulated(), await open(line(honest, honest))];
    expect(far.describe()).toEqual(near.describe());
    for (const device of [near, far]) expect(await device.program(torus)).toMatchObject({ ok: true });
    const [expected, got] = [await drawn(near), await drawn(far)];
    expect(got.samples).toBe(1_000);
    expect(got).toEqual(expected);
    expect(await far.health()).toMatchObject({ value: { good: true, samples: 1_000, microjoules: null } });
    expect(await far.program({ ...torus, spins: 3 })).toMatchObject({ code: "invalid-argument" });
  });

  it("stops when the reader stops, answers about its health in the middle of a run, and a new run replaces an old one", async () => {
    const device = await open(line(honest, honest));
    await device.program(torus);
    let blocks = 0;
    for await (const block of device.sample({ ...schedule, samples: 1_000_000 })) {
      expect(block.ok).toBe(true);
      if (++blocks === 3) expect(await device.health()).toMatchObject({ value: { good: true } });
      if (blocks === 5) break;
    }
    expect((await drawn(device)).samples).toBe(1_000);
    const health = await device.health();
    // It was held back by credit and stopped: a million samples were never drawn.
    expect(health.ok && health.value.samples).toBeLessThan(10_000);
  });

  it("loses no sample and invents none when pieces on the line are damaged in load and run", async () => {
    const expected = emulated();
    await expected.program(torus);
    for (const [side, places] of [
      ["to the device", [4, 14]],
      ["to the host", [2, 20, 45]],
    ] as const) {
      let pieces = 0;
      const damage: Meddler = (bytes) => {
        if (!(places as readonly number[]).includes(++pieces)) return bytes;
        const damaged = bytes.slice();
        damaged[damaged.length >> 1] = (damaged[damaged.length >> 1] as number) ^ 0x10;
        return damaged;
      };
      const device = await open(side === "to the device" ? line(damage, honest) : line(honest, damage));
      expect(await device.program(torus)).toMatchObject({ ok: true });
      expect(await drawn(device)).toEqual(await drawn(expected));
      expect(pieces).toBeGreaterThan(places.at(-1) as number);
    }
  });
});

/** A device that a test plays message by message. */
function played(answer: (message: HardwareMessage) => HardwareMessage | Uint8Array | null): ByteStream {
  const [host, device] = streamPair("played");
  const writer = device.writable.getWriter();
  let sequence = 0;
  void (async () => {
    const decoder = new FrameDecoder();
    for await (const bytes of device.readable as unknown as AsyncIterable<Uint8Array>) {
      for (const frame of decoder.push(bytes)) {
        if (!frame.ok) continue;
        const { message } = frame.value;
        if (message.type === "hello") sequence = 0;
        const reply = answer(message);
        if (reply === null) continue;
        const counted = !(reply instanceof Uint8Array) && reply.type !== "welcome";
        void writer.write(
          reply instanceof Uint8Array ? reply : encodeFrame({ sequence, limit: 1_000, message: reply }),
        );
        if (counted) sequence++;
      }
    }
  })().catch(() => undefined);
  return host;
}

function welcome(hello: HardwareMessage, version = 1): HardwareMessage {
  const session = hello.type === "hello" ? hello.session : 0;
  return {
    type: "welcome",
    version,
    session,
    name: "X",
    spins: 256,
    edges: 512,
    topology: "any",
    emulated: 0,
    firmware: "0",
  };
}

describe("a bad device", () => {
  const opened = (stream: ByteStream) => openHardwareSampler({ stream, clock: systemClock, newSession, patience });

  it.each([
    ["silent", () => played(() => null), "timeout", /silent.*switched on/],
    ["something else", () => played(() => new TextEncoder().encode("OK\r\n")), "bad-response", /no sampling unit/],
    ["newer than this app", () => played((hello) => welcome(hello, 9)), "unknown-version", /version 9/],
    [
      "another session's",
      () => played(() => welcome({ type: "hello", oldest: 1, newest: 1, session: 999_999 })),
      "bad-response",
      /no sampling unit/,
    ],
  ] as const)("is refused with clear words when it is %s", async (_name, stream, code, words) => {
    const outcome = await opened(stream());
    expect(outcome).toMatchObject({ ok: false, code });
    expect(!outcome.ok && outcome.message).toMatch(words);
  });

  it("is refused when it is unplugged before it says a word", async () => {
    const [host, device] = streamPair("unplugged");
    await device.writable.close();
    expect(await opened(host)).toMatchObject({ code: "disconnected", message: expect.stringMatching(/unplugged/) });
  });

  const block = (part: object): HardwareMessage =>
    ({ type: "block", request: 2, first: 0, samples: 1, spins: new Uint8Array(32), ...part }) as HardwareMessage;
  it.each([
    ["of the wrong length", block({ spins: new Uint8Array(31) })],
    ["of samples that come later", block({ first: 1 })],
    ["of more samples than were asked for", block({ samples: 11, spins: new Uint8Array(352) })],
    ["that is no block", { type: "report", request: 2, good: 1, detail: "", samples: 1, microjoules: null }],
    ["that is none, ending the run early", { type: "done", request: 2 }],
  ] as [string, HardwareMessage][])("is given up after three tries when it sends a block %s", async (_name, bad) => {
    let runs = 0;
    const device = await open(
      played((message) => {
        if (message.type === "hello") return welcome(message);
        if (message.type === "part" && message.offset >= 4_096) return { type: "done", request: message.request };
        if (message.type !== "sample") return null;
        runs++;
        return { ...bad, request: message.request } as HardwareMessage;
      }),
    );
    expect(await device.program(torus)).toMatchObject({ ok: true });
    expect(await drawn(device, { ...schedule, samples: 10 })).toEqual({ spins: [], samples: 0, last: "bad-response" });
    expect(runs).toBe(3);
  });
});

describe("the emulator takes over", () => {
  /** A device that fails after some bytes towards the host, and everything behind it. */
  async function failing(meddler: Meddler) {
    const notices: string[] = [];
    const device = await open(line(honest, meddler));
    const sampler = createFailoverSampler({
      device: labelled(device),
      emulated: emulated(),
      onTakeover: (reason) => notices.push(reason.message),
    });
    return { sampler, notices };
  }

  /** The same device under the name of a real one, so that the label can be seen to change. */
  function labelled(device: DeviceSampler): DeviceSampler {
    return {
      ended: device.ended,
      describe: () => ({ ...device.describe(), name: "real", emulated: false }),
      program: (instance: IsingInstance) => device.program(instance),
      sample: (wanted: SamplingSchedule): AsyncIterable<Result<SpinBlock>> => device.sample(wanted),
      health: () => device.health(),
      close: () => device.close(),
    };
  }

  it.each([
    ["unplugged", (bytes: Uint8Array, seen: number) => (seen > 10_000 ? null : bytes), /unplugged|gone/],
    [
      "stuck",
      (bytes: Uint8Array, seen: number) => (seen > 10_000 ? new Uint8Array() : bytes),
      /stopped answering|silent/,
    ],
    [
      "babbling",
      (bytes: Uint8Array, seen: number) => (seen > 10_000 ? bytes.map((byte, i) => byte ^ (i % 7)) : bytes),
      /does not arrive whole/,
    ],
  ])("in the middle of a run when the device is %s, and says so once", async (_name, meddle, words) => {
    let seen = 0;
    const { sampler, notices } = await failing((bytes) => {
      seen += bytes.length;
      return meddle(bytes, seen);
    });
    expect(await sampler.program(torus)).toMatchObject({ ok: true });
    expect(sampler.describe()).toMatchObject({ name: "real", emulated: false });
    expect(await drawn(sampler)).toMatchObject({ samples: 1_000, last: "" });
    expect(sampler.describe()).toMatchObject({ emulated: true });
    expect((await drawn(sampler)).samples).toBe(1_000);
    expect(await sampler.health()).toMatchObject({ ok: true });
    expect(notices.length).toBe(1);
    expect(notices[0]).toMatch(words);
    expect(notices[0]).toMatch(/emulated sampling unit has taken over/);
  });

  it("when an idle device is unplugged, and not when we close it", async () => {
    let plugged = true;
    const { sampler, notices } = await failing((bytes) => (plugged ? bytes : null));
    plugged = false;
    // The next bytes find the plug out: nobody waits for them.
    const health = await sampler.health();
    expect(health).toMatchObject({ ok: true });
    expect([notices.length, sampler.describe().emulated]).toEqual([1, true]);
    const other = await failing(honest);
    await other.sampler.close();
    expect(other.notices).toEqual([]);
  });

  it("not for what the asker did wrong", async () => {
    const { sampler, notices } = await failing(honest);
    expect(await sampler.program({ ...torus, spins: 0 })).toMatchObject({ code: "invalid-argument" });
    await sampler.program(torus);
    expect((await drawn(sampler, { ...schedule, samples: 0 })).last).toBe("invalid-argument");
    expect([notices, sampler.describe().emulated]).toEqual([[], false]);
  });
});
