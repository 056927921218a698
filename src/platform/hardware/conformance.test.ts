import { beforeAll, describe, expect, it } from "vitest";
import type { Sampler } from "#node/ports.ts";
import { encodeFrame, type Frame, FrameDecoder } from "#protocol/hardware/frame.ts";
import { accepted } from "#protocol/result.ts";
import { systemClock, systemEntropy } from "../node/system.ts";
import { createEmulatedSampler } from "../wasm/emulated-sampler.ts";
import { createSamplerKernel, type SamplerKernel } from "../wasm/sampler-kernel.ts";
import { type ByteStream, streamPair } from "./byte-stream.ts";
import { runConformance } from "./conformance.ts";
import { serveDevice } from "./device-endpoint.ts";

let kernels: SamplerKernel[] = [];
beforeAll(async () => {
  kernels = await Promise.all(Array.from({ length: 40 }, () => createSamplerKernel()));
});

function emulated(): Sampler {
  return createEmulatedSampler({
    kernel: kernels.pop() as SamplerKernel,
    entropy: systemEntropy,
    pause: () => new Promise((resolve) => systemClock.schedule(0, () => resolve())),
  });
}

/** The reference device, with its frames and its sampler changed on the way. */
function device(changeFrame: (frame: Frame) => Frame | null = (frame) => frame, sampler = emulated()): ByteStream {
  const [host, middle] = streamPair("host");
  const [far, end] = streamPair("device");
  const decoder = new FrameDecoder();
  const changing = new TransformStream<Uint8Array, Uint8Array>({
    transform: (bytes, controller) => {
      for (const frame of decoder.push(bytes)) {
        const changed = frame.ok ? changeFrame(frame.value) : null;
        if (changed !== null) controller.enqueue(encodeFrame(changed));
      }
    },
  });
  void middle.readable.pipeTo(far.writable).catch(() => undefined);
  void far.readable
    .pipeThrough(changing)
    .pipeTo(middle.writable)
    .catch(() => undefined);
  serveDevice(end, sampler, systemClock);
  return host;
}

const run = (stream: ByteStream, only = "") => runConformance({ stream, clock: systemClock, only });

describe("the conformance suite", () => {
  it("passes the reference device", async () => {
    const results = await run(device());
    expect(results.filter((result) => !result.passed)).toEqual([]);
    expect(results.length).toBe(20);
  });

  it("passes a reference device that says it is hardware: it refuses seeds", async () => {
    const inner = emulated();
    const hardware = { ...inner, describe: () => ({ ...inner.describe(), emulated: false }) };
    const results = await run(device(undefined, hardware), "seed");
    expect(results).toMatchObject([{ passed: true }]);
  });

  /** A sampler whose packed samples are changed. */
  const changed = (change: (byte: number, place: number) => number): Sampler => {
    const inner = emulated();
    return {
      ...inner,
      sample: async function* (schedule) {
        for await (const block of inner.sample(schedule)) {
          yield block.ok ? accepted({ ...block.value, spins: block.value.spins.map(change) }) : block;
        }
      },
    };
  };
  it.each([
    ["turns its spins over", () => changed((byte) => byte ^ 1), "one spin", /β = 1, h = 0.5/],
    [
      "sets bits beyond the last spin",
      () => changed((byte) => byte | 0x80),
      "free spins",
      /beyond the last spin|free spins/,
    ],
    ["always gives the same", () => changed(() => 0), "free spins", /same samples/],
    [
      "samples at half of β",
      () => {
        const inner = emulated();
        return {
          ...inner,
          program: (it: Parameters<Sampler["program"]>[0]) => inner.program({ ...it, beta: it.beta / 2 }),
        };
      },
      "two spins",
      /J = 0.5/,
    ],
    [
      "draws with one seed for ever",
      () => {
        const inner = emulated();
        return { ...inner, sample: (it: Parameters<Sampler["sample"]>[0]) => inner.sample({ ...it, seed: 1n }) };
      },
      "free spins",
      /same samples/,
    ],
  ] as [string, () => Sampler, string, RegExp][])("finds a device that %s", async (_name, sampler, only, words) => {
    const [result] = await run(device(undefined, sampler()), only);
    expect(result?.passed).toBe(false);
    expect(result?.detail).toMatch(words);
  });

  it.each([
    [
      "greets with another session",
      "greets within",
      (frame: Frame): Frame =>
        frame.message.type === "welcome" ? { ...frame, message: { ...frame.message, session: 0 } } : frame,
      /welcome/,
    ],
    [
      "grants no credit",
      "grants credit",
      (frame: Frame): Frame => ({ ...frame, limit: Math.min(frame.limit, 8) }),
      /no credit/,
    ],
    [
      "numbers its frames wrongly",
      "begins a new",
      (frame: Frame): Frame => (frame.message.type === "welcome" ? frame : { ...frame, sequence: frame.sequence + 1 }),
      /out of sequence/,
    ],
    [
      "loses a block",
      "keeps to the credit",
      (frame: Frame): Frame | null => (frame.message.type === "block" && frame.message.first === 2_048 ? null : frame),
      /out of sequence/,
    ],
    [
      "miscounts its samples",
      "keeps to the credit",
      (frame: Frame): Frame =>
        frame.message.type === "block" ? { ...frame, message: { ...frame.message, first: 0 } } : frame,
      /begins with sample 0/,
    ],
    [
      "takes any instance",
      "refuses instances",
      (frame: Frame): Frame =>
        frame.message.type === "refuse"
          ? { ...frame, message: { type: "done", request: frame.message.request } }
          : frame,
      /refuse should have come; it was a done/,
    ],
    [
      "takes another run for its own",
      "one run at a time",
      (frame: Frame): Frame =>
        frame.message.type === "refuse" ? { ...frame, message: { ...frame.message, code: 0 } } : frame,
      /busy/,
    ],
    [
      "does not say that it works",
      "says that it works",
      (frame: Frame): Frame | null => (frame.message.type === "working" ? null : frame),
      /sign of work/,
    ],
    [
      "never stops",
      "stops when told",
      (frame: Frame): Frame | null => (frame.message.type === "done" && frame.message.request > 1 ? null : frame),
      /silence|sequence/,
    ],
  ] as [string, string, (frame: Frame) => Frame | null, RegExp][])(
    "finds a device that %s",
    async (_name, only, change, words) => {
      const [result] = await run(device(change), only);
      expect(result?.passed).toBe(false);
      expect(result?.detail).toMatch(words);
    },
  );

  it("tells of a connection that ends, in every case", async () => {
    const [host, end] = streamPair("cut");
    await end.writable.close();
    const results = await run(host, "session");
    expect(results.length).toBeGreaterThan(1);
    expect(results.every((result) => !result.passed)).toBe(true);
  });
});
