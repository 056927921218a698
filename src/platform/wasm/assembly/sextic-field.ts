/**
 * The field of sixth degree of BLS12-381: a + bv + cv² over the quadratic field, v³ = ξ = 1 + i.
 */
import * as base from "./base-field";
import * as two from "./quadratic-field";

/** Bytes of a coefficient, and of an element. */
export const part: usize = 2 * base.elementBytes;
export const elementBytes: usize = 3 * part;

const t0: usize = memory.data(part, 8);
const t1: usize = memory.data(part, 8);
const t2: usize = memory.data(part, 8);
const s0: usize = memory.data(part, 8);
const s1: usize = memory.data(part, 8);
const r0: usize = memory.data(part, 8);
const r1: usize = memory.data(part, 8);
const turned: usize = memory.data(part, 8);

/** ξ·a: (a − b) + (a + b)i. The result may be the operand. */
export function timesXi(a: usize, r: usize): void {
  base.subtract(a, a + base.elementBytes, turned);
  base.add(a, a + base.elementBytes, r + base.elementBytes);
  memory.copy(r, turned, base.elementBytes);
}

/** v·a. The result must not be the operand. */
export function timesV(a: usize, r: usize): void {
  timesXi(a + 2 * part, r);
  memory.copy(r + part, a, 2 * part);
}

/** a + b. */
export function add(a: usize, b: usize, r: usize): void {
  two.add(a, b, r);
  two.add(a + part, b + part, r + part);
  two.add(a + 2 * part, b + 2 * part, r + 2 * part);
}

/** a − b. */
export function subtract(a: usize, b: usize, r: usize): void {
  two.subtract(a, b, r);
  two.subtract(a + part, b + part, r + part);
  two.subtract(a + 2 * part, b + 2 * part, r + 2 * part);
}

/** a × b with six products. */
export function multiply(a: usize, b: usize, r: usize): void {
  two.multiply(a, b, t0);
  two.multiply(a + part, b + part, t1);
  two.multiply(a + 2 * part, b + 2 * part, t2);
  two.add(a + part, a + 2 * part, s0);
  two.add(b + part, b + 2 * part, s1);
  two.multiply(s0, s1, r0);
  two.subtractBoth(r0, t1, t2, r0);
  timesXi(r0, r0);
  two.add(r0, t0, r0);
  two.add(a, a + part, s0);
  two.add(b, b + part, s1);
  two.multiply(s0, s1, r1);
  two.subtractBoth(r1, t0, t1, r1);
  two.add(a, a + 2 * part, s0);
  two.add(b, b + 2 * part, s1);
  two.multiply(s0, s1, s0);
  two.subtractBoth(s0, t0, t2, s0);
  two.add(s0, t1, r + 2 * part);
  timesXi(t2, t2);
  two.add(r1, t2, r + part);
  memory.copy(r, r0, part);
}

/** a × (b + cv) with five products. */
export function multiplyTwo(a: usize, b: usize, c: usize, r: usize): void {
  two.multiply(a, b, t0);
  two.multiply(a + part, c, t1);
  two.add(a + part, a + 2 * part, s0);
  two.multiply(s0, c, r0);
  two.subtract(r0, t1, r0);
  timesXi(r0, r0);
  two.add(a, a + part, s0);
  two.add(b, c, s1);
  two.multiply(s0, s1, r1);
  two.add(a, a + 2 * part, s0);
  two.multiply(s0, b, s0);
  two.subtract(s0, t0, s0);
  two.add(s0, t1, r + 2 * part);
  two.subtractBoth(r1, t0, t1, r + part);
  two.add(r0, t0, r);
}

/** a × cv with three products. */
export function multiplyOne(a: usize, c: usize, r: usize): void {
  two.multiply(a + 2 * part, c, t0);
  two.multiply(a, c, t1);
  two.multiply(a + part, c, r + 2 * part);
  timesXi(t0, r);
  memory.copy(r + part, t1, part);
}

/** 1/a. */
export function invert(a: usize, r: usize): void {
  const b = a + part;
  const c = a + 2 * part;
  two.square(a, r0);
  two.multiply(b, c, s0);
  timesXi(s0, s0);
  two.subtract(r0, s0, r0);
  two.square(c, r1);
  timesXi(r1, r1);
  two.multiply(a, b, s0);
  two.subtract(r1, s0, r1);
  two.square(b, t2);
  two.multiply(a, c, s0);
  two.subtract(t2, s0, t2);
  two.multiply(c, r1, s0);
  two.multiply(b, t2, s1);
  two.add(s0, s1, s0);
  timesXi(s0, s0);
  two.multiply(a, r0, s1);
  two.add(s0, s1, s0);
  two.invert(s0, t0);
  two.multiply(r0, t0, r);
  two.multiply(r1, t0, r + part);
  two.multiply(t2, t0, r + 2 * part);
}
