/**
 * The emulated sampling unit's kernel (assembly/sampler.ts) with its memory behind methods. Takes checked instances only.
 * @module
 */
import { base64 } from "@scure/base";
import { colouring, fixedPointOne, type IsingInstance, packedBytes } from "#protocol/hardware/ising.ts";
import { samplerKernelBase64 } from "./sampler.generated.ts";

interface Exports {
  readonly memory: WebAssembly.Memory;
  spinsAt(): number;
  fieldsAt(): number;
  orderAt(): number;
  offsetsAt(): number;
  neighboursAt(): number;
  couplingsAt(): number;
  blockAt(): number;
  program(spins: number, unit: number, radius: number): void;
  setKey(low: number, high: number): void;
  random(c0: number, c1: number, c2: number, c3: number): void;
  setInverseTemperature(beta: number): void;
  randomise(): void;
  sweeps(times: number): void;
  ramp(from: number, to: number, steps: number, first: number, last: number): void;
}

/** One emulated device's arithmetic. */
export interface SamplerKernel {
  /** Loads an instance that `checkInstance` accepted. */
  program(instance: IsingInstance): void;
  /** Starts a stream of randomness: the same key gives the same samples. */
  setKey(key: bigint): void;
  /** Draws every spin as a fair coin. */
  randomise(): void;
  /** Updates every spin `times` times at the instance's β. */
  sweeps(times: number): void;
  /** Sweeps number `from` up to `to` of `steps` in which β goes from `firstBeta` (fixed point) to the instance's. */
  ramp(from: number, to: number, steps: number, firstBeta: number): void;
  /** The state, packed as a sample. */
  packed(): Uint8Array;
  /** Philox4x32-10 under the key; tests hold it to the published vectors. */
  random(counter: readonly [number, number, number, number]): readonly number[];
}

/** The largest whole number of which all couplings and fields are multiples, at least 1. */
function commonUnit(instance: IsingInstance): number {
  let unit = 0;
  for (const values of [instance.couplings, instance.fields]) {
    for (const value of values) {
      let rest = Math.abs(value);
      while (rest !== 0) [unit, rest] = [rest, unit % rest];
    }
  }
  return Math.max(1, unit);
}

/** Starts a kernel of its own. */
export async function createSamplerKernel(): Promise<SamplerKernel> {
  const bytes = base64.decode(samplerKernelBase64) as Uint8Array<ArrayBuffer>;
  const { instance: started } = await WebAssembly.instantiate(bytes, {});
  const kernel = started.exports as unknown as Exports;
  const view = (at: number, length: number): Int32Array => new Int32Array(kernel.memory.buffer, at, length);
  let spins = 0;
  let beta = 0;
  return {
    program: (instance) => {
      spins = instance.spins;
      beta = instance.beta / fixedPointOne;
      const radius = load(instance, commonUnit(instance), kernel, view);
      kernel.program(spins, commonUnit(instance) / fixedPointOne, radius);
    },
    setKey: (key) => kernel.setKey(Number(key & 0xffff_ffffn) | 0, Number(key >> 32n) | 0),
    randomise: () => kernel.randomise(),
    sweeps: (times) => {
      kernel.setInverseTemperature(beta);
      kernel.sweeps(times);
    },
    ramp: (from, to, steps, firstBeta) => kernel.ramp(from, to, steps, firstBeta / fixedPointOne, beta),
    packed: () => {
      const packed = new Uint8Array(packedBytes(spins));
      for (const [i, spin] of view(kernel.spinsAt(), spins).entries())
        if (spin > 0) packed[i >> 3] = (packed[i >> 3] as number) | (1 << (i & 7));
      return packed;
    },
    random: (counter) => {
      kernel.random(...counter);
      return Array.from(view(kernel.blockAt(), 4), (word) => word >>> 0);
    },
  };
}

/** Writes an instance into the kernel's memory in whole units; gives the largest local field there can be. */
function load(
  instance: IsingInstance,
  unit: number,
  kernel: Exports,
  view: (at: number, length: number) => Int32Array,
): number {
  const { spins, edges, couplings, fields } = instance;
  const degree = new Int32Array(spins + 1);
  for (const spin of edges) degree[spin] = (degree[spin] as number) + 1;
  const offsets = view(kernel.offsetsAt(), spins + 1);
  for (let i = 0, at = 0; i <= spins; at += degree[i++] as number) offsets[i] = at;
  const neighbours = view(kernel.neighboursAt(), edges.length);
  const weights = view(kernel.couplingsAt(), edges.length);
  const next = Int32Array.from(offsets);
  const reach = Float64Array.from(fields, (field) => Math.abs(field) / unit);
  for (const [i, spin] of edges.entries()) {
    const weight = (couplings[i >> 1] as number) / unit;
    const at = next[spin] as number;
    neighbours[at] = edges[i ^ 1] as number;
    weights[at] = weight;
    next[spin] = at + 1;
    reach[spin] = (reach[spin] as number) + Math.abs(weight);
  }
  view(kernel.fieldsAt(), spins).set(fields.map((field) => field / unit));
  const colours = colouring(instance);
  const order = Array.from({ length: spins }, (_, i) => i);
  view(kernel.orderAt(), spins).set(order.sort((a, b) => (colours[a] as number) - (colours[b] as number) || a - b));
  return reach.reduce((most, one) => Math.max(most, one), 0);
}
