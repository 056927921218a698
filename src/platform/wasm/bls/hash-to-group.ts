/**
 * Messages to points of G2: BLS12381G2_XMD:SHA-256_SSWU_RO_ (RFC 9380, section 8.8.2). Hashing and reducing stay in
 * @noble/curves; the map, the isogeny and clearing the cofactor run on the kernel, which is where the time goes.
 * @module
 */
import { hash_to_field } from "@noble/curves/abstract/hash-to-curve.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { type BlsCurve, coordinateOrder, type Pair, sizes } from "./bls-curve.ts";

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

/** Factors of x and y in the endomorphism ψ (appendix G.3). */
const psiX: Pair = [
  0n,
  0x1a0111ea397fe699ec02408663d4de85aa0d857d89759ad4897d29650fb85f9b409427eb4f49fffd8bfd00000000aaadn,
];
const psiY: Pair = [
  0x135203e60180a68ee2e9c448d77a2cd91c3dedd930b1cf60ef396489f61eb45e304466cf3e67fa0af1ee7b04121bdea2n,
  0x6af0e0437ff400b6831e36d6bd17ffe48395dabc2d3435e77f76e17009241c5ee67992f72ec05f4c81084fbede3cc09n,
];
/** The curve's parameter, little-endian, without its sign. */
const parameter = Uint8Array.of(0, 0, 1, 0, 0, 0, 1, 0xd2);

function same(value: bigint): Pair {
  return [value, value];
}

const pairBytes = 2 * sizes.field;

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
  readonly #psiX: number;
  readonly #psiY: number;
  readonly #parameter: number;

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
    [this.#psiX, this.#psiY] = putAll([psiX, psiY]) as [number, number];
    this.#parameter = curve.put(parameter);
    this.#minusBOverA = curve.take(pairBytes);
    curve.call("f2m_inverse", this.#a, this.#minusBOverA);
    curve.call("f2m_mul", this.#minusBOverA, this.#b, this.#minusBOverA);
    this.#bOverZA = curve.take(pairBytes);
    curve.call("f2m_inverse", this.#z, this.#bOverZA);
    curve.call("f2m_mul", this.#bOverZA, this.#minusBOverA, this.#bOverZA);
    curve.call("f2m_neg", this.#minusBOverA, this.#minusBOverA);
  }

  /** Writes the message's point to `to`, Jacobian. */
  hash(message: Uint8Array, DST: string, to: number): void {
    const curve = this.#curve;
    const fields = hash_to_field(message, 2, { p, m: 2, k: 128, expand: "xmd", hash: sha256, DST });
    const mark = curve.mark();
    const other = curve.take(sizes.g2Jacobian);
    for (const [i, [real = 0n, imaginary = 0n]] of fields.entries()) {
      this.#map(curve.putPair([real, imaginary]), i === 0 ? to : other);
    }
    curve.call("g2m_add", to, other, to);
    this.#clearCofactor(to);
    curve.release(mark);
  }

  /** Whether an element is odd: its real part, or the imaginary one where that is zero (`sgn0` of the RFC). */
  #isOdd(element: number): boolean {
    const curve = this.#curve;
    const part = curve.call("f1m_isZero", element) !== 0 ? element + sizes.field : element;
    return ((curve.fieldBytes(part)[sizes.field - 1] as number) & 1) === 1;
  }

  /** The simplified map of Shallue, van de Woestijne and Ulas (section 6.6.2), then the isogeny. */
  #map(u: number, to: number): void {
    const curve = this.#curve;
    const [zuu, x, y, right] = [0, 0, 0, 0].map(() => curve.take(pairBytes)) as [number, number, number, number];
    curve.call("f2m_square", u, zuu);
    curve.call("f2m_mul", zuu, this.#z, zuu);
    curve.call("f2m_square", zuu, x);
    curve.call("f2m_add", x, zuu, x);
    if (curve.call("f2m_isZero", x) !== 0) curve.call("f2m_copy", this.#bOverZA, x);
    else {
      curve.call("f2m_inverse", x, x);
      curve.call("f2m_add", x, this.#one, x);
      curve.call("f2m_mul", x, this.#minusBOverA, x);
    }
    this.#rightSide(x, right);
    if (!curve.quadraticRoot(right, y)) {
      curve.call("f2m_mul", x, zuu, x);
      this.#rightSide(x, right);
      if (!curve.quadraticRoot(right, y)) throw new Error("neither of two candidates is a square");
    }
    if (this.#isOdd(u) !== this.#isOdd(y)) curve.call("f2m_neg", y, y);
    this.#applyIsogeny(x, y, to);
  }

  /** x³ + ax + b. */
  #rightSide(x: number, to: number): void {
    const curve = this.#curve;
    curve.call("f2m_square", x, to);
    curve.call("f2m_add", to, this.#a, to);
    curve.call("f2m_mul", to, x, to);
    curve.call("f2m_add", to, this.#b, to);
  }

  /** A polynomial at x, by Horner's rule. */
  #evaluate(coefficients: readonly number[], x: number): number {
    const curve = this.#curve;
    const value = curve.take(pairBytes);
    curve.call("f2m_zero", value);
    for (const coefficient of coefficients.toReversed()) {
      curve.call("f2m_mul", value, x, value);
      curve.call("f2m_add", value, coefficient, value);
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
    const [toY, toZ] = [to + pairBytes, to + 2 * pairBytes];
    curve.call("f2m_mul", xd, yd, toZ);
    // x = xn/xd = xn·yd·z / z², y = y·yn/yd = y·yn·xd·z² / z³.
    curve.call("f2m_mul", xn, yd, to);
    curve.call("f2m_mul", to, toZ, to);
    curve.call("f2m_mul", y, yn, toY);
    curve.call("f2m_mul", toY, xd, toY);
    curve.call("f2m_mul", toY, toZ, toY);
    curve.call("f2m_mul", toY, toZ, toY);
  }

  /** ψ of a Jacobian point: conjugates times the factors. */
  #psi(point: number, to: number): void {
    const curve = this.#curve;
    for (let part = 0; part < 3; part++) curve.call("f2m_conjugate", point + part * pairBytes, to + part * pairBytes);
    curve.call("f2m_mul", to, this.#psiX, to);
    curve.call("f2m_mul", to + pairBytes, this.#psiY, to + pairBytes);
  }

  /** Times the curve's parameter, which is negative. */
  #timesParameter(point: number, to: number): void {
    this.#curve.call("g2m_timesScalar", point, this.#parameter, parameter.length, to);
    this.#curve.call("g2m_neg", to, to);
  }

  /** Into the group (appendix G.3): [x² − x − 1]P + [x − 1]ψ(P) + ψ²(2P). */
  #clearCofactor(point: number): void {
    const curve = this.#curve;
    const [t1, t2, t3, spare] = [0, 0, 0, 0].map(() => curve.take(sizes.g2Jacobian)) as [
      number,
      number,
      number,
      number,
    ];
    this.#timesParameter(point, t1);
    this.#psi(point, t2);
    curve.call("g2m_double", point, spare);
    this.#psi(spare, t3);
    this.#psi(t3, spare);
    curve.call("g2m_sub", spare, t2, t3);
    curve.call("g2m_add", t2, t1, t2);
    this.#timesParameter(t2, spare);
    curve.call("g2m_add", t3, spare, t3);
    curve.call("g2m_sub", t3, t1, t3);
    curve.call("g2m_sub", t3, point, point);
  }
}
