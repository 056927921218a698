/**
 * Sums of multiples of points, Σ sᵢPᵢ, by buckets (Pippenger) with signed digits. Points of one bucket are added in affine
 * form, all pairs of all buckets at once: one inversion serves a whole round (Montgomery's trick), so an addition costs six
 * products. Compiled twice, over the coordinates of G1 and of G2 (tools/build-kernels.mjs maps "./coordinates").
 *
 * The constant Σ 2^(c−1)·2^(cw) over all windows w of c bits is added to each scalar, so that its digits, less 2^(c−1), are
 * signed without a carry from one to the next and windows can be taken in any order. For it the windows must cover two bits
 * more than a scalar can have.
 */
import {
  add,
  elementBytes,
  invert,
  isZero,
  multiply,
  outsideBytes,
  read,
  setOne,
  setZero,
  square,
  subtract,
  subtractBoth,
  subtractLoosely,
  write,
} from "./coordinates";
import { addJacobian, addMixed, double, isInfinity, jacobianBytes, pointBytes, setInfinity } from "./points";

/** What a round does with a pair: adds, doubles (both points are one), or drops it (they are opposite). */
const adds: u8 = 0;
const doubles: u8 = 1;
const drops: u8 = 2;

const running: usize = memory.data(72, 8);
const slope: usize = memory.data(72, 8);
const abscissa: usize = memory.data(72, 8);
const step: usize = memory.data(72, 8);
const inverted: usize = memory.data(72, 8);
/** Three points in Jacobian form: the result, a window's sum, a running sum over its buckets. */
const total: usize = memory.data(216, 8);
const windowSum: usize = memory.data(216, 8);
const bucketSum: usize = memory.data(216, 8);

// Where the host put things, and where the work area is divided.
let count: u32 = 0;
let scalarBytes: usize = 0;
let windowBits: u32 = 0;
let points: usize = 0;
let scalars: usize = 0;
let sorted: usize = 0;
let products: usize = 0;
let differences: usize = 0;
let kinds: usize = 0;
let sizes: usize = 0;
let places: usize = 0;

/** Where the host may put things: behind the kernel's own. */
export function heapBase(): usize {
  return __heap_base;
}

/** Bytes of a point in the kernel's form: the host reserves `count` of them behind `points`. */
export function bytesOfPoint(): usize {
  return pointBytes;
}

/** Bytes of the work area for so many points in so many buckets at once. */
export function bytesOfWork(entries: u32, buckets: u32): usize {
  const pairs = <usize>(entries >> 1) + 1;
  return <usize>(entries + 1) * pointBytes + pairs * (2 * elementBytes + 8) + <usize>(buckets + 1) * 8;
}

/** Divides the work area. */
function divide(work: usize, entries: u32, buckets: u32): void {
  const pairs = <usize>(entries >> 1) + 1;
  sorted = work;
  products = sorted + <usize>(entries + 1) * pointBytes;
  differences = products + pairs * elementBytes;
  sizes = differences + pairs * elementBytes;
  places = sizes + <usize>(buckets + 1) * 4;
  kinds = places + <usize>(buckets + 1) * 4;
}

/** Reads points from the outside's form; the point at infinity, (0, 0) there, stays that. */
function readPoints(from: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const point = points + <usize>i * pointBytes;
    read(from + <usize>i * 2 * outsideBytes, point);
    read(from + (<usize>i * 2 + 1) * outsideBytes, point + elementBytes);
  }
}

/** Copies scalars into the work form, one word longer, with the constant added; a point at infinity gets the scalar 0. */
function shiftScalars(from: usize, scalarWords: u32, windows: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const to = scalars + <usize>i * scalarBytes;
    const point = points + <usize>i * pointBytes;
    if (isZero(point) && isZero(point + elementBytes)) memory.fill(to, 0, scalarBytes);
    else {
      memory.copy(to, from + <usize>i * scalarWords * 4, scalarWords * 4);
      store<u32>(to + scalarWords * 4, 0);
    }
    // The constant's bits are at the top of each window.
    let carry: u64 = 0;
    let bit = windowBits - 1;
    for (let word: u32 = 0; word <= scalarWords; word++) {
      let constant: u64 = 0;
      for (; bit < 32 * (word + 1) && bit < windows * windowBits; bit += windowBits) constant |= <u64>1 << (bit - 32 * word);
      carry += <u64>load<u32>(to + word * 4) + constant;
      store<u32>(to + word * 4, <u32>carry);
      carry >>= 32;
    }
  }
}

/** A signed digit of a scalar, from −2^(c−1) to 2^(c−1) − 1. */
@inline
function digitOf(i: u32, window: u32): i32 {
  const bit = window * windowBits;
  const word = load<u32>(scalars + <usize>i * scalarBytes + (bit >> 3));
  return <i32>((word >> (bit & 7)) & ((1 << windowBits) - 1)) - <i32>(1 << (windowBits - 1));
}

/** Sorts the points of some windows by bucket, those with negative digits negated. */
function sortPoints(firstWindow: u32, windows: u32, buckets: u32): void {
  memory.fill(sizes, 0, <usize>(windows * buckets) * 4);
  for (let window: u32 = 0; window < windows; window++) {
    const bucketsAt = sizes + (<usize>(window * buckets) << 2);
    for (let i: u32 = 0; i < count; i++) {
      const digit = digitOf(i, firstWindow + window);
      if (digit == 0) continue;
      const at = bucketsAt + (<usize>(abs(digit) - 1) << 2);
      store<u32>(at, load<u32>(at) + 1);
    }
  }
  let next: u32 = 0;
  for (let bucket: u32 = 0; bucket < windows * buckets; bucket++) {
    store<u32>(places + (bucket << 2), next);
    next += load<u32>(sizes + (bucket << 2));
  }
  for (let window: u32 = 0; window < windows; window++) {
    const bucketsAt = places + (<usize>(window * buckets) << 2);
    for (let i: u32 = 0; i < count; i++) {
      const digit = digitOf(i, firstWindow + window);
      if (digit == 0) continue;
      const at = bucketsAt + (<usize>(abs(digit) - 1) << 2);
      const place = load<u32>(at);
      store<u32>(at, place + 1);
      const from = points + <usize>i * pointBytes;
      const to = sorted + <usize>place * pointBytes;
      memory.copy(to, from, pointBytes);
      if (digit > 0) continue;
      setZero(step);
      subtract(step, from + elementBytes, to + elementBytes);
    }
  }
}

/** What a pair's slope is divided by, and what kind of pair it is. */
@inline
function denominator(a: usize, b: usize, to: usize): u8 {
  subtract(b, a, to);
  if (!isZero(to)) return adds;
  subtract(b + elementBytes, a + elementBytes, to);
  if (isZero(to)) {
    // No point of odd order has y = 0.
    add(a + elementBytes, a + elementBytes, to);
    return doubles;
  }
  setOne(to);
  return drops;
}

/** The sum of a pair from the inverse of its denominator. `to` may be `a` or lie before it. */
@inline
function addPair(kind: u8, a: usize, b: usize, to: usize): void {
  if (kind == doubles) {
    square(a, step);
    add(step, step, slope);
    add(slope, step, slope);
  } else subtractLoosely(b + elementBytes, a + elementBytes, slope);
  multiply(slope, inverted, slope);
  square(slope, abscissa);
  subtractBoth(abscissa, a, b, abscissa);
  subtractLoosely(a, abscissa, step);
  multiply(step, slope, step);
  subtract(step, a + elementBytes, to + elementBytes);
  memory.copy(to, abscissa, elementBytes);
}

/**
 * One round: halves the number of points in every bucket. The first pass multiplies the denominators from the last pair to
 * the first; the second undoes it from the first to the last, so that sums may overwrite points that have been read.
 */
function addPairs(buckets: u32): bool {
  let end: usize = sorted;
  for (let bucket: u32 = 0; bucket < buckets; bucket++) end += <usize>load<u32>(sizes + (bucket << 2)) * pointBytes;
  let pairs: usize = 0;
  setOne(running);
  for (let bucket = buckets; bucket-- > 0; ) {
    const size = load<u32>(sizes + (bucket << 2));
    end -= <usize>size * pointBytes;
    for (let pair = size >> 1; pair-- > 0; ) {
      const a = end + 2 * <usize>pair * pointBytes;
      const difference = differences + pairs * elementBytes;
      store<u8>(kinds + pairs, denominator(a, a + pointBytes, difference));
      memory.copy(products + pairs * elementBytes, running, elementBytes);
      multiply(running, difference, running);
      pairs++;
    }
  }
  if (pairs == 0) return false;
  invert(running, running);
  let from = sorted;
  let to = sorted;
  for (let bucket: u32 = 0; bucket < buckets; bucket++) {
    const size = load<u32>(sizes + (bucket << 2));
    const start = to;
    for (let pair: u32 = 0; pair < size >> 1; pair++) {
      pairs--;
      const kind = load<u8>(kinds + pairs);
      if (kind != drops) {
        multiply(running, products + pairs * elementBytes, inverted);
        addPair(kind, from, from + pointBytes, to);
        to += pointBytes;
      }
      multiply(running, differences + pairs * elementBytes, running);
      from += 2 * pointBytes;
    }
    if ((size & 1) != 0) {
      if (to != from) memory.copy(to, from, pointBytes);
      from += pointBytes;
      to += pointBytes;
    }
    store<u32>(sizes + (bucket << 2), <u32>((to - start) / pointBytes));
  }
  return true;
}

/** Σ b·(sum of bucket b) of one window whose buckets hold a point at most; returns where the window's points begin. */
function sumBuckets(firstBucket: u32, buckets: u32, end: usize): usize {
  setInfinity(bucketSum);
  setInfinity(windowSum);
  let at = end;
  for (let bucket = buckets; bucket-- > 0; ) {
    if (load<u32>(sizes + ((firstBucket + bucket) << 2)) != 0) {
      at -= pointBytes;
      addMixed(bucketSum, at, bucketSum);
    }
    addJacobian(windowSum, bucketSum, windowSum);
  }
  return at;
}

/**
 * Writes the sum to `result` in the outside's Jacobian form. `pointsFrom` are affine points in the outside's form, `pointsTo`
 * room for them in the kernel's; `scalarsTo` has room for scalars one word longer. Handles `atOnce` windows at a time.
 */
export function sumMultiples(
  pointsFrom: usize,
  pointsTo: usize,
  scalarsFrom: usize,
  scalarsTo: usize,
  scalarWords: u32,
  number: u32,
  bits: u32,
  windows: u32,
  atOnce: u32,
  work: usize,
  result: usize,
): void {
  count = number;
  points = pointsTo;
  scalars = scalarsTo;
  scalarBytes = (scalarWords + 1) * 4;
  windowBits = bits;
  const buckets: u32 = 1 << (bits - 1);
  divide(work, number * atOnce, buckets * atOnce);
  readPoints(pointsFrom);
  shiftScalars(scalarsFrom, scalarWords, windows);
  setInfinity(total);
  for (let end = windows; end > 0; ) {
    const taken = min(atOnce, end);
    end -= taken;
    sortPoints(end, taken, buckets);
    while (addPairs(taken * buckets)) {}
    let at = sorted;
    for (let bucket: u32 = 0; bucket < taken * buckets; bucket++) at += <usize>load<u32>(sizes + (bucket << 2)) * pointBytes;
    for (let window = taken; window-- > 0; ) {
      for (let bit: u32 = 0; bit < bits; bit++) double(total, total);
      at = sumBuckets(window * buckets, buckets, at);
      addJacobian(total, windowSum, total);
    }
  }
  write(total, result);
  write(total + elementBytes, result + outsideBytes);
  write(total + 2 * elementBytes, result + 2 * outsideBytes);
  if (isInfinity(total)) memory.fill(result + 2 * outsideBytes, 0, outsideBytes);
}
