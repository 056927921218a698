/**
 * Products of pairings of BLS12-381, with one loop for all of them: the squarings, a third of a pairing, are done once.
 * @module
 */
import * as kernel from "wasmcurves/build/bls12381_wasm.js";
import { type BlsCurve, sizes } from "./bls-curve.ts";

/** A pairing to be multiplied in: addresses of what {@link prepareG1} and {@link prepareG2} made. */
export interface PreparedPairing {
  readonly g1: number;
  readonly g2: number;
}

/** The loop runs over the bits of the curve's parameter below the highest. */
const loopBits = [...0xd201000000010000n.toString(2)].slice(1).map((bit) => bit === "1");
const pairBytes = 2 * sizes.field;
const lineBytes = 3 * pairBytes;

/** Takes memory for a Jacobian point of G1, not infinity, made ready for pairings. */
export function prepareG1(curve: BlsCurve, point: number): number {
  const prepared = curve.take(kernel.prePSize);
  curve.call("bls12381_prepareG1", point, prepared);
  return prepared;
}

/** Takes memory for a Jacobian point of G2, not infinity, made ready for pairings: the lines of its loop. */
export function prepareG2(curve: BlsCurve, point: number): number {
  const prepared = curve.take(kernel.preQSize);
  curve.call("bls12381_prepareG2", point, prepared);
  return prepared;
}

/** Whether the product of these pairings is one. */
export function isProductOne(curve: BlsCurve, pairings: readonly PreparedPairing[]): boolean {
  const mark = curve.mark();
  const product = curve.take(sizes.gt);
  const [atY, atX] = [curve.take(pairBytes), curve.take(pairBytes)];
  curve.call("ftm_one", product);
  // The point itself comes before its lines.
  let line = sizes.g2Jacobian;
  const multiplyLines = (): void => {
    for (const { g1, g2 } of pairings) {
      const [first, second, third] = [g2 + line, g2 + line + pairBytes, g2 + line + 2 * pairBytes];
      curve.call("f2m_mul1", first, g1 + sizes.field, atY);
      curve.call("f2m_mul1", second, g1, atX);
      curve.call("ftm_mul014", product, third, atX, atY, product);
    }
    line += lineBytes;
  };
  for (const [i, bit] of loopBits.entries()) {
    if (i > 0) curve.call("ftm_square", product, product);
    multiplyLines();
    if (bit) multiplyLines();
  }
  // The parameter is negative.
  curve.call("ftm_conjugate", product, product);
  curve.call("bls12381_finalExponentiation", product, product);
  const one = curve.call("ftm_isOne", product) !== 0;
  curve.release(mark);
  return one;
}
