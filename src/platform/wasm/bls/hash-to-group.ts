/**
 * Messages to points of G2: BLS12381G2_XMD:SHA-256_SSWU_RO_ (RFC 9380, section 8.8.2). Hashing and reducing stay in
 * @noble/curves; the map, the isogeny and clearing the cofactor run on the kernel, which is where the time goes.
 * @module
 */
import { hash_to_field } from "@noble/curves/abstract/hash-to-curve.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { BlsCurve } from "./bls-curve.ts";
import { coordinateOrder, type Pair } from "./bls-field.ts";

const p = coordinateOrder;
/** The curve that the map ends on, y² = x³ + ax + b, and the map's constant z. */
const a: Pair = [0n, 240n];
const b: Pair = [1012n, 1012n];
const z: Pair = [p - 2n, p - 1n];

/** The isogeny to the curve of signatures (appendix E.3): coefficients of numerators and denominators, lowest first. */
const xNumerator: readonly Pair[] = [
  same(0x5c759507e8e333ebb5b7a9a47d7ed8532c52d39fd3a042a88b58423c50ae15d5c2638e343d9c71c6238aaaaaaaa97d6n),
  [0n, 0x11560bf17baa99bc32126fced787c88f984f87adf7ae0c7f9a208c6b4f20a4181472aaa9cb8d555526a9ffffffffc71an],
  [
    0x11560bf17baa99bc32126fced787c88f984f87adf7ae0c7f9a208c6b4f20a4181472aaa9cb8d555526a9ffffffffc71en,
    0x8ab05f8bdd54cde190937e76bc3e447cc27c3d6fbd7063fcd104635a790520c0a395554e5c6aaaa9354ffffffffe38dn,
  ],
  [0x171d6541fa38ccfaed6dea691f5fb614cb14b4e7f4e810aa22d6108f142b85757098e38d0f671c7188e2aaaaaaaa5ed1n, 0n],
];
const xDenominator: readonly Pair[] = [
  [0n, p - 72n],
  [12n, p - 12n],
  [1n, 0n],
];
const yNumerator: readonly Pair[] = [
  same(0x1530477c7ab4113b59a4c18b076d11930f7da5d4a07f649bf54439d87d27e500fc8c25ebf8c92f6812cfc71c71c6d706n),
  [0n, 0x5c759507e8e333ebb5b7a9a47d7ed8532c52d39fd3a042a88b58423c50ae15d5c2638e343d9c71c6238aaaaaaaa97ben],
  [
    0x11560bf17baa99bc32126fced787c88f984f87adf7ae0c7f9a208c6b4f20a4181472aaa9cb8d555526a9ffffffffc71cn,
    0x8ab05f8bdd54cde190937e76bc3e447cc27c3d6fbd7063fcd104635a790520c0a395554e5c6aaaa9354ffffffffe38fn,
  ],
  [0x124c9ad43b6cf79bfbf7043de3811ad0761b0f37a1e26286b0e977c69aa274524e79097a56dc4bd9e1b371c71c718b10n, 0n],
];
const yDenominator: readonly Pair[] = [
  [p - 432n, p - 432n],
  [0n, p - 216n],
  [18n, p - 18n],
  [1n, 0n],
];

function same(value: bigint): Pair {
  return [value, value];
}

/** Hashes messages on one curve instance. */
export class HashToGroup {
  readonly #curve: BlsCurve;
  readonly #a: number;
  readonly #b: number;
  readonly #z: number;
  readonly #one: number;
  readonly #minusBOverA: number;
  readonly #bOverZA: number;
  readonly #isogeny: Readonly<Record<"xNumerator" | "xDenominator" | "yNumerator" | "yDenominator", readonly number[]>>;

  constructor(curve: BlsCurve) {
    this.#curve = curve;
    const putAll = (pairs: readonly Pair[]): readonly number[] => pairs.map((pair) => curve.putPair(pair));
    [this.#a, this.#b, this.#z, this.#one] = putAll([a, b, z, [1n, 0n]]) as [number, number, number, number];
    this.#isogeny = {
      xNumerator: putAll(xNumerator),
      xDenominator: putAll(xDenominator),
      yNumerator: putAll(yNumerator),
      yDenominator: putAll(yDenominator),
    };
    this.#minusBOverA = curve.take(curve.sizes.pair);
    curve.functions.f2Invert(this.#a, this.#minusBOverA);
    curve.functions.f2Multiply(this.#minusBOverA, this.#b, this.#minusBOverA);
    this.#bOverZA = curve.take(curve.sizes.pair);
    curve.functions.f2Invert(this.#z, this.#bOverZA);
    curve.functions.f2Multiply(this.#bOverZA, this.#minusBOverA, this.#bOverZA);
    curve.negate(this.#minusBOverA, this.#minusBOverA);
  }

  /** Writes the message's point to `to`, Jacobian. */
  hash(message: Uint8Array, DST: string, to: number): void {
    const curve = this.#curve;
    const fields = hash_to_field(message, 2, { p, m: 2, k: 128, expand: "xmd", hash: sha256, DST });
    const mark = curve.mark();
    const other = curve.take(curve.sizes.g2Jacobian);
    for (const [i, [real = 0n, imaginary = 0n]] of fields.entries()) {
      this.#map(curve.putPair([real, imaginary]), i === 0 ? to : other);
    }
    curve.functions.g2Add(to, other, to);
    this.#clearCofactor(to);
    curve.release(mark);
  }

  /** Whether an element is odd: its real part, or the imaginary one where that is zero (`sgn0` of the RFC). */
  #isOdd(element: number): boolean {
    const curve = this.#curve;
    const part = curve.functions.f1IsZero(element) !== 0 ? element + curve.sizes.field : element;
    return ((curve.coordinate(part).at(-1) as number) & 1) === 1;
  }

  /** The simplified map of Shallue, van de Woestijne and Ulas (section 6.6.2), then the isogeny. */
  #map(u: number, to: number): void {
    const curve = this.#curve;
    const [zuu, x, y, right] = [0, 0, 0, 0].map(() => curve.take(curve.sizes.pair)) as [number, number, number, number];
    curve.functions.f2Square(u, zuu);
    curve.functions.f2Multiply(zuu, this.#z, zuu);
    curve.functions.f2Square(zuu, x);
    curve.functions.f2Add(x, zuu, x);
    if (curve.functions.f2IsZero(x) !== 0) curve.copy(this.#bOverZA, x, curve.sizes.pair);
    else {
      curve.functions.f2Invert(x, x);
      curve.functions.f2Add(x, this.#one, x);
      curve.functions.f2Multiply(x, this.#minusBOverA, x);
    }
    this.#rightSide(x, right);
    if (!curve.quadraticRoot(right, y)) {
      curve.functions.f2Multiply(x, zuu, x);
      this.#rightSide(x, right);
      if (!curve.quadraticRoot(right, y)) throw new Error("neither of two candidates is a square");
    }
    if (this.#isOdd(u) !== this.#isOdd(y)) curve.negate(y, y);
    this.#applyIsogeny(x, y, to);
  }

  /** x³ + ax + b. */
  #rightSide(x: number, to: number): void {
    const curve = this.#curve;
    curve.functions.f2Square(x, to);
    curve.functions.f2Add(to, this.#a, to);
    curve.functions.f2Multiply(to, x, to);
    curve.functions.f2Add(to, this.#b, to);
  }

  /** A polynomial at x, by Horner's rule. */
  #evaluate(coefficients: readonly number[], x: number): number {
    const curve = this.#curve;
    const value = curve.take(curve.sizes.pair);
    curve.copy(coefficients.at(-1) as number, value, curve.sizes.pair);
    for (const coefficient of coefficients.slice(0, -1).toReversed()) {
      curve.functions.f2Multiply(value, x, value);
      curve.functions.f2Add(value, coefficient, value);
    }
    return value;
  }

  /** The isogeny's point as Jacobian, without a division: z is the product of both denominators. */
  #applyIsogeny(x: number, y: number, to: number): void {
    const curve = this.#curve;
    const xn = this.#evaluate(this.#isogeny.xNumerator, x);
    const xd = this.#evaluate(this.#isogeny.xDenominator, x);
    const yn = this.#evaluate(this.#isogeny.yNumerator, x);
    const yd = this.#evaluate(this.#isogeny.yDenominator, x);
    const [toY, toZ] = [to + curve.sizes.pair, to + 2 * curve.sizes.pair];
    curve.functions.f2Multiply(xd, yd, toZ);
    // x = xn/xd = xn·yd·z / z², y = y·yn/yd = y·yn·xd·z² / z³.
    curve.functions.f2Multiply(xn, yd, to);
    curve.functions.f2Multiply(to, toZ, to);
    curve.functions.f2Multiply(y, yn, toY);
    curve.functions.f2Multiply(toY, xd, toY);
    curve.functions.f2Multiply(toY, toZ, toY);
    curve.functions.f2Multiply(toY, toZ, toY);
  }

  /** Takes a point off another. */
  #subtract(from: number, point: number): void {
    const curve = this.#curve;
    const mark = curve.mark();
    const opposite = curve.take(curve.sizes.g2Jacobian);
    curve.copy(point, opposite, curve.sizes.g2Jacobian);
    curve.opposite(opposite);
    curve.functions.g2Add(from, opposite, from);
    curve.release(mark);
  }

  /** Into the group (appendix G.3): [x² − x − 1]P + [x − 1]ψ(P) + ψ²(2P). */
  #clearCofactor(point: number): void {
    const curve = this.#curve;
    const { g2Jacobian } = curve.sizes;
    const [t1, t2, t3, spare] = [0, 0, 0, 0].map(() => curve.take(g2Jacobian)) as [number, number, number, number];
    curve.timesParameter(point, t1);
    curve.psi(point, t2);
    curve.functions.g2Double(point, spare);
    curve.psi(spare, t3);
    curve.psi(t3, spare);
    curve.copy(spare, t3, g2Jacobian);
    this.#subtract(t3, t2);
    curve.functions.g2Add(t2, t1, t2);
    curve.timesParameter(t2, spare);
    curve.functions.g2Add(t3, spare, t3);
    this.#subtract(t3, t1);
    this.#subtract(t3, point);
    curve.copy(t3, point, g2Jacobian);
  }
}
