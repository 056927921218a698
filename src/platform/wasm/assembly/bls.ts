/**
 * BLS12-381: what verifying signatures takes, over a field of fourteen limbs. Points are affine (x, y) or Jacobian (x/z²,
 * y/z³; z = 0 is infinity). Which points are accepted, and what hashes to them, is decided outside.
 */
import * as one from "./base-field";
import * as two from "./quadratic-field";
import * as six from "./sextic-field";
import * as twelve from "./twelfth-field";
import * as g1 from "./points-one";
import * as g2 from "./points-two";

/** The curve's parameter without its sign. */
const parameter: u64 = 0xd201000000010000;

const e1: usize = one.elementBytes;
const e2: usize = 2 * one.elementBytes;

const scaled1: usize = memory.data(3 * one.elementBytes, 8);
const scaled2: usize = memory.data(6 * one.elementBytes, 8);
const raised: usize = memory.data(one.elementBytes, 8);
const zz: usize = memory.data(2 * one.elementBytes, 8);
const a: usize = memory.data(2 * one.elementBytes, 8);
const b: usize = memory.data(2 * one.elementBytes, 8);
const c: usize = memory.data(2 * one.elementBytes, 8);
const d: usize = memory.data(2 * one.elementBytes, 8);
const e: usize = memory.data(2 * one.elementBytes, 8);
const f: usize = memory.data(2 * one.elementBytes, 8);
const running: usize = memory.data(6 * one.elementBytes, 8);
const f0: usize = memory.data(12 * one.elementBytes, 8);
const f1: usize = memory.data(12 * one.elementBytes, 8);
const f2: usize = memory.data(12 * one.elementBytes, 8);
const f3: usize = memory.data(12 * one.elementBytes, 8);
const f4: usize = memory.data(12 * one.elementBytes, 8);
const f5: usize = memory.data(12 * one.elementBytes, 8);

/** Where the host may put things: behind the kernel's own. */
export function heapBase(): usize {
  return __heap_base;
}

/** Bytes of an element of the base field. */
export function fieldBytes(): usize {
  return one.elementBytes;
}

export function f1Read(from: usize, r: usize): void {
  one.readPlain(from, r);
}
export function f1Write(x: usize, to: usize): void {
  one.writePlain(x, to);
}
export function f1Multiply(x: usize, y: usize, r: usize): void {
  one.multiply(x, y, r);
}
export function f1Square(x: usize, r: usize): void {
  one.square(x, r);
}
export function f1Add(x: usize, y: usize, r: usize): void {
  one.add(x, y, r);
}
export function f1Subtract(x: usize, y: usize, r: usize): void {
  one.subtract(x, y, r);
}
export function f1IsZero(x: usize): bool {
  return one.isZero(x);
}
export function f2Multiply(x: usize, y: usize, r: usize): void {
  two.multiply(x, y, r);
}
export function f2Square(x: usize, r: usize): void {
  two.square(x, r);
}
export function f2Add(x: usize, y: usize, r: usize): void {
  two.add(x, y, r);
}
export function f2Subtract(x: usize, y: usize, r: usize): void {
  two.subtract(x, y, r);
}
export function f2IsZero(x: usize): bool {
  return two.isZero(x);
}
export function f2Invert(x: usize, r: usize): void {
  two.invert(x, r);
}
export function f2Conjugate(x: usize, r: usize): void {
  two.conjugate(x, r);
}
export function g1Add(p: usize, q: usize, r: usize): void {
  g1.addJacobian(p, q, r);
}
export function g1AddMixed(p: usize, q: usize, r: usize): void {
  g1.addMixed(p, q, r);
}
export function g1IsInfinity(p: usize): bool {
  return g1.isInfinity(p);
}
export function g2Double(p: usize, r: usize): void {
  g2.double(p, r);
}
export function g2Add(p: usize, q: usize, r: usize): void {
  g2.addJacobian(p, q, r);
}
export function g2AddMixed(p: usize, q: usize, r: usize): void {
  g2.addMixed(p, q, r);
}
export function g2IsInfinity(p: usize): bool {
  return g2.isInfinity(p);
}

/** x to an exponent of 48 bytes, little-endian, whose highest bits are zero. */
export function f1Power(x: usize, exponent: usize, r: usize): void {
  memory.copy(raised, x, e1);
  one.setOne(r);
  for (let bit: i32 = 380; bit >= 0; bit--) {
    one.square(r, r);
    if (((<i32>load<u8>(exponent + (bit >> 3)) >> (bit & 7)) & 1) != 0) one.multiply(r, raised, r);
  }
}

/** Whether a bit of a scalar is set. */
@inline
function isSet(scalar: usize, bit: i32): bool {
  return ((<i32>load<u8>(scalar + (bit >> 3)) >> (bit & 7)) & 1) != 0;
}

/** p times a scalar of so many bytes, little-endian. */
export function g1Multiply(p: usize, scalar: usize, bytes: i32, r: usize): void {
  memory.copy(scaled1, p, 3 * e1);
  g1.setInfinity(r);
  for (let bit: i32 = 8 * bytes - 1; bit >= 0; bit--) {
    g1.double(r, r);
    if (isSet(scalar, bit)) g1.addJacobian(r, scaled1, r);
  }
}

/** p times a scalar of so many bytes, little-endian. */
export function g2Multiply(p: usize, scalar: usize, bytes: i32, r: usize): void {
  memory.copy(scaled2, p, 3 * e2);
  g2.setInfinity(r);
  for (let bit: i32 = 8 * bytes - 1; bit >= 0; bit--) {
    g2.double(r, r);
    if (isSet(scalar, bit)) g2.addJacobian(r, scaled2, r);
  }
}

/** Affine form of a point that is not infinity. */
export function g1ToAffine(p: usize, r: usize): void {
  one.invert(p + 2 * e1, a);
  one.square(a, b);
  one.multiply(p, b, r);
  one.multiply(a, b, b);
  one.multiply(p + e1, b, r + e1);
}

/** Affine form of a point that is not infinity. */
export function g2ToAffine(p: usize, r: usize): void {
  two.invert(p + 2 * e2, a);
  two.square(a, b);
  two.multiply(p, b, r);
  two.multiply(a, b, b);
  two.multiply(p + e2, b, r + e2);
}

/** Twice the running point; its tangent as factors of 1, the abscissa and the ordinate. */
function doubleWithLine(line: usize): void {
  const y = running + e2;
  const z = running + 2 * e2;
  two.square(z, zz);
  two.square(running, a);
  two.square(y, b);
  two.add(a, a, e);
  two.add(e, a, e);
  two.multiply(y, z, z);
  two.add(z, z, z);
  // Factors: 3x³ − 2y², −3x²z², 2yz·z².
  two.multiply(e, running, line);
  two.subtractBoth(line, b, b, line);
  two.multiply(e, zz, c);
  two.setZero(line + e2);
  two.subtract(line + e2, c, line + e2);
  two.multiply(z, zz, line + 2 * e2);
  // 4xy², then x' = 9x⁴ − 8xy² and y' = 3x²(4xy² − x') − 8y⁴.
  two.multiply(running, b, d);
  two.add(d, d, d);
  two.add(d, d, d);
  two.square(e, a);
  two.subtractBoth(a, d, d, running);
  two.subtract(d, running, d);
  two.multiply(e, d, d);
  two.square(b, b);
  two.add(b, b, b);
  two.add(b, b, b);
  two.add(b, b, b);
  two.subtract(d, b, y);
}

/** The running point plus q, affine; the line through both. */
function addWithLine(q: usize, line: usize): void {
  const y = running + e2;
  const z = running + 2 * e2;
  two.square(z, zz);
  two.multiply(q, zz, a);
  two.subtract(a, running, a);
  two.multiply(zz, z, b);
  two.multiply(q + e2, b, b);
  two.subtract(b, y, b);
  two.multiply(z, a, z);
  // Factors: r·x₂ − z'·y₂, −r, z'.
  two.multiply(b, q, line);
  two.multiply(z, q + e2, c);
  two.subtract(line, c, line);
  two.setZero(line + e2);
  two.subtract(line + e2, b, line + e2);
  memory.copy(line + 2 * e2, z, e2);
  two.square(a, c);
  two.multiply(a, c, d);
  two.multiply(running, c, e);
  two.square(b, f);
  two.subtractBoth(f, e, e, f);
  two.subtract(f, d, running);
  two.subtract(e, running, e);
  two.multiply(b, e, e);
  two.multiply(y, d, d);
  two.subtract(e, d, y);
}

/** Writes the lines of an affine point's loop; returns how many bytes that took. */
export function prepareLines(q: usize, to: usize): usize {
  memory.copy(running, q, 2 * e2);
  two.setOne(running + 2 * e2);
  let line = to;
  for (let bit: i32 = 62; bit >= 0; bit--) {
    doubleWithLine(line);
    line += 3 * e2;
    if (((parameter >> bit) & 1) == 0) continue;
    addWithLine(q, line);
    line += 3 * e2;
  }
  return line - to;
}

/** Multiplies the lines at one step of all loops in. `pairs` are addresses of an affine point of G1 and of lines, each. */
function multiplyLines(pairs: usize, count: u32, offset: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const p = <usize>load<u32>(pairs + (i << 3));
    const line = <usize>load<u32>(pairs + (i << 3), 4) + offset;
    one.multiply(line + e2, p, a);
    one.multiply(line + e2 + e1, p, a + e1);
    one.multiply(line + 2 * e2, p + e1, b);
    one.multiply(line + 2 * e2 + e1, p + e1, b + e1);
    twelve.multiplyLine(f0, line, a, b, f0);
  }
}

/** f0 to (p¹² − 1)/r × 3. */
function finalExponentiation(): void {
  twelve.conjugate(f0, f1);
  twelve.invert(f0, f2);
  twelve.multiply(f1, f2, f1);
  twelve.frobenius(f1, f2);
  twelve.frobenius(f2, f2);
  twelve.multiply(f1, f2, f0);
  // With x the parameter: (x − 1)²(x + p)(x² + p² − 1) + 3 (Hayashida, Hayasaka and Teruya).
  twelve.powerCyclotomic(f0, parameter, f1);
  twelve.conjugate(f0, f2);
  twelve.multiply(f1, f2, f1);
  twelve.powerCyclotomic(f1, parameter, f2);
  twelve.conjugate(f1, f3);
  twelve.multiply(f2, f3, f1);
  twelve.powerCyclotomic(f1, parameter, f2);
  twelve.frobenius(f1, f3);
  twelve.multiply(f2, f3, f1);
  twelve.powerCyclotomic(f1, parameter, f2);
  twelve.powerCyclotomic(f2, parameter, f3);
  twelve.frobenius(f1, f4);
  twelve.frobenius(f4, f4);
  twelve.multiply(f3, f4, f3);
  twelve.conjugate(f1, f4);
  twelve.multiply(f3, f4, f3);
  twelve.squareCyclotomic(f0, f5);
  twelve.multiply(f5, f0, f5);
  twelve.multiply(f3, f5, f0);
}

/** Whether the product of all pairings is one. */
export function isProductOne(pairs: usize, count: u32): bool {
  twelve.setOne(f0);
  let offset: usize = 0;
  for (let bit: i32 = 62; bit >= 0; bit--) {
    if (bit < 62) twelve.square(f0, f0);
    multiplyLines(pairs, count, offset);
    offset += 3 * e2;
    if (((parameter >> bit) & 1) == 0) continue;
    multiplyLines(pairs, count, offset);
    offset += 3 * e2;
  }
  twelve.conjugate(f0, f0);
  finalExponentiation();
  return twelve.isOne(f0);
}

/** Readies the field of twelfth degree: `exponent` is (p − 1)/6, of 48 bytes, little-endian. */
export function start(exponent: usize): void {
  // ξ^((p − 1)/6) by squaring and multiplying.
  one.setOne(a);
  one.setOne(a + e1);
  two.setOne(b);
  for (let bit: i32 = 380; bit >= 0; bit--) {
    two.square(b, b);
    if (isSet(exponent, bit)) two.multiply(b, a, b);
  }
  twelve.setTwists(b);
}
