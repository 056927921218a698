/**
 * The field of twelfth degree of BLS12-381, where pairings have their values: a + bw over the sextic field, w² = v.
 */
import * as base from "./base-field";
import * as two from "./quadratic-field";
import * as six from "./sextic-field";

/** Bytes of a half, and of an element. */
const half: usize = six.elementBytes;
export const elementBytes: usize = 2 * half;

const part: usize = six.part;
const aa: usize = memory.data(six.elementBytes, 8);
const bb: usize = memory.data(six.elementBytes, 8);
const sum: usize = memory.data(six.elementBytes, 8);
const other: usize = memory.data(six.elementBytes, 8);
const q0: usize = memory.data(six.part, 8);
const q1: usize = memory.data(six.part, 8);
const q2: usize = memory.data(six.part, 8);
const pairs: usize = memory.data(six.elementBytes, 8);
const seconds: usize = memory.data(six.elementBytes, 8);
const powerBase: usize = memory.data(elementBytes, 8);
/** ξ^(k(p − 1)/6) for k from 1 to 5. */
const twists: usize = memory.data(5 * six.part, 8);

/** Sets to one. */
export function setOne(r: usize): void {
  memory.fill(r, 0, elementBytes);
  base.setOne(r);
}

/** a × b. */
export function multiply(a: usize, b: usize, r: usize): void {
  six.multiply(a, b, aa);
  six.multiply(a + half, b + half, bb);
  six.add(a, a + half, sum);
  six.add(b, b + half, other);
  six.multiply(sum, other, sum);
  six.subtract(sum, aa, sum);
  six.subtract(sum, bb, r + half);
  six.timesV(bb, other);
  six.add(aa, other, r);
}

/** a × a: (a + b)(a + vb) − ab − vab, and 2ab. */
export function square(a: usize, r: usize): void {
  six.multiply(a, a + half, aa);
  six.timesV(a + half, other);
  six.add(a, other, other);
  six.add(a, a + half, sum);
  six.multiply(sum, other, sum);
  six.subtract(sum, aa, sum);
  six.timesV(aa, other);
  six.subtract(sum, other, r);
  six.add(aa, aa, r + half);
}

/** a × (b + cv + dvw): how lines are multiplied in. */
export function multiplyLine(a: usize, b: usize, c: usize, d: usize, r: usize): void {
  six.multiplyTwo(a, b, c, aa);
  six.multiplyOne(a + half, d, bb);
  six.add(a, a + half, sum);
  two.add(c, d, q0);
  six.multiplyTwo(sum, b, q0, sum);
  six.subtract(sum, aa, sum);
  six.subtract(sum, bb, r + half);
  six.timesV(bb, other);
  six.add(aa, other, r);
}

/** a − bw: the inverse of what a final exponentiation has begun with. */
export function conjugate(a: usize, r: usize): void {
  if (a != r) memory.copy(r, a, half);
  memory.fill(other, 0, half);
  six.subtract(other, a + half, r + half);
}

/** 1/a. */
export function invert(a: usize, r: usize): void {
  six.multiply(a, a, aa);
  six.multiply(a + half, a + half, bb);
  six.timesV(bb, other);
  six.subtract(aa, other, aa);
  six.invert(aa, sum);
  six.multiply(a + half, sum, bb);
  six.multiply(a, sum, r);
  memory.fill(other, 0, half);
  six.subtract(other, bb, r + half);
}

/** Makes the twists from the first, ξ^((p − 1)/6). */
export function setTwists(first: usize): void {
  memory.copy(twists, first, part);
  for (let i: usize = 1; i < 5; i++) two.multiply(twists + (i - 1) * part, first, twists + i * part);
}

/** The conjugate of a coefficient, times a power of w's twist. */
@inline
function twist(a: usize, power: usize, r: usize): void {
  two.conjugate(a, r);
  if (power > 0) two.multiply(r, twists + (power - 1) * part, r);
}

/** a^p. The coefficients stand at w^0, w^2, w^4 and w^1, w^3, w^5. */
export function frobenius(a: usize, r: usize): void {
  for (let i: usize = 0; i < 3; i++) {
    twist(a + i * part, 2 * i, r + i * part);
    twist(a + half + i * part, 2 * i + 1, r + half + i * part);
  }
}

/** (a + bs)² where s² = ξ: a² + ξb², and 2ab. */
@inline
function squarePair(a: usize, b: usize, first: usize, second: usize): void {
  two.square(a, q0);
  two.square(b, q1);
  two.add(a, b, q2);
  two.square(q2, q2);
  two.subtractBoth(q2, q0, q1, second);
  six.timesXi(q1, q1);
  two.add(q0, q1, first);
}

/** 3t − 2a, and 3t + 2a. */
@inline
function threeLess(t: usize, a: usize, r: usize): void {
  two.subtract(t, a, q0);
  two.add(q0, q0, q0);
  two.add(q0, t, r);
}

@inline
function threeMore(t: usize, a: usize, r: usize): void {
  two.add(t, a, q0);
  two.add(q0, q0, q0);
  two.add(q0, t, r);
}

/** a × a for what the first steps of a final exponentiation leave (Granger and Scott): nine squares. */
export function squareCyclotomic(a: usize, r: usize): void {
  const b = a + half;
  squarePair(a, b + part, pairs, seconds);
  squarePair(b, a + 2 * part, pairs + part, seconds + part);
  squarePair(a + part, b + 2 * part, pairs + 2 * part, seconds + 2 * part);
  six.timesXi(seconds + 2 * part, seconds + 2 * part);
  threeLess(pairs, a, r);
  threeLess(pairs + part, a + part, r + part);
  threeLess(pairs + 2 * part, a + 2 * part, r + 2 * part);
  threeMore(seconds + 2 * part, b, r + half);
  threeMore(seconds, b + part, r + half + part);
  threeMore(seconds + part, b + 2 * part, r + half + 2 * part);
}

/** a to the curve's parameter, which is negative: conjugated. The result must not be the operand. */
export function powerCyclotomic(a: usize, parameter: u64, r: usize): void {
  memory.copy(powerBase, a, elementBytes);
  memory.copy(r, a, elementBytes);
  for (let bit: i32 = 62; bit >= 0; bit--) {
    squareCyclotomic(r, r);
    if (((parameter >> bit) & 1) != 0) multiply(r, powerBase, r);
  }
  conjugate(r, r);
}

/** Whether an element is one. */
export function isOne(a: usize): bool {
  base.setOne(q0);
  base.subtract(a, q0, q0);
  if (!base.isZero(q0)) return false;
  for (let at: usize = base.elementBytes; at < elementBytes; at += base.elementBytes) {
    if (!base.isZero(a + at)) return false;
  }
  return true;
}
