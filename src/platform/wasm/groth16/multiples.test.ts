import { bn254 } from "@noble/curves/bn254.js";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { fieldOrder } from "#protocol/proofs/field.ts";
import type { Group } from "./curve.ts";
import { PointSums, type ScalarBytes } from "./multiples.ts";
import { scalarFromBytes, scalarsToBytes } from "./scalar-field.ts";

/** Order of the coordinates' field, and 2^256 and its inverse modulo it: the Montgomery form of the kernels' outside. */
const prime = bn254.fields.Fp.ORDER;
const montgomery = 2n ** 256n % prime;
const unmontgomery = bn254.fields.Fp.inv(montgomery);

/** What differs between the groups: the reference's points, and coordinates as lists of base field elements. */
interface Reference {
  /** k × generator as the kernel takes points; (0, 0) for infinity. */
  point(logarithm: bigint): readonly bigint[];
  /** Whether a Jacobian point is k × generator. */
  is(jacobian: readonly bigint[], logarithm: bigint): boolean;
}

const { Fp2 } = bn254.fields;
const g1: Reference = {
  point: (k) => {
    if (k % fieldOrder === 0n) return [0n, 0n];
    const { x, y } = bn254.G1.Point.BASE.multiply(k % fieldOrder).toAffine();
    return [x, y];
  },
  is: ([x = 0n, y = 0n, z = 0n], k) => {
    if (k === 0n || z === 0n) return k === 0n && z === 0n;
    const expected = bn254.G1.Point.BASE.multiply(k).toAffine();
    return x === (expected.x * z * z) % prime && y === (((expected.y * z * z) % prime) * z) % prime;
  },
};
const g2: Reference = {
  point: (k) => {
    if (k % fieldOrder === 0n) return [0n, 0n, 0n, 0n];
    const { x, y } = bn254.G2.Point.BASE.multiply(k % fieldOrder).toAffine();
    return [x.c0, x.c1, y.c0, y.c1];
  },
  is: ([x0 = 0n, x1 = 0n, y0 = 0n, y1 = 0n, z0 = 0n, z1 = 0n], k) => {
    const z = { c0: z0, c1: z1 };
    if (k === 0n || Fp2.is0(z)) return k === 0n && Fp2.is0(z);
    const { x, y } = bn254.G2.Point.BASE.multiply(k).toAffine();
    const square = Fp2.sqr(z);
    return (
      Fp2.eql({ c0: x0, c1: x1 }, Fp2.mul(x, square)) && Fp2.eql({ c0: y0, c1: y1 }, Fp2.mul(y, Fp2.mul(square, z)))
    );
  },
};

/** Scalars at the edges: of the order, of words, of digits and their carries in windows of any width. */
const edges: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, fieldOrder - 1n, fieldOrder - 2n, (fieldOrder - 1n) / 2n, (fieldOrder + 1n) / 2n],
  ...[4, 5, 8, 11, 12, 31, 32, 33, 63, 64, 127, 128, 253].flatMap((bits) => [
    2n ** BigInt(bits) - 1n,
    2n ** BigInt(bits),
    2n ** BigInt(bits) + 1n,
  ]),
  // Their multiples of the generator have a coordinate that comes out above the prime before the prime is taken off.
  21025855385639259544544518225332712020982339202497469309071584675347469343009n,
  13735793186233068945104531156111956496850248203961621163479873187239729949454n,
  // Every digit just above and just below half of its window.
  ...[4, 6, 8, 10, 11, 12].map((bits) => {
    let value = 0n;
    for (let bit = bits - 1; bit < 250; bit += bits) value += 2n ** BigInt(bit);
    return value;
  }),
];
/** Logarithms of a few points: few, so that lists hold equal and opposite ones, and infinity. */
const logarithms: readonly bigint[] = [0n, 1n, 2n, 3n, 5n, fieldOrder - 1n, fieldOrder - 2n, fieldOrder / 3n];

describe.each([
  ["g1", g1],
  ["g2", g2],
] as const)("sums of multiples over %s", (group: Group, reference) => {
  let sums: PointSums;
  const points = new Map<bigint, Uint8Array>();
  beforeAll(async () => {
    sums = await PointSums.start(group);
  });

  function pointBytes(logarithm: bigint): Uint8Array {
    const known = points.get(logarithm);
    if (known !== undefined) return known;
    const bytes = scalarsToBytes(reference.point(logarithm).map((value) => (value * montgomery) % prime));
    points.set(logarithm, bytes);
    return bytes;
  }

  /** Computes a sum from logarithms and scalars and compares it with the reference. */
  function agrees(terms: readonly (readonly [logarithm: bigint, scalar: bigint])[], width: ScalarBytes): boolean {
    const bytes = new Uint8Array(terms.length * pointBytes(1n).length);
    const scalars = new Uint8Array(terms.length * width);
    let expected = 0n;
    for (const [i, [logarithm, scalar]] of terms.entries()) {
      bytes.set(pointBytes(logarithm), i * pointBytes(1n).length);
      scalars.set(scalarsToBytes([scalar]).subarray(0, width), i * width);
      expected += logarithm * scalar;
    }
    const jacobian = sums.sum(bytes, scalars, width);
    const coordinates = Array.from({ length: jacobian.length / 32 }, (_, i) => scalarFromBytes(jacobian, 32 * i));
    for (const value of coordinates) if (value >= prime) return false;
    return reference.is(
      coordinates.map((value) => (value * unmontgomery) % prime),
      expected % fieldOrder,
    );
  }

  const term = fc.tuple(
    fc.constantFrom(...logarithms),
    fc.oneof(fc.constantFrom(...edges), fc.bigInt({ min: 0n, max: fieldOrder - 1n })),
  );

  it("agree with the reference on lists of equal, opposite and infinite points with scalars at the edges", () => {
    fc.assert(
      fc.property(fc.array(term, { maxLength: 40 }), (terms) => agrees(terms, 32)),
      { numRuns: 150 },
    );
  });

  it("agree with the reference on short scalars", () => {
    for (const width of [4, 8] as const) {
      const largest = 2n ** BigInt(8 * width) - 1n;
      const short = fc.tuple(
        fc.constantFrom(...logarithms),
        fc.oneof(fc.constantFrom(...edges.filter((edge) => edge <= largest)), fc.bigInt({ min: 0n, max: largest })),
      );
      fc.assert(
        fc.property(fc.array(short, { maxLength: 40 }), (terms) => agrees(terms, width)),
        { numRuns: 100 },
      );
    }
  });

  it("agree on every scalar at the edges alone, and on what cancels", () => {
    for (const edge of edges) {
      expect(agrees([[1n, edge]], 32)).toBe(true);
      const negative = (fieldOrder - edge) % fieldOrder;
      for (const terms of [
        [[5n, edge] as const, [5n, negative] as const],
        [[5n, edge] as const, [fieldOrder - 5n, edge] as const],
        [[5n, edge] as const, [5n, edge] as const, [fieldOrder - 5n, edge] as const],
      ]) {
        expect(agrees(terms, 32)).toBe(true);
      }
    }
    expect(agrees([], 32)).toBe(true);
    expect(agrees([[0n, 7n]], 32)).toBe(true);
  });

  it("agree on long lists of every length class, also when all points and scalars are the same", () => {
    // Distinct points are dear in the reference: few of them, and scalars that differ.
    const distinct = Array.from({ length: 60 }, (_, i) => (fieldOrder / 7n) * BigInt(i % 7) + BigInt(i * i + 1));
    for (const count of [2, 3, 31, 32, 33, 500, 3_000, 9_000]) {
      const terms = Array.from(
        { length: count },
        (_, i) =>
          [distinct[i % 60] as bigint, (BigInt(i + 1) * 0x1f123bb5_9e3779b9_7f4a7c15n ** 4n) % fieldOrder] as const,
      );
      expect(agrees(terms, 32)).toBe(true);
      expect(agrees(new Array(count).fill([3n, fieldOrder - 2n]), 32)).toBe(true);
      expect(
        agrees(
          terms.map(([logarithm, scalar]) => [logarithm, scalar & 0xffff_ffffn]),
          4,
        ),
      ).toBe(true);
    }
  });

  it("refuse lists of different lengths", () => {
    expect(() => sums.sum(pointBytes(1n), new Uint8Array(64), 32)).toThrow(/as many scalars as points/);
  });
});
