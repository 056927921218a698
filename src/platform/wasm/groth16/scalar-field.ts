/**
 * Arithmetic of the scalar field on bigints, for the few values that are not worth a call into the kernel, and the
 * little-endian bytes in which the kernel takes them.
 * @module
 */
import { fieldOrder } from "#protocol/proofs/field.ts";

/** Bytes of a scalar. */
export const scalarBytes = 32;

/** Reduces any integer. */
export function reduce(value: bigint): bigint {
  const rest = value % fieldOrder;
  return rest < 0n ? rest + fieldOrder : rest;
}

/** Square and multiply. */
export function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = reduce(base), left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % fieldOrder;
    square = (square * square) % fieldOrder;
  }
  return result;
}

/** 1 / value; 0 for 0. */
export function inverse(value: bigint): bigint {
  return power(value, fieldOrder - 2n);
}

/** A primitive root of unity of order 2^bits, the one that the kernel's transforms use. */
export function rootOfUnity(bits: number): bigint {
  return power(5n, (fieldOrder - 1n) >> BigInt(bits));
}

/** Writes scalars one after the other. */
export function scalarsToBytes(values: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(values.length * scalarBytes);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) {
    for (let word = 0; word < 4; word++) {
      view.setBigUint64(i * scalarBytes + 8 * word, BigInt.asUintN(64, value >> BigInt(64 * word)), true);
    }
  }
  return bytes;
}

/** Reads one scalar. */
export function scalarFromBytes(bytes: Uint8Array, at = 0): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, scalarBytes);
  let value = 0n;
  for (let word = 3; word >= 0; word--) value = (value << 64n) | view.getBigUint64(8 * word, true);
  return value;
}

/** A scalar from 64 random bytes: so much longer than the order that the bias is below 2^−250. */
export function scalarFromEntropy(bytes: Uint8Array): bigint {
  if (bytes.length !== 64) throw new Error("a scalar is drawn from 64 bytes");
  return reduce(scalarFromBytes(bytes, 0) + (scalarFromBytes(bytes, 32) << 256n));
}
