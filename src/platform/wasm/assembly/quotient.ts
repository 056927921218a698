/**
 * The quotient polynomial of a Groth16 proof: (A·w)(B·w) − C·w over the coset beside the domain of the constraints, where
 * C·w is their product on the domain itself. The inverse transform leaves its values in bit-reversed order and the forward
 * one takes them so: nothing is ever permuted.
 */
import {
  add,
  elementBytes,
  isZero,
  multiply,
  outsideBytes,
  read,
  setOne,
  setZero,
  subtract,
  subtractLoosely,
  write,
} from "./scalar-field";

const product: usize = memory.data(36, 8);
const difference: usize = memory.data(36, 8);
const scale: usize = memory.data(36, 8);

/** Where the host may put things: behind the kernel's own. */
export function heapBase(): usize {
  return __heap_base;
}

/** Bytes of an element in the kernel's form. */
export function bytesOfElement(): usize {
  return elementBytes;
}

/** Turns `count` plain scalars into elements. */
export function readAll(from: usize, count: u32, to: usize): void {
  for (let i: u32 = 0; i < count; i++) read(from + <usize>i * outsideBytes, to + <usize>i * elementBytes);
}

/** Turns `count` elements into plain scalars. */
export function writeAll(from: usize, count: u32, to: usize): void {
  for (let i: u32 = 0; i < count; i++) write(from + <usize>i * elementBytes, to + <usize>i * outsideBytes);
}

let cursor: usize = 0;

/** The next number of the rows: seven bits a byte, lowest first. */
function nextNumber(): u32 {
  let value: u32 = 0;
  let shift: u32 = 0;
  let byte: u32;
  do {
    byte = <u32>load<u8>(cursor++);
    value |= (byte & 127) << shift;
    shift += 7;
  } while (byte >= 128);
  return value;
}

/** One row of a matrix: Σ factor × signal. */
function sumRow(factors: usize, witness: usize, to: usize): void {
  setZero(to);
  for (let left = nextNumber(); left > 0; left--) {
    const signal = witness + <usize>nextNumber() * elementBytes;
    const factor = factors + <usize>nextNumber() * elementBytes;
    if (isZero(signal)) continue;
    multiply(factor, signal, product);
    add(to, product, to);
  }
}

/** A·w, B·w and their products row by row; rows beyond the last are zero. `a`, `b`, `c` have `size` elements. */
export function multiplyMatrices(
  rows: usize,
  rowsEnd: usize,
  factors: usize,
  witness: usize,
  a: usize,
  b: usize,
  c: usize,
  size: u32,
): void {
  cursor = rows;
  for (let row: u32 = 0; row < size; row++) {
    const at = <usize>row * elementBytes;
    if (cursor < rowsEnd) {
      sumRow(factors, witness, a + at);
      sumRow(factors, witness, b + at);
    } else {
      setZero(a + at);
      setZero(b + at);
    }
    multiply(a + at, b + at, c + at);
  }
}

/** Powers of an element from the zeroth. */
export function fillPowers(base: usize, count: u32, to: usize): void {
  setOne(to);
  for (let i: u32 = 1; i < count; i++) multiply(to + <usize>(i - 1) * elementBytes, base, to + <usize>i * elementBytes);
}

/** Values to coefficients times `size`, in bit-reversed order; `roots` are powers of the inverse root. */
export function toCoefficients(values: usize, size: u32, roots: usize): void {
  for (let half = size >> 1, stride: u32 = 1; half > 0; half >>= 1, stride <<= 1) {
    const reach = <usize>half * elementBytes;
    for (let start: u32 = 0; start < size; start += 2 * half) {
      for (let k: u32 = 0; k < half; k++) {
        const low = values + <usize>(start + k) * elementBytes;
        const high = low + reach;
        subtractLoosely(low, high, difference);
        add(low, high, low);
        multiply(difference, roots + <usize>(k * stride) * elementBytes, high);
      }
    }
  }
}

/** Coefficients in bit-reversed order to values; `roots` are powers of the root. */
export function toValues(coefficients: usize, size: u32, roots: usize): void {
  for (let half: u32 = 1, stride = size >> 1; half < size; half <<= 1, stride >>= 1) {
    const reach = <usize>half * elementBytes;
    for (let start: u32 = 0; start < size; start += 2 * half) {
      for (let k: u32 = 0; k < half; k++) {
        const low = coefficients + <usize>(start + k) * elementBytes;
        const high = low + reach;
        multiply(roots + <usize>(k * stride) * elementBytes, high, product);
        subtract(low, product, high);
        add(low, product, low);
      }
    }
  }
}

/** Multiplies coefficient i, which stands at i with its `bits` bits reversed, with power i and a constant. */
export function shift(coefficients: usize, bits: u32, powers: usize, constant: usize): void {
  for (let i: u32 = 0; i < <u32>1 << bits; i++) {
    let reversed: u32 = 0;
    for (let bit: u32 = 0; bit < bits; bit++) reversed |= ((i >> bit) & 1) << (bits - 1 - bit);
    const at = coefficients + <usize>reversed * elementBytes;
    multiply(powers + <usize>i * elementBytes, constant, scale);
    multiply(at, scale, at);
  }
}

/** a × b − c, over a. */
export function combine(a: usize, b: usize, c: usize, size: u32): void {
  for (let i: u32 = 0; i < size; i++) {
    const at = <usize>i * elementBytes;
    multiply(a + at, b + at, product);
    subtract(product, c + at, a + at);
  }
}
