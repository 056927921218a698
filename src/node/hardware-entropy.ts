/**
 * Randomness from a sampling unit: every spin is a noise source of its own under health tests, the good ones are
 * conditioned by SHA-256 at half their assessed rate, and what comes out is mixed with the platform's randomness. Samples
 * are correlated and devices may lie: they never become keys directly, and a bad device makes nothing worse.
 * @module
 */
import { concatBytes } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";
import { HealthTester, startUpSamples } from "#protocol/hardware/health-tests.ts";
import {
  fixedPointOne,
  type IsingInstance,
  packedBytes,
  type SamplingSchedule,
  samplesOf,
} from "#protocol/hardware/ising.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Entropy, Sampler } from "./ports.ts";

/** Spins asked for at once; each is one noise source. */
const sourceSpins = 256;

/** Min-entropy that one spin is assessed at: half a bit, although a fair one gives a whole. */
export const assessedBits = 0.5;

/** Good spins below which the whole device is taken out: one in four has failed, which is no accident. */
const leastGoodSpins = (3 * sourceSpins) / 4;

/** Assessed bits that go into 256 bits of output: twice as many. */
const conditionedBits = 512;

/** One request's bytes. */
const mostBytes = 4_096;

/** How the source stands. */
export interface EntropySourceState {
  readonly usable: boolean;
  readonly goodSpins: number;
  readonly spins: number;
  /** Why it was taken out; empty while it is in. */
  readonly reason: string;
}

/** Spins that do not feel each other, in no field: fair coins, as independent as the device can make them. */
function coins(): IsingInstance {
  return {
    spins: sourceSpins,
    edges: new Uint16Array(),
    couplings: new Int32Array(),
    fields: new Int32Array(sourceSpins),
    beta: fixedPointOne,
  };
}

/** A sampling unit as a source of randomness. */
export class HardwareEntropy {
  private readonly sampler: Sampler;
  private readonly platform: Entropy;
  private readonly onTakenOut: (reason: string) => void;
  private readonly testers = Array.from({ length: sourceSpins }, () => new HealthTester(assessedBits));
  private pool: number[] = [];
  private reason = "";

  /** `onTakenOut` hears, once, that the device is out and why. */
  constructor(sampler: Sampler, platform: Entropy, onTakenOut: (reason: string) => void) {
    this.sampler = sampler;
    this.platform = platform;
    this.onTakenOut = onTakenOut;
  }

  /** Standing of the source. */
  state(): EntropySourceState {
    const goodSpins = this.testers.filter((tester) => tester.usable).length;
    return {
      usable: this.reason === "" && goodSpins >= leastGoodSpins,
      goodSpins,
      spins: sourceSpins,
      reason: this.reason,
    };
  }

  /** Runs the start-up tests on new samples; nothing of them is used. */
  async startUp(): Promise<Result<EntropySourceState>> {
    const drawn = await this.draw(startUpSamples);
    return drawn.ok ? accepted(this.state()) : drawn;
  }

  /**
   * Random bytes from device and platform together. `fromDevice` says whether the device had a part: when it is out, the
   * platform's alone are as good as ever.
   */
  async bytes(length: number): Promise<Result<{ readonly bytes: Uint8Array; readonly fromDevice: boolean }>> {
    if (length < 0 || length > mostBytes) return rejected("invalid-argument", `Ask for at most ${mostBytes} bytes.`);
    const parts: Uint8Array[] = [];
    let fromDevice = true;
    for (let made = 0; made < length; made += 32) {
      const conditioned = await this.conditioned();
      fromDevice &&= conditioned !== null;
      parts.push(taggedHash("aether/entropy/1", conditioned ?? new Uint8Array(), this.platform.bytes(32)));
    }
    return accepted({ bytes: concatBytes(...parts).slice(0, length), fromDevice });
  }

  /** 32 bytes of the device alone, or null when it is out. */
  private async conditioned(): Promise<Uint8Array | null> {
    if (this.reason === "" && this.testers.every((tester) => !tester.usable)) await this.startUp();
    const needed = conditionedBits / assessedBits;
    while (this.state().usable && this.pool.length < needed) {
      const drawn = await this.draw(Math.ceil((needed - this.pool.length) / leastGoodSpins));
      if (!drawn.ok) return null;
    }
    if (!this.state().usable) return null;
    const bits = this.pool.splice(0, needed);
    const raw = new Uint8Array(packedBytes(needed));
    for (const [i, bit] of bits.entries()) raw[i >> 3] = (raw[i >> 3] as number) | (bit << (i & 7));
    return taggedHash("aether/entropy/1", raw);
  }

  /** Samples under test; bits of spins that passed go to the pool. */
  private async draw(samples: number): Promise<Result<null>> {
    const loaded = await this.sampler.program(coins());
    if (!loaded.ok) return this.takeOut(loaded.message);
    const schedule: SamplingSchedule = { warmUpSteps: 1, warmUpBeta: null, samples, stepsPerSample: 1, seed: null };
    let seen = 0;
    for await (const block of this.sampler.sample(schedule)) {
      if (!block.ok) return this.takeOut(block.message);
      for (const packed of samplesOf(block.value, sourceSpins)) {
        seen++;
        this.take(packed);
      }
    }
    if (seen < samples) return this.takeOut(`It gave ${seen} of ${samples} samples.`);
    const failed = this.testers.filter((tester) => tester.failure !== null);
    if (sourceSpins - failed.length >= leastGoodSpins) return accepted(null);
    return this.takeOut(`${failed.length} of ${sourceSpins} spins failed the ${failed[0]?.failure} test.`);
  }

  private take(packed: Uint8Array): void {
    for (const [spin, tester] of this.testers.entries()) {
      const bit = ((packed[spin >> 3] ?? 0) >> (spin & 7)) & 1;
      const before = tester.usable;
      tester.feed(bit);
      if (before && tester.usable) this.pool.push(bit);
    }
  }

  /** What was pooled may stem from the failing device: it is thrown away too. */
  private takeOut(reason: string): Result<never> {
    this.pool = [];
    if (this.reason === "") {
      this.reason = reason;
      this.onTakenOut(reason);
    }
    return rejected("bad-sample", reason);
  }
}
