/**
 * Sums of multiples of shards over GF(2^8), the work of a Reed–Solomon code. Compiled twice: with SIMD a byte is multiplied
 * by looking up its two halves in tables of 16 products, 16 bytes at once; without it (ASC_FEATURE_SIMD false) by looking it
 * up in a table of 256. The host puts shards and coefficients behind `heapBase`; shards stand one after the other.
 */

/** Bytes worked on at once: a shard's size in memory is a multiple. */
const step: usize = 32;

/** Products of a factor: of 0 to 15, then of their sixteenfold; without SIMD of every byte. */
const productsOfFactor: usize = ASC_FEATURE_SIMD ? 32 : 256;
const products: usize = memory.data(ASC_FEATURE_SIMD ? 256 * 32 : 256 * 256, 16);

const bytesLookedUp: u32 = ASC_FEATURE_SIMD ? 16 : 256;

for (let factor: u32 = 0; factor < 256; factor++) {
  const row = products + <usize>factor * productsOfFactor;
  for (let byte: u32 = 0; byte < bytesLookedUp; byte++) {
    store<u8>(row + byte, <u8>product(factor, byte));
    if (ASC_FEATURE_SIMD) store<u8>(row + byte, <u8>product(factor, byte << 4), 16);
  }
}

/** Modulo x⁸ + x⁴ + x³ + x² + 1. */
function product(a: u32, b: u32): u32 {
  let sum: u32 = 0;
  for (; b != 0; b >>= 1) {
    if (b & 1) sum ^= a;
    a <<= 1;
    if (a & 0x100) a ^= 0x11d;
  }
  return sum;
}

/** Where the host may put things: behind the kernel's own. */
export function heapBase(): usize {
  return (__heap_base + 15) & ~15;
}

/** A shard's size in memory is a multiple of this; what stands behind its end is no matter. */
export function stepBytes(): usize {
  return step;
}

/**
 * Writes `rows` sums of `count` shards of `size` bytes to `to`; `coefficients` has a row of `count` bytes for each.
 */
export function combine(from: usize, count: usize, coefficients: usize, rows: usize, size: usize, to: usize): void {
  let row: usize = 0;
  for (; row + 2 <= rows; row += 2) {
    sumTwo(from, count, coefficients + row * count, size, to + row * size);
  }
  if (row < rows) sumOne(from, count, coefficients + row * count, size, to + row * size);
}

@inline
function productsOf(coefficient: usize): usize {
  return products + <usize>load<u8>(coefficient) * productsOfFactor;
}

/** Two sums at once: a shard's bytes are read and halved for both. */
function sumTwo(from: usize, count: usize, coefficients: usize, size: usize, to: usize): void {
  if (ASC_FEATURE_SIMD) {
    const low = i8x16.splat(15);
    for (let at: usize = 0; at < size; at += step) {
      let a0 = i64x2.splat(0);
      let a1 = i64x2.splat(0);
      let b0 = i64x2.splat(0);
      let b1 = i64x2.splat(0);
      let shard = from + at;
      for (let i = coefficients; i < coefficients + count; i++) {
        const first = productsOf(i);
        const second = productsOf(i + count);
        const x = v128.load(shard);
        const y = v128.load(shard, 16);
        const xLow = v128.and(x, low);
        const yLow = v128.and(y, low);
        const xHigh = i8x16.shr_u(x, 4);
        const yHigh = i8x16.shr_u(y, 4);
        const firstLow = v128.load(first);
        const firstHigh = v128.load(first, 16);
        a0 = v128.xor(a0, v128.xor(i8x16.swizzle(firstLow, xLow), i8x16.swizzle(firstHigh, xHigh)));
        a1 = v128.xor(a1, v128.xor(i8x16.swizzle(firstLow, yLow), i8x16.swizzle(firstHigh, yHigh)));
        const secondLow = v128.load(second);
        const secondHigh = v128.load(second, 16);
        b0 = v128.xor(b0, v128.xor(i8x16.swizzle(secondLow, xLow), i8x16.swizzle(secondHigh, xHigh)));
        b1 = v128.xor(b1, v128.xor(i8x16.swizzle(secondLow, yLow), i8x16.swizzle(secondHigh, yHigh)));
        shard += size;
      }
      v128.store(to + at, a0);
      v128.store(to + at, a1, 16);
      v128.store(to + size + at, b0);
      v128.store(to + size + at, b1, 16);
    }
  } else {
    sumOne(from, count, coefficients, size, to);
    sumOne(from, count, coefficients + count, size, to + size);
  }
}

function sumOne(from: usize, count: usize, coefficients: usize, size: usize, to: usize): void {
  if (ASC_FEATURE_SIMD) {
    const low = i8x16.splat(15);
    for (let at: usize = 0; at < size; at += step) {
      let a0 = i64x2.splat(0);
      let a1 = i64x2.splat(0);
      let shard = from + at;
      for (let i = coefficients; i < coefficients + count; i++) {
        const first = productsOf(i);
        const x = v128.load(shard);
        const y = v128.load(shard, 16);
        const firstLow = v128.load(first);
        const firstHigh = v128.load(first, 16);
        a0 = v128.xor(a0, v128.xor(i8x16.swizzle(firstLow, v128.and(x, low)), i8x16.swizzle(firstHigh, i8x16.shr_u(x, 4))));
        a1 = v128.xor(a1, v128.xor(i8x16.swizzle(firstLow, v128.and(y, low)), i8x16.swizzle(firstHigh, i8x16.shr_u(y, 4))));
        shard += size;
      }
      v128.store(to + at, a0);
      v128.store(to + at, a1, 16);
    }
  } else {
    for (let at: usize = 0; at < size; at += 8) {
      let sum: u64 = 0;
      let shard = from + at;
      for (let i = coefficients; i < coefficients + count; i++) {
        const row = productsOf(i);
        const word = load<u64>(shard);
        sum ^=
          load<u8>(row + <usize>(word & 255)) |
          (<u64>load<u8>(row + <usize>((word >> 8) & 255)) << 8) |
          (<u64>load<u8>(row + <usize>((word >> 16) & 255)) << 16) |
          (<u64>load<u8>(row + <usize>((word >> 24) & 255)) << 24) |
          (<u64>load<u8>(row + <usize>((word >> 32) & 255)) << 32) |
          (<u64>load<u8>(row + <usize>((word >> 40) & 255)) << 40) |
          (<u64>load<u8>(row + <usize>((word >> 48) & 255)) << 48) |
          (<u64>load<u8>(row + <usize>(word >> 56)) << 56);
        shard += size;
      }
      store<u64>(to + at, sum);
    }
  }
}
