/**
 * What a thermodynamic sampling unit is given and what it gives back: an Ising instance, a schedule, blocks of packed
 * spins. Couplings, fields and β are fixed-point numbers, so that an instance means the same on every device.
 * @module
 */
import { accepted, type Result, rejected } from "../result.ts";

/** What 1 is in fixed point: couplings, fields and β are multiples of 1/65536. */
export const fixedPointOne = 65_536;

/** Bounds of everything a device is asked for or answers. A device may offer less and says so. */
export const isingLimits = {
  spins: 4_096,
  /** Mean degree 8: more than any published grid of a sampling unit. */
  edges: 16_384,
  /** |h| + Σ|J| of one spin in fixed point, so that a local field fits 32 bits. */
  localField: 0x7fff_ffff,
  /** β below 65 536. */
  beta: 0xffff_ffff,
  /** One run's samples and steps; a longer run is several runs. */
  samples: 1_048_576,
  steps: 1_048_576,
  /** Bytes of packed spins in one block. */
  blockBytes: 4_096,
} as const;

/** Spins with couplings, fields and an inverse temperature: P(s) ∝ exp(β(Σ J s s′ + Σ h s)). */
export interface IsingInstance {
  readonly spins: number;
  /** Two spins for each coupling, one after another. */
  readonly edges: Uint16Array;
  /** J of each edge in fixed point. */
  readonly couplings: Int32Array;
  /** h of each spin in fixed point. */
  readonly fields: Int32Array;
  /** β in fixed point. */
  readonly beta: number;
}

/** How to sample. Every run begins from a random state. */
export interface SamplingSchedule {
  /** Steps before the first sample. A step updates every spin once. */
  readonly warmUpSteps: number;
  /** β of the first warm-up step in fixed point; it rises (or falls) in equal steps to the instance's. Null: no ramp. */
  readonly warmUpBeta: number | null;
  readonly samples: number;
  /** Steps from one sample to the next, at least 1. */
  readonly stepsPerSample: number;
  /** Repeatable randomness, for emulated devices only: others refuse it. Null: the device's own. */
  readonly seed: bigint | null;
}

/** Some samples of one run, in order. */
export interface SpinBlock {
  readonly samples: number;
  /** `samples` × ⌈spins / 8⌉ bytes; in each sample spin i is bit `i mod 8` of byte `⌊i / 8⌋`, set for +1. */
  readonly spins: Uint8Array;
}

/** Bytes of one packed sample. */
export function packedBytes(spins: number): number {
  return Math.ceil(spins / 8);
}

/** Samples that fit one block. At least one: 4 096 spins are 512 bytes. */
export function samplesPerBlock(spins: number): number {
  return Math.max(1, Math.floor(isingLimits.blockBytes / packedBytes(spins)));
}

function whole(value: number, minimum: number, maximum: number): boolean {
  return Number.isInteger(value) && value >= minimum && value <= maximum;
}

function refuse(message: string): Result<never> {
  return rejected("invalid-argument", message);
}

/** Whether an instance means anything: sizes, ends of edges, no spin coupled to itself or twice to another, no overflow. */
export function checkInstance(instance: IsingInstance): Result<IsingInstance> {
  const { spins, edges, couplings, fields, beta } = instance;
  if (!whole(spins, 1, isingLimits.spins)) return refuse(`An instance has 1 to ${isingLimits.spins} spins.`);
  if (fields.length !== spins) return refuse(`${fields.length} fields for ${spins} spins.`);
  if (couplings.length > isingLimits.edges) return refuse(`An instance has at most ${isingLimits.edges} couplings.`);
  if (edges.length !== 2 * couplings.length) return refuse("Every coupling has two ends.");
  if (!whole(beta, 0, isingLimits.beta)) return refuse("β is a whole number of 1/65536, from 0 to below 65536.");
  const load = Float64Array.from(fields, Math.abs);
  const seen = new Set<number>();
  for (const [i, coupling] of couplings.entries()) {
    const a = edges[2 * i] as number;
    const b = edges[2 * i + 1] as number;
    if (a >= spins || b >= spins) return refuse(`Coupling ${i} names a spin that is not there.`);
    const pair = Math.min(a, b) * isingLimits.spins + Math.max(a, b);
    if (a === b || seen.has(pair)) return refuse(`Coupling ${i} repeats a pair or couples a spin to itself.`);
    seen.add(pair);
    load[a] = (load[a] as number) + Math.abs(coupling);
    load[b] = (load[b] as number) + Math.abs(coupling);
  }
  if (load.some((sum) => sum > isingLimits.localField)) return refuse("The couplings at one spin add up to too much.");
  return accepted(instance);
}

/** Whether a schedule is within bounds. */
export function checkSchedule(schedule: SamplingSchedule): Result<SamplingSchedule> {
  const { warmUpSteps, warmUpBeta, samples, stepsPerSample, seed } = schedule;
  if (!whole(warmUpSteps, 0, isingLimits.steps)) return refuse(`Warm-up takes 0 to ${isingLimits.steps} steps.`);
  if (warmUpBeta !== null && !whole(warmUpBeta, 0, isingLimits.beta))
    return refuse("β of the warm-up is out of range.");
  if (!whole(samples, 1, isingLimits.samples)) return refuse(`A run takes 1 to ${isingLimits.samples} samples.`);
  if (!whole(stepsPerSample, 1, isingLimits.steps)) return refuse(`A sample takes 1 to ${isingLimits.steps} steps.`);
  if (seed !== null && (seed < 0n || seed >= 1n << 64n)) return refuse("A seed is a whole number below 2^64.");
  return accepted(schedule);
}

/** Bytes of a block's samples, each on its own. */
export function* samplesOf(block: SpinBlock, spins: number): Generator<Uint8Array> {
  const size = packedBytes(spins);
  for (let i = 0; i < block.samples; i++) yield block.spins.subarray(i * size, (i + 1) * size);
}

/**
 * Colours of a graph, greedily in the order of spins: no two coupled spins share one, so all spins of a colour can change
 * at once. Two colours on a torus with even sides.
 */
export function colouring(instance: IsingInstance): Uint16Array {
  const adjacent: number[][] = Array.from({ length: instance.spins }, () => []);
  for (let i = 0; i < instance.edges.length; i += 2) {
    const a = instance.edges[i] as number;
    const b = instance.edges[i + 1] as number;
    adjacent[a]?.push(b);
    adjacent[b]?.push(a);
  }
  const colours = new Uint16Array(instance.spins).fill(0xffff);
  for (const [spin, others] of adjacent.entries()) {
    const taken = new Set(others.map((other) => colours[other]));
    let colour = 0;
    while (taken.has(colour)) colour++;
    colours[spin] = colour;
  }
  return colours;
}

/** What a device says of itself. */
export interface SamplerDescription {
  readonly name: string;
  /** Most spins of an instance. */
  readonly spins: number;
  /** Most couplings of an instance. */
  readonly edges: number;
  /** Which graphs it takes: `any`, or the vendor's name of a fixed one. */
  readonly topology: string;
  /** True for software: it must say so. */
  readonly emulated: boolean;
  /** Version of the device's firmware, in the vendor's words. */
  readonly version: string;
}

/** What a device says of its state. */
export interface SamplerHealth {
  readonly good: boolean;
  /** In the device's words; empty when good. */
  readonly detail: string;
  /** Samples since it started. */
  readonly samples: number;
  /** Energy used since it started in microjoules; null if it does not measure it. */
  readonly microjoules: number | null;
}
