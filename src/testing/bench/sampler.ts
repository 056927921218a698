/**
 * The emulated sampling unit: spin updates a second, and time from a block's seed to a sample below the bar.
 * @module
 */
import { findEnergySample } from "#node/energy-search.ts";
import { energyInstance } from "#protocol/consensus/energy-instance.ts";
import { energyIsing } from "#protocol/consensus/energy-ising.ts";
import { fixedPointOne, type IsingInstance } from "#protocol/hardware/ising.ts";
import { main } from "#protocol/parameters.ts";
import { createEmulatedSampler } from "../../platform/wasm/emulated-sampler.ts";
import { createSamplerKernel } from "../../platform/wasm/sampler-kernel.ts";
import { compared, type MeasuredRow, medianOfRounds, medianRates } from "./row.ts";

const sweeps = 4_000;
const instances = 400;

/** The same sampling written plainly in JavaScript, with the engine's own random numbers. */
function plainSampler({ spins, edges, couplings, beta }: IsingInstance): (times: number) => void {
  const neighbours: [number, number][][] = Array.from({ length: spins }, () => []);
  for (const [i, coupling] of couplings.entries()) {
    const [a, b] = [edges[2 * i] as number, edges[2 * i + 1] as number];
    neighbours[a]?.push([b, coupling / fixedPointOne]);
    neighbours[b]?.push([a, coupling / fixedPointOne]);
  }
  const state = new Int8Array(spins).fill(1);
  return (times) => {
    for (let turn = 0; turn < times; turn++) {
      for (const [spin, around] of neighbours.entries()) {
        let field = 0;
        for (const [other, coupling] of around) field += coupling * (state[other] as number);
        state[spin] = Math.random() < 1 / (1 + Math.exp((-2 * beta * field) / fixedPointOne)) ? 1 : -1;
      }
    }
  };
}

/** Rows of the sampler, on one thread. */
export async function measureSampler(): Promise<MeasuredRow[]> {
  const kernel = await createSamplerKernel();
  const instance = energyIsing(energyInstance(new Uint8Array(32), 0), fixedPointOne);
  kernel.program(instance);
  kernel.randomise();
  const plain = plainSampler(instance);
  const rates = await medianRates({
    kernel: () => {
      kernel.sweeps(sweeps);
      return sweeps * instance.spins;
    },
    plain: () => {
      plain(sweeps);
      return sweeps * instance.spins;
    },
  });
  const entropy = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };
  const sampler = createEmulatedSampler({ kernel, entropy, pause: () => Promise.resolve() });
  const timesMs: number[] = [];
  for (let i = 0; i < instances; i++) {
    const startedMs = performance.now();
    const found = await findEnergySample(sampler, entropy.bytes(32), main);
    if (!found.ok) throw new Error(found.message);
    timesMs.push(performance.now() - startedMs);
  }
  timesMs.sort((a, b) => a - b);
  const at = (share: number): string => (timesMs[Math.floor(share * instances)] as number).toFixed(2);
  return [
    compared(
      {
        name: "emulated sampler, block's torus of 256 spins, one thread",
        unit: "spin updates/s",
        method: `WebAssembly, Philox4x32-10; ${medianOfRounds}`,
      },
      rates.kernel,
      { name: "plain JavaScript", value: rates.plain },
    ),
    {
      name: "samples below the bar, one thread",
      unit: "samples/s",
      value: (instances * 1_000) / timesMs.reduce((a, b) => a + b),
      method: `${instances} random seeds; time to bar: median ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(0.9999)} ms`,
    },
  ];
}
