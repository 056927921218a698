/**
 * BLS12-381 in WebAssembly: the kernel of wasmcurves for it, square roots of its own (the kernel's never end on what is no
 * square), and keys and signatures into its memory, refused unless canonical, on the curve, in the group and not infinity.
 * @module
 */
import * as kernel from "wasmcurves/build/bls12381_wasm.js";
import { bigEndian, compareBytes, concatBytes } from "#protocol/codec/bytes.ts";
import { blsSizes } from "#protocol/crypto/bls-check.ts";
import { CurveKernel, startKernel } from "../curve-kernel.ts";

/** Bytes of field elements and points in memory. */
export const sizes = { field: 48, g1: 96, g1Jacobian: 144, g2: 192, g2Jacobian: 288, gt: 576 } as const;

/** Order of the coordinates' field. */
export const coordinateOrder =
  0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;

const orderBytes = bigEndian(coordinateOrder, sizes.field);
const halfBytes = bigEndian((coordinateOrder - 1n) / 2n, sizes.field);
const flags = { compressed: 0x80, infinity: 0x40, larger: 0x20, all: 0xe0 } as const;

/** An element of the quadratic field: real part, imaginary part. */
export type Pair = readonly [real: bigint, imaginary: bigint];

/** An instance of the kernel. */
export class BlsCurve extends CurveKernel {
  /** Address of the generator of G1, Jacobian. */
  readonly generator = kernel.pG1gen;
  /** Exponents, little-endian: (p − 3)/4 and (p + 1)/4. */
  readonly #quarterLess = this.put(bigEndian((coordinateOrder - 3n) / 4n, sizes.field).reverse());
  readonly #quarterMore = this.put(bigEndian((coordinateOrder + 1n) / 4n, sizes.field).reverse());
  readonly #oneHalf = this.putPair([(coordinateOrder + 1n) / 2n, 0n]);

  /** Starts an instance; about 30 ms. */
  static async start(): Promise<BlsCurve> {
    return new BlsCurve(await startKernel(kernel.code));
  }

  /** Takes memory for an element of the quadratic field. */
  putPair([real, imaginary]: Pair): number {
    const at = this.put(bigEndian(real, sizes.field).reverse());
    this.put(bigEndian(imaginary, sizes.field).reverse());
    this.call("f2m_toMontgomery", at, at);
    return at;
  }

  /** A coordinate out of memory, as 48 bytes, big-endian. */
  fieldBytes(element: number): Uint8Array {
    const mark = this.mark();
    const plain = this.take(sizes.field);
    this.call("f1m_fromMontgomery", element, plain);
    const bytes = this.view(plain, sizes.field).slice().reverse();
    this.release(mark);
    return bytes;
  }

  /** Reads 48 bytes without flags into memory; false if they are not below the field's order. */
  #readField(bytes: Uint8Array, to: number): boolean {
    if (compareBytes(bytes, orderBytes) >= 0) return false;
    this.view(to, sizes.field).set(Uint8Array.from(bytes).reverse());
    this.call("f1m_toMontgomery", to, to);
    return true;
  }

  /** Whether a coordinate is above half of the field. */
  #isLarger(element: number): boolean {
    return compareBytes(this.fieldBytes(element), halfBytes) > 0;
  }

  /** Writes a square root in the base field of `from` to `to`; false if there is none. */
  #baseRoot(from: number, to: number): boolean {
    const mark = this.mark();
    const square = this.take(sizes.field);
    this.call("f1m_exp", from, this.#quarterMore, sizes.field, to);
    this.call("f1m_square", to, square);
    const good = this.call("f1m_eq", square, from) !== 0;
    this.release(mark);
    return good;
  }

  /** Writes a root of the norm of a quadratic element, which is a square exactly where its norm is; false if there is none. */
  #normRoot(element: number, to: number): boolean {
    const mark = this.mark();
    const [norm, other] = [this.take(sizes.field), this.take(sizes.field)];
    this.call("f1m_square", element, norm);
    this.call("f1m_square", element + sizes.field, other);
    this.call("f1m_add", norm, other, norm);
    const good = this.#baseRoot(norm, to);
    this.release(mark);
    return good;
  }

  /**
   * Writes a square root of a + bi to `to`; false if there is none. With s a root of the norm, t = (a + s)/2 and
   * w = t^((p − 3)/4): if t is a square its root is tw and that of a + bi is tw + (bw/2)i; otherwise it is −bw/2 + twi. One
   * power serves root and division alike.
   */
  quadraticRoot(from: number, to: number): boolean {
    const mark = this.mark();
    const [s, t, w, tw] = [0, 0, 0, 0].map(() => this.take(sizes.field)) as [number, number, number, number];
    const square = this.take(2 * sizes.field);
    let good = this.#normRoot(from, s);
    if (good) {
      this.call("f1m_add", from, s, t);
      if (this.call("f1m_isZero", t) !== 0) this.call("f1m_sub", from, s, t);
      this.call("f1m_mul", t, this.#oneHalf, t);
      this.call("f1m_exp", t, this.#quarterLess, sizes.field, w);
      this.call("f1m_mul", t, w, tw);
      this.call("f1m_mul", from + sizes.field, w, s);
      this.call("f1m_mul", s, this.#oneHalf, s);
      this.call("f1m_square", tw, square);
      const straight = this.call("f1m_eq", square, t) !== 0;
      if (straight) this.call("f1m_copy", tw, to);
      else this.call("f1m_neg", s, to);
      this.call("f1m_copy", straight ? s : tw, to + sizes.field);
      this.call("f2m_square", to, square);
      good = this.call("f2m_eq", square, from) !== 0;
    }
    this.release(mark);
    return good;
  }

  /** Reads a public key into `to`, affine; false if the bytes are none. */
  readKey(bytes: Uint8Array, to: number): boolean {
    const head = bytes[0] as number;
    if (bytes.length !== blsSizes.publicKey || (head & (flags.compressed | flags.infinity)) !== flags.compressed)
      return false;
    const coordinate = Uint8Array.from(bytes);
    coordinate[0] = head & ~flags.all;
    const y = to + sizes.field;
    const mark = this.mark();
    const right = this.take(sizes.field);
    const good = this.#readField(coordinate, to) && this.#baseRoot(this.#rightSide("f1m", kernel.pG1b, to, right), y);
    this.release(mark);
    if (!good) return false;
    if (this.#isLarger(y) !== ((head & flags.larger) !== 0)) this.call("f1m_neg", y, y);
    return this.call("g1m_inGroupAffine", to) !== 0;
  }

  /** Reads a signature into `to`, affine; false if the bytes are none. */
  readSignature(bytes: Uint8Array, to: number): boolean {
    const head = bytes[0] as number;
    if (bytes.length !== blsSizes.signature || (head & (flags.compressed | flags.infinity)) !== flags.compressed)
      return false;
    const imaginary = Uint8Array.from(bytes.subarray(0, sizes.field));
    imaginary[0] = head & ~flags.all;
    const y = to + 2 * sizes.field;
    const mark = this.mark();
    const right = this.take(2 * sizes.field);
    const good =
      this.#readField(imaginary, to + sizes.field) &&
      this.#readField(bytes.subarray(sizes.field), to) &&
      this.quadraticRoot(this.#rightSide("f2m", kernel.pG2b, to, right), y);
    this.release(mark);
    if (!good) return false;
    if (this.#isUpper(y) !== ((head & flags.larger) !== 0)) this.call("f2m_neg", y, y);
    return this.call("g2m_inGroupAffine", to) !== 0;
  }

  /** The compressed form of a Jacobian point of G2, not infinity. */
  signatureBytes(point: number): Uint8Array {
    const mark = this.mark();
    const affine = this.take(sizes.g2);
    this.call("g2m_toAffine", point, affine);
    const bytes = concatBytes(this.fieldBytes(affine + sizes.field), this.fieldBytes(affine));
    bytes[0] = (bytes[0] as number) | flags.compressed | (this.#isUpper(affine + 2 * sizes.field) ? flags.larger : 0);
    this.release(mark);
    return bytes;
  }

  /** The sign of a quadratic element: that of the imaginary part, and of the real one where that is zero. */
  #isUpper(element: number): boolean {
    const imaginary = element + sizes.field;
    return this.#isLarger(this.call("f1m_isZero", imaginary) !== 0 ? element : imaginary);
  }

  /** x³ + b, written to `to`; returns it. */
  #rightSide(field: "f1m" | "f2m", b: number, x: number, to: number): number {
    this.call(`${field}_square`, x, to);
    this.call(`${field}_mul`, x, to, to);
    this.call(`${field}_add`, to, b, to);
    return to;
  }
}
