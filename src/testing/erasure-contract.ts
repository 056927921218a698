/**
 * The contract of {@link CombineShards}: plain or on a kernel, codes made with it give these answers, and the parity that
 * a kept library gives.
 * @module
 */
import { readFileSync } from "node:fs";
import { ReedSolomonErasure } from "@digitaldefiance/reed-solomon-erasure.wasm";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { concatBytes, equalBytes } from "#protocol/codec/bytes.ts";
import { type CombineShards, combinePlainly, parityOf, rebuildShards } from "#protocol/files/erasure-code.ts";
import { Random } from "./random.ts";

type Shards = readonly Uint8Array[];

const reference = ReedSolomonErasure.fromBytes(
  readFileSync(
    new URL(
      "../../node_modules/@digitaldefiance/reed-solomon-erasure.wasm/dist/reed_solomon_erasure_bg.wasm",
      import.meta.url,
    ),
  ),
);

/** The library's parity shards; at most 256 shards of at least a byte. */
export function referenceParity(data: Shards, parity: number): Shards {
  const size = data[0]?.length ?? 0;
  const all = concatBytes(...data, new Uint8Array(parity * size));
  expect(reference.encode(all, data.length, parity)).toBe(ReedSolomonErasure.RESULT_OK);
  return Array.from({ length: parity }, (_, i) => all.slice((data.length + i) * size, (data.length + i + 1) * size));
}

const areEqual = (a: Shards, b: Shards): boolean =>
  a.length === b.length && a.every((shard, i) => equalBytes(shard, b[i] as Uint8Array));

/** Numbers of shards, of data and of parity, and a size that is mostly no multiple of what is worked on at once. */
const codes = fc.record({
  data: fc.integer({ min: 1, max: 20 }),
  parity: fc.integer({ min: 1, max: 12 }),
  size: fc.integer({ min: 1, max: 100 }),
  seed: fc.nat(),
});

const dataOf = ({ data, size, seed }: { data: number; size: number; seed: number }): Shards => {
  const random = new Random(seed);
  return Array.from({ length: data }, () => random.bytes(size));
};

/** Every way to lose so many of the shards. */
function lossesOf(shards: number, lost: number): readonly (readonly number[])[] {
  return Array.from({ length: 2 ** shards }, (_, bits) =>
    Array.from({ length: shards }, (_, i) => i).filter((i) => bits & (1 << i)),
  ).filter(({ length }) => length === lost);
}

/** Some numbers below `bound`, all different. */
function draw(random: Random, bound: number, count: number): readonly number[] {
  const numbers = Array.from({ length: bound }, (_, i) => i);
  return Array.from({ length: count }, () => numbers.splice(random.between(0, numbers.length - 1), 1)[0] as number);
}

/** Runs the contract on an implementation. */
export function describeErasureCode(name: string, start: () => Promise<CombineShards>): void {
  describe(`erasure code, ${name}`, () => {
    let combine: CombineShards;
    beforeAll(async () => {
      combine = await start();
    });

    const encode = (data: Shards, parity: number): Shards => {
      const made = parityOf(data, parity, combine);
      if (!made.ok) throw new Error(made.message);
      return [...data, ...made.value];
    };
    const restores = (all: Shards, data: number, lost: readonly number[]): boolean => {
      const left = all.map((shard, i) => (lost.includes(i) ? null : shard));
      const rebuilt = rebuildShards({ data, parity: all.length - data }, left, combine, all.length);
      return rebuilt.ok && areEqual(rebuilt.value, all);
    };

    it("gives the plain definition's parity and the library's, bit by bit", () => {
      fc.assert(
        fc.property(codes, (code) => {
          const data = dataOf(code);
          const parity = encode(data, code.parity).slice(code.data);
          const plain = parityOf(data, code.parity, combinePlainly);
          expect(plain.ok && areEqual(parity, plain.value)).toBe(true);
          expect(areEqual(parity, referenceParity(data, code.parity))).toBe(true);
        }),
        { numRuns: 60 },
      );
    });

    it.each([
      [2, 2],
      [3, 2],
      [4, 4],
    ])("of %i and %i shards restores all of them after every loss that it bears", (data, parity) => {
      const all = encode(dataOf({ data, size: 37, seed: data }), parity);
      for (let lost = 0; lost <= parity; lost++) {
        for (const loss of lossesOf(data + parity, lost)) expect(restores(all, data, loss)).toBe(true);
      }
    });

    it.each([
      [10, 2],
      [10, 4],
      [100, 155],
      [1, 254],
      [254, 1],
      [255, 0],
    ])("of %i and %i shards restores all of them after losses at random, as many as it bears", (data, parity) => {
      const random = new Random(1_000 * data + parity);
      const all = encode(dataOf({ data, size: 33, seed: parity }), parity);
      if (parity > 0) expect(areEqual(all.slice(data), referenceParity(all.slice(0, data), parity))).toBe(true);
      for (const lost of [parity, parity, random.between(0, parity), 0])
        expect(restores(all, data, draw(random, data + parity, lost))).toBe(true);
    });

    it("works on shards of no bytes", () => {
      expect(restores(encode([new Uint8Array(), new Uint8Array()], 2), 2, [0, 3])).toBe(true);
    });

    it("says which shards are missing if they are too few", () => {
      const all = encode(dataOf({ data: 3, size: 5, seed: 1 }), 2);
      const left = all.map((shard, i) => (i === 1 || i > 2 ? null : shard));
      expect(rebuildShards({ data: 3, parity: 2 }, left, combine)).toEqual({
        ok: false,
        code: "not-found",
        message: "Of 5 shards 2 can be had, and 3 are needed; missing: 2, 4, 5.",
        context: { needed: 3, present: 2, missing: "2, 4, 5" },
      });
    });

    it("refuses shards of different sizes, another number of them, and codes that are none", () => {
      const [a, b] = [new Uint8Array(4), new Uint8Array(5)];
      expect(parityOf([a, b], 1, combine)).toMatchObject({ ok: false, code: "bad-response" });
      expect(rebuildShards({ data: 1, parity: 2 }, [a, null, b], combine)).toMatchObject({ code: "bad-response" });
      expect(rebuildShards({ data: 1, parity: 1 }, [a, a, a], combine)).toMatchObject({ code: "out-of-range" });
      expect(parityOf([], 1, combine)).toMatchObject({ ok: false, code: "out-of-range" });
      expect(parityOf([a], 255, combine)).toMatchObject({ ok: false, code: "out-of-range" });
      for (const [data, parity] of [
        [0, 1],
        [1, -1],
        [1.5, 0.5],
        [Number.NaN, 1],
      ] as const)
        expect(rebuildShards({ data, parity }, [a], combine)).toMatchObject({ ok: false, code: "out-of-range" });
    });
  });
}
