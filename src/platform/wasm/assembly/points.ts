/**
 * Additions of points on y² = x³ + b in Jacobian form (x/z², y/z³; z = 0 is the point at infinity), for the few sums that
 * depend on each other. Results may be written over operands.
 */
import { add, elementBytes, isZero, multiply, setOne, setZero, square, subtract, subtractBoth } from "./coordinates";

/** Bytes of an affine point and of one in Jacobian form. */
export const pointBytes: usize = 2 * elementBytes;
export const jacobianBytes: usize = 3 * elementBytes;

const y: usize = elementBytes;
const z: usize = 2 * elementBytes;

const zz: usize = memory.data(elementBytes, 8);
const u1: usize = memory.data(elementBytes, 8);
const u2: usize = memory.data(elementBytes, 8);
const s1: usize = memory.data(elementBytes, 8);
const s2: usize = memory.data(elementBytes, 8);
const h: usize = memory.data(elementBytes, 8);
const hh: usize = memory.data(elementBytes, 8);
const v: usize = memory.data(elementBytes, 8);
const newZ: usize = memory.data(elementBytes, 8);

/** Whether a point is at infinity. */
export function isInfinity(p: usize): bool {
  return isZero(p + z);
}

/** Sets to the point at infinity. */
export function setInfinity(r: usize): void {
  setZero(r);
  setZero(r + y);
  setZero(r + z);
}

/** 2p. */
export function double(p: usize, r: usize): void {
  // x³ with s = 4xy², m = 3x²: x' = m² − 2s, y' = m(s − x') − 8y⁴, z' = 2yz. Infinity stays: z' = 0.
  square(p + y, u1);
  multiply(p, u1, s1);
  add(s1, s1, s1);
  add(s1, s1, s1);
  square(u1, u1);
  add(u1, u1, u1);
  add(u1, u1, u1);
  add(u1, u1, u1);
  square(p, h);
  add(h, h, hh);
  add(hh, h, h);
  multiply(p + y, p + z, newZ);
  add(newZ, newZ, r + z);
  square(h, v);
  subtractBoth(v, s1, s1, r);
  subtract(s1, r, s1);
  multiply(h, s1, h);
  subtract(h, u1, r + y);
}

/** The sum from u1, u2, s1, s2 (both points on one denominator) and the product of their z in newZ; p for doubling. */
function finish(p: usize, r: usize): void {
  subtract(u2, u1, h);
  subtract(s2, s1, s2);
  if (isZero(h)) {
    if (isZero(s2)) double(p, r);
    else setInfinity(r);
    return;
  }
  multiply(newZ, h, r + z);
  square(h, hh);
  multiply(h, hh, h);
  multiply(u1, hh, v);
  square(s2, u2);
  subtract(u2, h, u2);
  subtractBoth(u2, v, v, r);
  subtract(v, r, v);
  multiply(s2, v, v);
  multiply(s1, h, s1);
  subtract(v, s1, r + y);
}

/** p + q, q affine and not at infinity. */
export function addMixed(p: usize, q: usize, r: usize): void {
  if (isInfinity(p)) {
    memory.copy(r, q, pointBytes);
    setOne(r + z);
    return;
  }
  square(p + z, zz);
  multiply(q, zz, u2);
  multiply(p + z, zz, zz);
  multiply(q + y, zz, s2);
  memory.copy(u1, p, elementBytes);
  memory.copy(s1, p + y, elementBytes);
  memory.copy(newZ, p + z, elementBytes);
  finish(p, r);
}

/** p + q. */
export function addJacobian(p: usize, q: usize, r: usize): void {
  if (isInfinity(p) || isInfinity(q)) {
    const other = isInfinity(p) ? q : p;
    if (r != other) memory.copy(r, other, jacobianBytes);
    return;
  }
  square(p + z, zz);
  multiply(q, zz, u2);
  multiply(p + z, zz, zz);
  multiply(q + y, zz, s2);
  square(q + z, zz);
  multiply(p, zz, u1);
  multiply(q + z, zz, zz);
  multiply(p + y, zz, s1);
  multiply(p + z, q + z, newZ);
  finish(p, r);
}
