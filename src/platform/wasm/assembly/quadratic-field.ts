/**
 * The field of the coordinates of G2: a + bi over the base field, i² = −1. Same functions as the base field, so that the sums
 * over points compile over either.
 */
import * as base from "./base-field";

/** Bytes of an element: a, then b. */
export const elementBytes: usize = 2 * base.elementBytes;

/** Bytes of an element outside. */
export const outsideBytes: usize = 2 * base.outsideBytes;

const half: usize = base.elementBytes;
const first: usize = memory.data(elementBytes, 8);
const second: usize = first + half;
const sumOfA: usize = memory.data(elementBytes, 8);
const sumOfB: usize = sumOfA + half;

/** (a + bi)(c + di) with three products: ac − bd, and (a + b)(c + d) − ac − bd. */
export function multiply(a: usize, b: usize, r: usize): void {
  base.addLoosely(a, a + half, sumOfA);
  base.addLoosely(b, b + half, sumOfB);
  base.multiply(a, b, first);
  base.multiply(a + half, b + half, second);
  base.multiply(sumOfA, sumOfB, sumOfA);
  base.subtract(first, second, r);
  base.subtractBoth(sumOfA, first, second, r + half);
}

/** (a + bi)² with two products: (a + b)(a − b), and 2ab. */
export function square(a: usize, r: usize): void {
  base.addLoosely(a, a + half, sumOfA);
  base.subtract(a, a + half, sumOfB);
  base.addLoosely(a, a, first);
  base.multiply(first, a + half, second);
  base.multiply(sumOfA, sumOfB, r);
  memory.copy(r + half, second, half);
}

/** a + b. */
export function add(a: usize, b: usize, r: usize): void {
  base.add(a, b, r);
  base.add(a + half, b + half, r + half);
}

/** a − b. */
export function subtract(a: usize, b: usize, r: usize): void {
  base.subtract(a, b, r);
  base.subtract(a + half, b + half, r + half);
}

/** a − b; sums of what is loose would be too large for products. */
export function subtractLoosely(a: usize, b: usize, r: usize): void {
  subtract(a, b, r);
}

/** a − b − c. */
export function subtractBoth(a: usize, b: usize, c: usize, r: usize): void {
  base.subtractBoth(a, b, c, r);
  base.subtractBoth(a + half, b + half, c + half, r + half);
}

/** Whether both parts are zero. */
export function isZero(a: usize): bool {
  return base.isZero(a) && base.isZero(a + half);
}

/** Sets to zero. */
export function setZero(r: usize): void {
  memory.fill(r, 0, elementBytes);
}

/** Sets to one. */
export function setOne(r: usize): void {
  base.setOne(r);
  base.setZero(r + half);
}

/** a − bi. */
export function conjugate(a: usize, r: usize): void {
  base.setZero(second);
  base.subtract(second, a + half, r + half);
  if (a != r) memory.copy(r, a, half);
}

/** 1/(a + bi) = (a − bi)/(a² + b²), and 0 for 0. */
export function invert(a: usize, r: usize): void {
  base.square(a, first);
  base.square(a + half, second);
  base.add(first, second, first);
  base.invert(first, first);
  base.setZero(second);
  base.subtract(second, a + half, second);
  base.multiply(a, first, r);
  base.multiply(second, first, r + half);
}

/** Reads both parts in the outside's Montgomery form. */
export function read(from: usize, r: usize): void {
  base.read(from, r);
  base.read(from + base.outsideBytes, r + half);
}

/** Writes both parts in the outside's Montgomery form. */
export function write(a: usize, to: usize): void {
  base.write(a, to);
  base.write(a + half, to + base.outsideBytes);
}
