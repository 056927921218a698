/**
 * The kernel of assembly/bls.ts: an instance with a memory of its own, elements of its fields into that memory and out of it,
 * square roots. Synchronous, one thread. Addresses are offsets into the memory.
 * @module
 */
import { base64 } from "@scure/base";
import { bigEndian, compareBytes } from "#protocol/codec/bytes.ts";
import { blsKernelBase64 } from "../bls.generated.ts";
import { KernelMemory } from "../kernel-memory.ts";

/** What the kernel does; addresses of operands, then of the result. */
export interface BlsFunctions {
  heapBase(): number;
  fieldBytes(): number;
  start(exponent: number): void;
  f1Read(from: number, to: number): void;
  f1Write(from: number, to: number): void;
  f1Multiply(a: number, b: number, to: number): void;
  f1Square(a: number, to: number): void;
  f1Add(a: number, b: number, to: number): void;
  f1Subtract(a: number, b: number, to: number): void;
  f1Power(a: number, exponent: number, to: number): void;
  f1IsZero(a: number): number;
  f2Multiply(a: number, b: number, to: number): void;
  f2Square(a: number, to: number): void;
  f2Add(a: number, b: number, to: number): void;
  f2Subtract(a: number, b: number, to: number): void;
  f2Invert(a: number, to: number): void;
  f2Conjugate(a: number, to: number): void;
  f2IsZero(a: number): number;
  g1Add(p: number, q: number, to: number): void;
  g1AddMixed(p: number, affine: number, to: number): void;
  g1Multiply(p: number, scalar: number, bytes: number, to: number): void;
  g1ToAffine(p: number, to: number): void;
  g1IsInfinity(p: number): number;
  g2Double(p: number, to: number): void;
  g2Add(p: number, q: number, to: number): void;
  g2AddMixed(p: number, affine: number, to: number): void;
  g2Multiply(p: number, scalar: number, bytes: number, to: number): void;
  g2ToAffine(p: number, to: number): void;
  g2IsInfinity(p: number): number;
  prepareLines(affine: number, to: number): number;
  isProductOne(pairs: number, count: number): number;
}

/** Order of the coordinates' field. */
export const coordinateOrder =
  0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;

/** Bytes of a coordinate outside. */
export const coordinateBytes = 48;
/** 64 MB: a batch of 64 messages takes 2 MB. */
const maximumPages = 1_024;
const orderBytes = bigEndian(coordinateOrder, coordinateBytes);
const halfBytes = bigEndian((coordinateOrder - 1n) / 2n, coordinateBytes);

/** An element of the quadratic field: real part, imaginary part. */
export type Pair = readonly [real: bigint, imaginary: bigint];

/** A started instance. */
interface KernelInstance {
  readonly functions: BlsFunctions;
  readonly memory: WebAssembly.Memory;
}

/** Starts an instance. */
export async function startInstance(): Promise<KernelInstance> {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: maximumPages });
  const code = base64.decode(blsKernelBase64) as Uint8Array<ArrayBuffer>;
  const { instance } = await WebAssembly.instantiate(code, { env: { memory } });
  return { functions: instance.exports as unknown as BlsFunctions, memory };
}

/** An instance's memory and fields. What was taken of the memory is given back in the reverse order. */
export class BlsField extends KernelMemory {
  readonly functions: BlsFunctions;
  /** Bytes of elements and points in memory. */
  readonly sizes: Readonly<Record<"field" | "pair" | "g1" | "g1Jacobian" | "g2" | "g2Jacobian", number>>;
  #end: number;
  readonly #zero: number;
  readonly #oneHalf: number;
  /** Exponents, little-endian: (p − 3)/4 and (p + 1)/4. */
  readonly #quarterLess: number;
  readonly #quarterMore: number;

  constructor({ functions, memory }: KernelInstance) {
    super(memory);
    this.functions = functions;
    this.#end = (functions.heapBase() + 7) & ~7;
    const field = functions.fieldBytes();
    this.sizes = { field, pair: 2 * field, g1: 2 * field, g1Jacobian: 3 * field, g2: 4 * field, g2Jacobian: 6 * field };
    const exponent = (value: bigint): number => this.put(bigEndian(value, coordinateBytes).reverse());
    this.#quarterLess = exponent((coordinateOrder - 3n) / 4n);
    this.#quarterMore = exponent((coordinateOrder + 1n) / 4n);
    this.#zero = this.putPair([0n, 0n]);
    this.#oneHalf = this.putPair([(coordinateOrder + 1n) / 2n, 0n]);
    functions.start(exponent((coordinateOrder - 1n) / 6n));
  }

  override mark(): number {
    return this.#end;
  }

  override release(mark: number): void {
    this.#end = mark;
  }

  /** Copies what stands at one address to another. */
  copy(from: number, to: number, bytes: number): void {
    this.view(to, bytes).set(this.view(from, bytes));
  }

  /** Takes memory for an element of the quadratic field. */
  putPair(parts: Pair): number {
    const at = this.take(this.sizes.pair);
    for (const [i, part] of parts.entries())
      this.readField(bigEndian(part, coordinateBytes), at + i * this.sizes.field);
    return at;
  }

  /** A coordinate out of memory, as 48 bytes, big-endian. */
  coordinate(element: number): Uint8Array {
    const mark = this.mark();
    const plain = this.take(coordinateBytes);
    this.functions.f1Write(element, plain);
    const bytes = this.view(plain, coordinateBytes).slice().reverse();
    this.release(mark);
    return bytes;
  }

  /** Reads 48 bytes without flags into memory; false if they are not below the field's order. */
  readField(bytes: Uint8Array, to: number): boolean {
    if (compareBytes(bytes, orderBytes) >= 0) return false;
    const mark = this.mark();
    this.functions.f1Read(this.put(Uint8Array.from(bytes).reverse()), to);
    this.release(mark);
    return true;
  }

  /** Whether a coordinate is above half of the field. */
  isLarger(element: number): boolean {
    return compareBytes(this.coordinate(element), halfBytes) > 0;
  }

  /** The sign of a quadratic element: that of the imaginary part, and of the real one where that is zero. */
  isUpper(element: number): boolean {
    const imaginary = element + this.sizes.field;
    return this.isLarger(this.functions.f1IsZero(imaginary) !== 0 ? element : imaginary);
  }

  /** Whether two elements of the base field are equal. */
  isSame(a: number, b: number): boolean {
    const mark = this.mark();
    const difference = this.take(this.sizes.field);
    this.functions.f1Subtract(a, b, difference);
    const equal = this.functions.f1IsZero(difference) !== 0;
    this.release(mark);
    return equal;
  }

  /** Whether two quadratic elements are equal. */
  isEqual(a: number, b: number): boolean {
    return this.isSame(a, b) && this.isSame(a + this.sizes.field, b + this.sizes.field);
  }

  /** −a in the base field. */
  negateBase(a: number, to: number): void {
    this.functions.f1Subtract(this.#zero, a, to);
  }

  /** −a in the quadratic field. */
  negate(a: number, to: number): void {
    this.functions.f2Subtract(this.#zero, a, to);
  }

  /** Writes a square root in the base field of `from` to `to`; false if there is none. */
  baseRoot(from: number, to: number): boolean {
    const mark = this.mark();
    const square = this.take(this.sizes.field);
    this.functions.f1Power(from, this.#quarterMore, to);
    this.functions.f1Square(to, square);
    const good = this.isSame(square, from);
    this.release(mark);
    return good;
  }

  /** Writes a root of the norm of a quadratic element, which is a square exactly where its norm is; false if there is none. */
  #normRoot(element: number, to: number): boolean {
    const mark = this.mark();
    const [norm, other] = [this.take(this.sizes.field), this.take(this.sizes.field)];
    this.functions.f1Square(element, norm);
    this.functions.f1Square(element + this.sizes.field, other);
    this.functions.f1Add(norm, other, norm);
    const good = this.baseRoot(norm, to);
    this.release(mark);
    return good;
  }

  /**
   * Writes a square root of a + bi to `to`; false if there is none. With s a root of the norm, t = (a + s)/2 and
   * w = t^((p − 3)/4): if t is a square its root is tw and that of a + bi is tw + (bw/2)i; otherwise it is −bw/2 + twi. One
   * power serves root and division alike.
   */
  quadraticRoot(from: number, to: number): boolean {
    const { f1Add, f1Subtract, f1Multiply, f1Square, f1Power, f1IsZero, f2Square } = this.functions;
    const { field, pair } = this.sizes;
    const mark = this.mark();
    const [s, t, w, tw] = [0, 0, 0, 0].map(() => this.take(field)) as [number, number, number, number];
    const square = this.take(pair);
    let good = this.#normRoot(from, s);
    if (good) {
      f1Add(from, s, t);
      if (f1IsZero(t) !== 0) f1Subtract(from, s, t);
      f1Multiply(t, this.#oneHalf, t);
      f1Power(t, this.#quarterLess, w);
      f1Multiply(t, w, tw);
      f1Multiply(from + field, w, s);
      f1Multiply(s, this.#oneHalf, s);
      f1Square(tw, square);
      const straight = this.isSame(square, t);
      if (straight) this.copy(tw, to, field);
      else this.negateBase(s, to);
      this.copy(straight ? s : tw, to + field, field);
      f2Square(to, square);
      good = this.isEqual(square, from);
    }
    this.release(mark);
    return good;
  }
}
