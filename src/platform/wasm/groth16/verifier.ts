/**
 * Verifies Groth16 proofs on the curve kernel. A batch is one equation: a random linear combination of all claims, with one
 * Miller loop per proof, three for the key and one final exponentiation. If it fails, halves are tried until the bad claims
 * are found.
 * @module
 */

import * as kernel from "wasmcurves/build/bn128_wasm.js";
import { fieldOrder } from "#protocol/proofs/field.ts";
import {
  batchRandomnessBytes,
  claimProblem,
  keyProblem,
  maximumProofBatch,
  type ProofClaim,
  type ProofVerifier,
  splitProof,
  type VerificationKey,
} from "#protocol/proofs/groth16.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { Curve, type Group, sizes } from "./curve.ts";
import { reduce, scalarBytes, scalarFromBytes, scalarsToBytes } from "./scalar-field.ts";

/** A point of G2 made ready for pairings. */
interface PreparedKey {
  readonly alpha: number;
  readonly inputs: readonly number[];
  /** Coefficients of β, γ, δ for the Miller loop. */
  readonly beta: number;
  readonly gamma: number;
  readonly delta: number;
}

/** A claim whose points are on the curve and in the group. */
interface Opened {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly publicSignals: readonly bigint[];
  readonly weight: bigint;
}

/** Decompresses a point and checks it: on the curve and, in G2, of the right order. Jacobian, or null. */
function openPoint(curve: Curve, group: Group, bytes: Uint8Array): number | null {
  const jacobian = curve.take(group === "g1" ? sizes.g1Jacobian : sizes.g2Jacobian);
  const affine = curve.decompress(group, bytes);
  if (affine === null || curve.call(`${group}m_inCurveAffine`, affine) === 0) return null;
  curve.call(`${group}m_toJacobian`, affine, jacobian);
  if (group === "g1") return jacobian; // The curve itself has prime order.
  const mark = curve.mark();
  const product = curve.take(sizes.g2Jacobian);
  curve.call("g2m_timesScalar", jacobian, curve.put(scalarsToBytes([fieldOrder])), scalarBytes, product);
  const inGroup = curve.call("g2m_isZero", product) !== 0;
  curve.release(mark);
  return inGroup ? jacobian : null;
}

function prepareG2(curve: Curve, point: number): number {
  const prepared = curve.take(kernel.preQSize);
  curve.call("bn128_prepareG2", point, prepared);
  return prepared;
}

/** Multiplies e(point, prepared) without its final exponentiation into `product`. */
function multiplyPairing(curve: Curve, point: number, prepared: number, product: number): void {
  const mark = curve.mark();
  const ready = curve.take(kernel.prePSize);
  const value = curve.take(sizes.gt);
  curve.call("bn128_prepareG1", point, ready);
  curve.call("bn128_millerLoop", ready, prepared, value);
  curve.call("ftm_mul", product, value, product);
  curve.release(mark);
}

function multiplied(curve: Curve, point: number, scalar: bigint): number {
  const product = curve.take(sizes.g1Jacobian);
  // The weights have 128 bits; shorter scalars take proportionally less.
  const bytes = scalarsToBytes([scalar]).subarray(0, scalar >> 128n === 0n ? 16 : scalarBytes);
  curve.call("g1m_timesScalar", point, curve.put(bytes), bytes.length, product);
  return product;
}

/** Whether all claims hold: ∏ e(−zᵢAᵢ, Bᵢ) · e(Σzᵢ·α, β) · e(Σzᵢ·Lᵢ, γ) · e(Σzᵢ·Cᵢ, δ) = 1. */
function holds(curve: Curve, key: PreparedKey, claims: readonly Opened[]): boolean {
  const start = curve.mark();
  const product = curve.take(sizes.gt);
  curve.call("ftm_one", product);
  const sumC = curve.take(sizes.g1Jacobian);
  curve.call("g1m_zero", sumC);
  const inputScalars = key.inputs.map(() => 0n);
  for (const { a, b, c, publicSignals, weight } of claims) {
    const mark = curve.mark();
    const weightedA = multiplied(curve, a, weight);
    curve.call("g1m_neg", weightedA, weightedA);
    multiplyPairing(curve, weightedA, prepareG2(curve, b), product);
    curve.call("g1m_add", sumC, multiplied(curve, c, weight), sumC);
    curve.release(mark);
    for (const [i, signal] of [1n, ...publicSignals].entries()) {
      inputScalars[i] = reduce((inputScalars[i] as bigint) + signal * weight);
    }
  }
  const sumInputs = curve.take(sizes.g1Jacobian);
  curve.call("g1m_zero", sumInputs);
  for (const [i, input] of key.inputs.entries()) {
    curve.call("g1m_add", sumInputs, multiplied(curve, input, inputScalars[i] as bigint), sumInputs);
  }
  multiplyPairing(curve, multiplied(curve, key.alpha, inputScalars[0] as bigint), key.beta, product);
  multiplyPairing(curve, sumInputs, key.gamma, product);
  multiplyPairing(curve, sumC, key.delta, product);
  curve.call("bn128_finalExponentiation", product, product);
  const good = curve.call("ftm_isOne", product) !== 0;
  curve.release(start);
  return good;
}

const falseClaim = rejected("bad-proof", "The proof does not prove its statement.");

/** Verdicts by halving: a batch of good claims costs one equation. */
function judge(curve: Curve, key: PreparedKey, claims: readonly Opened[]): readonly boolean[] {
  if (claims.length === 0) return [];
  if (holds(curve, key, claims)) return claims.map(() => true);
  if (claims.length === 1) return [false];
  const middle = claims.length >> 1;
  return [...judge(curve, key, claims.slice(0, middle)), ...judge(curve, key, claims.slice(middle))];
}

function prepareKey(curve: Curve, key: VerificationKey): PreparedKey | null {
  const open = (group: Group, bytes: Uint8Array): number => openPoint(curve, group, bytes) ?? -1;
  const alpha = open("g1", key.alpha);
  const inputs = key.inputs.map((input) => open("g1", input));
  const inG2 = [key.beta, key.gamma, key.delta].map((bytes) => open("g2", bytes));
  if ([alpha, ...inputs, ...inG2].includes(-1)) return null;
  const [beta = 0, gamma = 0, delta = 0] = inG2.map((point) => prepareG2(curve, point));
  return { alpha, inputs, beta, gamma, delta };
}

/** Starts a verifier for one key on a curve instance of its own; refuses a degenerate key. */
export async function createProofVerifier(key: VerificationKey): Promise<Result<ProofVerifier>> {
  const problem = keyProblem(key);
  if (problem !== null) return problem;
  const curve = await Curve.start();
  const prepared = prepareKey(curve, key);
  if (prepared === null) return rejected("degenerate-key", "A point of the verification key is not in its group.");
  const verifyBatch = (claims: readonly ProofClaim[], randomness: Uint8Array): readonly Result<true>[] => {
    if (claims.length > maximumProofBatch) throw new Error(`a batch holds at most ${maximumProofBatch} claims`);
    if (randomness.length < claims.length * batchRandomnessBytes)
      throw new Error("too little randomness for the batch");
    const start = curve.mark();
    const opened: { readonly place: number; readonly claim: Opened }[] = [];
    const verdicts = claims.map((claim, place): Result<true> => {
      const refusal = claimProblem(key, claim);
      if (refusal !== null) return refusal;
      const points = splitProof(claim.proof);
      const [a, b, c] = [
        openPoint(curve, "g1", points.a),
        openPoint(curve, "g2", points.b),
        openPoint(curve, "g1", points.c),
      ];
      if (a === null || b === null || c === null) {
        return rejected("bad-proof", "A point of the proof is not on the curve or not in its group.");
      }
      const bytes = new Uint8Array(scalarBytes);
      bytes.set(randomness.subarray(place * batchRandomnessBytes, (place + 1) * batchRandomnessBytes));
      // A weight of zero would let any claim pass.
      const weight = scalarFromBytes(bytes) || 1n;
      opened.push({ place, claim: { a, b, c, publicSignals: claim.publicSignals, weight } });
      return accepted(true);
    });
    const judged = judge(
      curve,
      prepared,
      opened.map(({ claim }) => claim),
    );
    for (const [i, { place }] of opened.entries()) if (!judged[i]) verdicts[place] = falseClaim;
    curve.release(start);
    return verdicts;
  };
  return accepted({ verifyBatch: async (claims, randomness) => verifyBatch(claims, randomness) });
}
