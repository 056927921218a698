import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { findEnergySample, runsPerDraw } from "#node/energy-search.ts";
import type { Sampler } from "#node/ports.ts";
import { toHex } from "#protocol/codec/bytes.ts";
import { energyInstance } from "#protocol/consensus/energy-instance.ts";
import { energyIsing } from "#protocol/consensus/energy-ising.ts";
import { checkEnergySample } from "#protocol/consensus/energy-sample.ts";
import {
  checkInstance,
  fixedPointOne,
  type IsingInstance,
  isingLimits,
  packedBytes,
  type SamplingSchedule,
  samplesOf,
} from "#protocol/hardware/ising.ts";
import { dev } from "#protocol/parameters.ts";
import { Random } from "#testing/random.ts";
import { createEmulatedSampler } from "./emulated-sampler.ts";
import { createSamplerKernel, type SamplerKernel } from "./sampler-kernel.ts";

let kernel: SamplerKernel;
let sampler: Sampler;
beforeAll(async () => {
  kernel = await createSamplerKernel();
  const random = new Random(1);
  sampler = createEmulatedSampler({
    kernel,
    entropy: { bytes: (length) => random.bytes(length) },
    pause: () => Promise.resolve(),
  });
});

const fixed = (value: number): number => Math.round(value * fixedPointOne);
const base: SamplingSchedule = { warmUpSteps: 64, warmUpBeta: null, samples: 1, stepsPerSample: 1, seed: 1n };

/** A graph of `spins` with every pair coupled with odds `density`, couplings and fields uniform in ±1 or of ±1 and 0. */
function randomInstance(spins: number, density: number, beta: number, integers: boolean, seed: number): IsingInstance {
  const random = new Random(seed);
  const value = (): number => (integers ? random.between(-1, 1) : 2 * random.fraction() - 1);
  const edges: number[] = [];
  const couplings: number[] = [];
  for (let a = 0; a < spins; a++) {
    for (let b = a + 1; b < spins; b++) {
      if (random.fraction() >= density) continue;
      edges.push(a, b);
      couplings.push(fixed(value()));
    }
  }
  return {
    spins,
    edges: Uint16Array.from(edges),
    couplings: Int32Array.from(couplings),
    fields: Int32Array.from({ length: spins }, () => fixed(value() / 2)),
    beta: fixed(beta),
  };
}

/** Energy of a state whose spin i is bit i. */
function energy(instance: IsingInstance, state: number): number {
  const spin = (i: number): number => ((state >> i) & 1) * 2 - 1;
  let sum = 0;
  for (const [i, coupling] of instance.couplings.entries())
    sum -= coupling * spin(instance.edges[2 * i] as number) * spin(instance.edges[2 * i + 1] as number);
  for (const [i, field] of instance.fields.entries()) sum -= field * spin(i);
  return sum / fixedPointOne;
}

/** Exact odds of every state. */
function boltzmann(instance: IsingInstance): number[] {
  const weights = Array.from({ length: 2 ** instance.spins }, (_, state) =>
    Math.exp((-instance.beta / fixedPointOne) * energy(instance, state)),
  );
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

async function statesOf(instance: IsingInstance, schedule: SamplingSchedule): Promise<number[]> {
  expect(await sampler.program(instance)).toMatchObject({ ok: true });
  const states: number[] = [];
  for await (const block of sampler.sample(schedule)) {
    if (!block.ok) throw new Error(block.message);
    for (const packed of samplesOf(block.value, instance.spins))
      states.push((packed[0] ?? 0) | ((packed[1] ?? 0) << 8));
  }
  return states;
}

function histogram(values: readonly number[], size: number): number[] {
  const counts = new Array<number>(size).fill(0);
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1 / values.length;
  return counts;
}

function totalVariation(p: readonly number[], q: readonly number[]): number {
  return p.reduce((sum, value, i) => sum + Math.abs(value - (q[i] ?? 0)), 0) / 2;
}

describe("counter-based randomness", () => {
  /** Known answers that the authors of Philox publish with Random123. */
  it.each([
    [0n, [0, 0, 0, 0], "6627e8d5e169c58dbc57ac4c9b00dbd8"],
    [(1n << 64n) - 1n, [-1, -1, -1, -1], "408f276d41c83b0ea20bc7c66d5451fd"],
    [0x299f31d0a4093822n, [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], "d16cfe0994fdcceb5001e42024126ea1"],
  ] as const)("is Philox4x32-10 under key %s", (key, counter, expected) => {
    kernel.setKey(key);
    expect(
      kernel
        .random(counter as unknown as [number, number, number, number])
        .map((word) => word.toString(16).padStart(8, "0"))
        .join(""),
    ).toBe(expected);
  });
});

describe("emulated sampling unit", () => {
  it.each([
    ["eight spins, any couplings and fields", randomInstance(8, 0.5, 0.8, false, 3)],
    ["eight spins all coupled, whole couplings", randomInstance(8, 1, 0.4, true, 4)],
    ["a ring of six in no field", { ...randomInstance(6, 0, 1, true, 5), ...ring(6) }],
    ["one spin in a field", { ...randomInstance(1, 0, 0.7, true, 6), fields: Int32Array.of(fixed(0.9)) }],
  ])("meets the exact Boltzmann odds within 1 per cent over a million samples: %s", async (_name, instance) => {
    const states = await statesOf(instance, { ...base, samples: 1_000_000, stepsPerSample: 3 });
    expect(states.length).toBe(1_000_000);
    expect(totalVariation(histogram(states, 2 ** instance.spins), boltzmann(instance))).toBeLessThan(0.01);
    // The measure itself must notice a wrong device: the odds of another β are further away than the bound.
    expect(totalVariation(boltzmann(instance), boltzmann({ ...instance, beta: instance.beta * 2 }))).toBeGreaterThan(
      0.03,
    );
  });

  it("agrees with plain Metropolis on 16 spins whose energies it must spread alike", async () => {
    const instance = randomInstance(16, 0.25, 0.6, true, 7);
    const states = await statesOf(instance, { ...base, samples: 1_000_000, stepsPerSample: 4 });
    const random = new Random(8);
    const beta = instance.beta / fixedPointOne;
    const reference: number[] = [];
    let state = 0;
    let now = energy(instance, state);
    for (let i = 0; i < 4_000_000; i++) {
      const proposed = state ^ (1 << random.between(0, 15));
      const after = energy(instance, proposed);
      if (random.fraction() < Math.exp(-beta * (after - now))) [state, now] = [proposed, after];
      if (i % 8 === 7) reference.push(state);
    }
    const level = (value: number): number => Math.round(energy(instance, value)) + 80;
    expect(totalVariation(histogram(states.map(level), 160), histogram(reference.map(level), 160))).toBeLessThan(0.01);
  });

  it("gives the same samples for the same seed on every engine, others for another", async () => {
    const digest = async (instance: IsingInstance, seed: bigint): Promise<string> => {
      await sampler.program(instance);
      const hash = createHash("sha256");
      const schedule = { ...base, warmUpBeta: fixed(0.25), samples: 1_000, stepsPerSample: 2, seed };
      for await (const block of sampler.sample(schedule)) if (block.ok) hash.update(block.value.spins);
      return hash.digest("hex");
    };
    const torus = energyIsing(energyInstance(new Uint8Array(32), 0), fixed(1));
    expect(await digest(torus, 7n)).toBe("f5faf7b67e05a6f6718dc3e1217d9845bc2543842a2a1aefba6ff965ba1b6611");
    expect(await digest(torus, 8n)).not.toBe(await digest(torus, 7n));
    // Couplings of no common unit take the other way through the kernel.
    expect(await digest(randomInstance(300, 0.02, 0.8, false, 9), 7n)).toBe(
      "2e2e022cc27adfb2f2516ffac289cf56c6fa570c0395367fd6ae0d307389bd48",
    );
  });

  it("draws another run each time when no seed is given, and may not be asked for what it cannot do", async () => {
    const torus = energyIsing(energyInstance(new Uint8Array(32), 0), fixed(0.2));
    await sampler.program(torus);
    const first = async (schedule: SamplingSchedule): Promise<string> => {
      for await (const block of sampler.sample(schedule)) return block.ok ? toHex(block.value.spins) : block.code;
      return "nothing";
    };
    const free = { ...base, seed: null };
    expect(await first(free)).not.toBe(await first(free));
    for (const wrong of [
      { samples: 0 },
      { stepsPerSample: 0 },
      { warmUpSteps: -1 },
      { warmUpBeta: 0.5 },
      { seed: -1n },
    ])
      expect(await first({ ...free, ...wrong })).toBe("invalid-argument");
    const broken: Partial<IsingInstance>[] = [
      { spins: 0 },
      { spins: isingLimits.spins + 1 },
      { fields: new Int32Array(3) },
      { edges: Uint16Array.of(0, 0), couplings: Int32Array.of(1) },
      { edges: Uint16Array.of(0, 256), couplings: Int32Array.of(1) },
      { edges: Uint16Array.of(0, 1, 1, 0), couplings: Int32Array.of(1, 1) },
      { edges: Uint16Array.of(0, 1), couplings: Int32Array.of(1, 1) },
      { edges: Uint16Array.of(0, 1, 0, 2), couplings: Int32Array.of(0x7fff_ffff, 0x7fff_ffff) },
      { beta: -1 },
    ];
    for (const part of broken) expect(checkInstance({ ...torus, ...part })).toMatchObject({ code: "invalid-argument" });
    expect(await sampler.program({ ...torus, spins: 0 })).toMatchObject({ code: "invalid-argument" });
  });

  it("takes the largest instance there can be, and stops where it is told", async () => {
    const random = new Random(10);
    const pairs = new Set<number>();
    while (pairs.size < isingLimits.edges) {
      const [a, b] = [random.between(0, isingLimits.spins - 2), random.between(1, isingLimits.spins - 1)];
      if (a < b) pairs.add(a * isingLimits.spins + b);
    }
    const instance: IsingInstance = {
      spins: isingLimits.spins,
      edges: Uint16Array.from(
        [...pairs].flatMap((pair) => [Math.floor(pair / isingLimits.spins), pair % isingLimits.spins]),
      ),
      couplings: Int32Array.from(pairs, () => random.between(-fixedPointOne, fixedPointOne)),
      fields: new Int32Array(isingLimits.spins),
      beta: fixedPointOne,
    };
    expect(await sampler.program(instance)).toMatchObject({ ok: true });
    let pauses = 0;
    const own = createEmulatedSampler({
      kernel,
      entropy: { bytes: (length) => new Uint8Array(length) },
      pause: () => {
        pauses++;
        if (pauses === 3) void own.program(instance);
        return Promise.resolve();
      },
    });
    await own.program(instance);
    const outcomes: unknown[] = [];
    for await (const block of own.sample({ ...base, warmUpSteps: 10_000 })) outcomes.push(block);
    expect(outcomes).toMatchObject([{ ok: false, code: "cancelled" }]);
    expect(pauses).toBe(3);
    expect(packedBytes(isingLimits.spins)).toBe(512);
  });
});

describe("a run that another replaces", () => {
  it("ends at once and leaves the other's samples as they would be alone", async () => {
    const torus = energyIsing(energyInstance(new Uint8Array(32), 0), fixed(1));
    const schedule = { ...base, samples: 200 };
    await sampler.program(torus);
    const spins = async (): Promise<string> => {
      let all = "";
      for await (const block of sampler.sample(schedule)) all += block.ok ? toHex(block.value.spins) : block.code;
      return all;
    };
    const alone = await spins();
    const [first, second] = await Promise.all([spins(), spins()]);
    expect(first).toBe("cancelled");
    expect(second).toBe(alone);
  });
});

describe("search for a block's sample", () => {
  it("finds one on 200 instances, each in well under a second of one thread", async () => {
    const times: number[] = [];
    for (let i = 0; i < 200; i++) {
      const seed = new Uint8Array(32).fill(i);
      const startedMs = performance.now();
      const found = await findEnergySample(sampler, seed, dev);
      times.push(performance.now() - startedMs);
      expect(found.ok && checkEnergySample(found.value, seed, dev).ok).toBe(true);
    }
    const sorted = times.toSorted((a, b) => a - b);
    expect(sorted[197]).toBeLessThan(1_000);
  });

  it("goes on to the next instance of the seed when one cannot be solved, and ends when none can or it is stopped", async () => {
    const seed = new Uint8Array(32);
    const draws: number[] = [];
    const none = await findEnergySample(
      sampler,
      seed,
      { energy: { bar: -513, draws: 2 } },
      { onProgress: ({ draw }) => draws.push(draw) },
    );
    expect(none).toMatchObject({ code: "not-found" });
    expect(draws).toEqual([...new Array(runsPerDraw).fill(0), ...new Array(runsPerDraw).fill(1)]);
    let asked = 0;
    const stopped = await findEnergySample(
      sampler,
      seed,
      { energy: { bar: -513, draws: 2 } },
      { cancelled: () => ++asked > 5 },
    );
    expect(stopped).toMatchObject({ code: "cancelled" });
    expect(asked).toBe(6);
  });
});

/** Couplings of ±1 around a ring, no field. */
function ring(spins: number): Pick<IsingInstance, "edges" | "couplings" | "fields"> {
  return {
    edges: Uint16Array.from(Array.from({ length: spins }, (_, i) => [i, (i + 1) % spins]).flat()),
    couplings: Int32Array.from({ length: spins }, (_, i) => fixed(i === 0 ? -1 : 1)),
    fields: new Int32Array(spins),
  };
}
