import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { concatBytes, toHex } from "#protocol/codec/bytes.ts";
import { HealthTester, proportionCutOff, repetitionCutOff, startUpSamples } from "#protocol/hardware/health-tests.ts";
import type { SpinBlock } from "#protocol/hardware/ising.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { Random } from "#testing/random.ts";
import { createEmulatedSampler, emulatedDescription } from "../platform/wasm/emulated-sampler.ts";
import { createSamplerKernel } from "../platform/wasm/sampler-kernel.ts";
import { HardwareEntropy } from "./hardware-entropy.ts";
import type { Entropy, Sampler } from "./ports.ts";

const zeros: Entropy = { bytes: (length) => new Uint8Array(length) };

describe("cut-offs of SP 800-90B", () => {
  it.each([
    [1, 1_024, 21, 589],
    [0.5, 1_024, 41, 793],
    [0.5, 512, 41, 410],
    [8, 512, 4, 13],
  ])("for H = %s and W = %s", (entropyBits, window, repetitions, proportion) => {
    expect(repetitionCutOff(entropyBits)).toBe(repetitions);
    expect(proportionCutOff(entropyBits, window)).toBe(proportion);
  });

  it("fail exactly at the cut-off and not a sample earlier", () => {
    const stuck = new HealthTester(1);
    for (let i = 0; i < 20; i++) stuck.feed(1);
    expect(stuck.failure).toBeNull();
    stuck.feed(1);
    expect(stuck.failure).toBe("repetition-count");
    // 588 ones of a window and then one more, with zeros between so that no run is long.
    const heavy = new HealthTester(1);
    for (let i = 0; i < 294; i++) for (const bit of [1, 1, 0]) heavy.feed(bit);
    expect(heavy.failure).toBeNull();
    heavy.feed(1);
    expect(heavy.failure).toBe("adaptive-proportion");
  });

  it("stay silent on fair coins, wait for the start-up, and never forget a failure", () => {
    const random = new Random(2);
    const tester = new HealthTester(0.5);
    for (let i = 1; i < startUpSamples; i++) tester.feed(random.next32() & 1);
    expect(tester.usable).toBe(false);
    for (let i = 0; i < 200_000; i++) tester.feed(random.next32() & 1);
    expect([tester.usable, tester.failure]).toEqual([true, null]);
    for (let i = 0; i < 41; i++) tester.feed(0);
    for (let i = 0; i < 10_000; i++) tester.feed(random.next32() & 1);
    expect([tester.usable, tester.failure]).toEqual([false, "repetition-count"]);
  });
});

/** A device whose samples a test writes: sample number → 32 packed bytes, or a refusal. */
function scripted(sampleOf: (sample: number) => Result<Uint8Array>): Sampler {
  let sample = 0;
  return {
    describe: () => emulatedDescription,
    program: () => Promise.resolve(accepted(null)),
    sample: async function* ({ samples }): AsyncGenerator<Result<SpinBlock>> {
      for (let i = 0; i < samples; i++) {
        const spins = sampleOf(sample++);
        yield spins.ok ? accepted({ samples: 1, spins: spins.value }) : spins;
        if (!spins.ok) return;
      }
    },
    health: () => Promise.resolve(accepted({ good: true, detail: "", samples: sample, microjoules: null })),
    close: () => Promise.resolve(),
  };
}

describe("randomness from a sampling unit", () => {
  it("takes good spins, conditions two assessed bits into one and mixes the platform's in", async () => {
    const kernel = await createSamplerKernel();
    const sampler = createEmulatedSampler({ kernel, entropy: zeros, pause: () => Promise.resolve() });
    const complaints: string[] = [];
    const source = new HardwareEntropy(sampler, zeros, (reason) => complaints.push(reason));
    expect(source.state().usable).toBe(false);
    expect(await source.startUp()).toMatchObject({ ok: true, value: { usable: true, goodSpins: 256 } });
    const first = await source.bytes(100);
    const second = await source.bytes(100);
    expect([first, second]).toMatchObject([{ value: { fromDevice: true } }, { value: { fromDevice: true } }]);
    if (first.ok && second.ok) {
      expect(first.value.bytes.length).toBe(100);
      expect(toHex(first.value.bytes)).not.toBe(toHex(second.value.bytes));
    }
    expect(complaints).toEqual([]);
  });

  it("is exactly SHA-256 of 1 024 raw bits, hashed again with the platform's", async () => {
    const random = new Random(3);
    const drawn: Uint8Array[] = [];
    const platform = new Random(4);
    const device = scripted(() => {
      const spins = random.bytes(32);
      drawn.push(spins);
      return accepted(spins);
    });
    const source = new HardwareEntropy(device, { bytes: (length) => platform.bytes(length) }, () => undefined);
    const made = await source.bytes(32);
    const sha = (...parts: Uint8Array[]): Uint8Array =>
      createHash("sha256")
        .update(concatBytes(...parts))
        .digest();
    const tag = sha(new TextEncoder().encode("aether/entropy/1"));
    const raw = concatBytes(...drawn.slice(startUpSamples, startUpSamples + 4));
    expect(made.ok && toHex(made.value.bytes)).toBe(toHex(sha(tag, sha(tag, raw), new Random(4).bytes(32))));
  });

  it("leaves single stuck spins out and goes on", async () => {
    const random = new Random(5);
    const device = scripted(() => accepted(random.bytes(32).map((byte, i) => (i < 4 ? 0xff : byte))));
    const complaints: string[] = [];
    const source = new HardwareEntropy(device, zeros, (reason) => complaints.push(reason));
    expect(await source.startUp()).toMatchObject({ value: { usable: true, goodSpins: 224 } });
    expect(await source.bytes(64)).toMatchObject({ value: { fromDevice: true } });
    expect(complaints).toEqual([]);
  });

  it.each([
    [
      "all spins stick from the start",
      0,
      (): Result<Uint8Array> => accepted(new Uint8Array(32)),
      /256 of 256 .*repetition/,
    ],
    [
      "spins lean to one side in the middle of use",
      2_000,
      (): Result<Uint8Array> => accepted(leaning.bytes(32).map((byte) => byte | leaning.next32())),
      /adaptive-proportion/,
    ],
    [
      "it is unplugged in the middle",
      1_100,
      (): Result<Uint8Array> => rejected("disconnected", "The device is gone."),
      /gone/,
    ],
  ])(
    "takes the device out and says so once when %s, and goes on with the platform's alone",
    async (_name, from, broken, words) => {
      const random = new Random(6);
      const device = scripted((sample) => (sample >= from ? broken() : accepted(random.bytes(32))));
      const complaints: string[] = [];
      const source = new HardwareEntropy(device, { bytes: (n) => random.bytes(n) }, (reason) =>
        complaints.push(reason),
      );
      let fromDevice = true;
      for (let i = 0; i < 4_000 && fromDevice; i++) {
        const made = await source.bytes(32);
        if (made.ok) fromDevice = made.value.fromDevice;
      }
      const after = await source.bytes(40);
      expect(after).toMatchObject({ ok: true, value: { fromDevice: false } });
      expect(after.ok && after.value.bytes.length).toBe(40);
      expect(complaints.length).toBe(1);
      expect(complaints[0]).toMatch(words);
      expect(source.state()).toMatchObject({ usable: false, reason: complaints[0] });
    },
  );
});

const leaning = new Random(7);
