/**
 * Continuous health tests of a noise source after NIST SP 800-90B, section 4.4: repetition count and adaptive proportion,
 * with a start-up of 1 024 samples. One tester watches one stream of samples, for a sampling unit one spin.
 * @module
 */

/** Odds of a false alarm are 2^−20 a test. */
const falseAlarmBits = 20;

/** Samples a source must pass before anything of it counts. */
export const startUpSamples = 1_024;

/** Samples of a window of the adaptive proportion test on a binary source. */
export const binaryWindow = 1_024;

/** How many equal samples in a row are too many, for `entropyBits` of assessed min-entropy a sample. */
export function repetitionCutOff(entropyBits: number): number {
  return 1 + Math.ceil(falseAlarmBits / entropyBits);
}

/** How many samples of a window equal to its first are too many: `1 + CRITBINOM(W, 2^−H, 1 − 2^−20)`. */
export function proportionCutOff(entropyBits: number, window: number): number {
  return 1 + criticalBinomial(window, 2 ** -entropyBits, 2 ** -falseAlarmBits);
}

/** Least k for which more than k successes in `trials` have odds of at most `tail`. In logarithms: 2^−1024 is no double. */
function criticalBinomial(trials: number, odds: number, tail: number): number {
  const logs = [trials * Math.log1p(-odds)];
  const ratio = Math.log(odds) - Math.log1p(-odds);
  for (let k = 0; k < trials; k++) logs.push((logs[k] as number) + Math.log((trials - k) / (k + 1)) + ratio);
  let above = 0;
  for (let k = trials; k > 0; k--) {
    above += Math.exp(logs[k] as number);
    if (above > tail) return k;
  }
  return 0;
}

/** Which test a source failed. */
export type HealthFailure = "repetition-count" | "adaptive-proportion";

/** Watches one stream. Once failed it stays failed: a source is put back only by making a new tester. */
export class HealthTester {
  private readonly repetitions: number;
  private readonly proportion: number;
  private readonly window: number;
  private last = -1;
  private run = 0;
  private first = -1;
  private inWindow = 0;
  private equalToFirst = 0;
  private seen = 0;
  /** The test that failed; null while all is well. */
  failure: HealthFailure | null = null;

  constructor(entropyBits: number, window: number = binaryWindow) {
    this.repetitions = repetitionCutOff(entropyBits);
    this.proportion = proportionCutOff(entropyBits, window);
    this.window = window;
  }

  /** Whether the start-up is over and nothing failed: only then may samples be used. */
  get usable(): boolean {
    return this.failure === null && this.seen >= startUpSamples;
  }

  /** Takes one sample, a whole number from 0. */
  feed(sample: number): void {
    this.seen++;
    this.run = sample === this.last ? this.run + 1 : 1;
    this.last = sample;
    if (this.run >= this.repetitions) this.failure ??= "repetition-count";
    if (this.inWindow === 0) {
      this.first = sample;
      this.equalToFirst = 0;
    }
    if (sample === this.first) this.equalToFirst++;
    if (this.equalToFirst >= this.proportion) this.failure ??= "adaptive-proportion";
    this.inWindow = (this.inWindow + 1) % this.window;
  }
}
