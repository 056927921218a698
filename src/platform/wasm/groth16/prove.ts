/**
 * The Groth16 prover on the kernels. Most signals of our circuits are bits and 32-bit words, so sums over points are split
 * by the size of their scalars: words take an eighth of the windows, and bits one addition.
 * @module
 */

import { concatBytes } from "#protocol/codec/bytes.ts";
import { fieldOrder } from "#protocol/proofs/field.ts";
import { withoutPause } from "../work-pace.ts";
import { Curve, type Group, sizes } from "./curve.ts";
import { PointSums, type ScalarBytes } from "./multiples.ts";
import type { KeyFile } from "./proving-key.ts";
import { QuotientKernel } from "./quotient.ts";
import { reduce, scalarBytes, scalarFromEntropy, scalarsToBytes } from "./scalar-field.ts";

/** Entropy that one proof takes: 64 bytes for each of its two blindings. */
export const proofEntropyBytes = 128;

/** Sizes of scalars, smallest class first. */
const scalarClasses = [4, 8, scalarBytes] as const satisfies readonly ScalarBytes[];

/** What a prover computes with: the curve, transforms for the quotient, and sums over each group. */
export interface ProvingKernels {
  readonly curve: Curve;
  readonly quotient: QuotientKernel;
  readonly g1: PointSums;
  readonly g2: PointSums;
}

/** Starts kernels of their own; about 20 ms. */
export async function startProvingKernels(): Promise<ProvingKernels> {
  const [curve, quotient, g1, g2] = await Promise.all([
    Curve.start(),
    QuotientKernel.start(),
    PointSums.start("g1"),
    PointSums.start("g2"),
  ]);
  return { curve, quotient, g1, g2 };
}

/** An expanded key with its shape. */
export interface PreparedKey {
  readonly file: KeyFile;
  readonly signals: number;
  readonly publicSignals: number;
  readonly domainBits: number;
}

/** Reads an expanded key. */
export function prepareKey(file: KeyFile): PreparedKey {
  const [signals = 0, publicSignals = 0, domainBits = 0] = numbers(file.shape);
  return { file, signals, publicSignals, domainBits };
}

function numbers(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}

/** Class of a scalar by its size; null for zero. */
function classOf(words: Uint32Array, place: number): number | null {
  for (let word = 7; word >= 0; word--) {
    if (words[place * 8 + word] !== 0) return word > 1 ? 2 : word;
  }
  return null;
}

/** Sum of `witness[signal] × point` over a list of signals, written to a new Jacobian point. */
function sumOver(
  curve: Curve,
  sums: PointSums,
  points: Uint8Array,
  signals: Uint32Array,
  witness: Uint32Array,
): number {
  const { group } = sums;
  const pointBytes = group === "g1" ? sizes.g1 : sizes.g2;
  const classes: number[][] = scalarClasses.map(() => []);
  for (const [place, signal] of signals.entries()) {
    const found = classOf(witness, signal);
    if (found !== null) classes[found]?.push(place);
  }
  const result = curve.take(group === "g1" ? sizes.g1Jacobian : sizes.g2Jacobian);
  curve.call(`${group}m_zero`, result);
  const mark = curve.mark();
  for (const [i, places] of classes.entries()) {
    const width = scalarClasses[i] as ScalarBytes;
    const chosen = new Uint8Array(places.length * pointBytes);
    const scalars = new Uint32Array((places.length * width) / 4);
    for (const [k, place] of places.entries()) {
      chosen.set(points.subarray(place * pointBytes, (place + 1) * pointBytes), k * pointBytes);
      const signal = signals[place] as number;
      scalars.set(witness.subarray(8 * signal, 8 * signal + width / 4), (k * width) / 4);
    }
    const part = curve.put(sums.sum(chosen, new Uint8Array(scalars.buffer), width));
    curve.call(`${group}m_add`, result, part, result);
  }
  curve.release(mark);
  return result;
}

/** Adds `scalar × point` (Jacobian) to a Jacobian sum. */
function addMultiple(curve: Curve, group: Group, sum: number, point: number, scalar: bigint): void {
  const mark = curve.mark();
  const product = curve.take(group === "g1" ? sizes.g1Jacobian : sizes.g2Jacobian);
  curve.call(`${group}m_timesScalar`, point, curve.put(scalarsToBytes([scalar])), scalarBytes, product);
  curve.call(`${group}m_add`, sum, product, sum);
  curve.release(mark);
}

/** Fixed points of the key as Jacobian points in memory. */
function putFixed(curve: Curve, group: Group, affine: Uint8Array): number[] {
  const [small, large] = group === "g1" ? [sizes.g1, sizes.g1Jacobian] : [sizes.g2, sizes.g2Jacobian];
  const from = curve.put(affine);
  return Array.from({ length: affine.length / small }, (_, i) => {
    const point = curve.take(large);
    curve.call(`${group}m_toJacobian`, from + i * small, point);
    return point;
  });
}

/** Stages of a proof in their order; progress is told before each. */
export const provingStages = ["quotient", "a", "b1", "b2", "c", "h"] as const;

/** Name of a stage. */
export type ProvingStage = (typeof provingStages)[number];

/** Proves without a pause; see {@link provingSteps}. Progress is told before each stage. */
export function prove(
  kernels: ProvingKernels,
  key: PreparedKey,
  witness: Uint8Array,
  entropy: Uint8Array,
  onStage: (stage: ProvingStage) => void,
): Uint8Array {
  return withoutPause(provingSteps(kernels, key, witness, entropy), onStage);
}

/**
 * Proves that the witness satisfies the circuit: A, B, C compressed, 128 bytes. A witness that does not gives a proof that
 * does not verify. `entropy` is 128 random bytes, fresh for every proof. Each stage is named before it is worked on, so that
 * the caller can rest in between; the kernels' memory is this proof's alone until the last.
 */
export function* provingSteps(
  kernels: ProvingKernels,
  key: PreparedKey,
  witness: Uint8Array,
  entropy: Uint8Array,
): Generator<ProvingStage, Uint8Array> {
  if (entropy.length !== proofEntropyBytes) throw new Error(`a proof takes ${proofEntropyBytes} bytes of entropy`);
  if (witness.length !== key.signals * scalarBytes) throw new Error("the witness is not of this circuit");
  const r = scalarFromEntropy(entropy.subarray(0, 64));
  const s = scalarFromEntropy(entropy.subarray(64));
  const { curve, g1, g2 } = kernels;
  const start = curve.mark();
  const { file } = key;
  const words = numbers(witness);
  const signalsA = numbers(file.signalsA);
  const signalsB = numbers(file.signalsB);
  const first = key.publicSignals + 1;
  const signalsC = Uint32Array.from({ length: key.signals - first }, (_, i) => first + i);
  const [alpha1, beta1, delta1] = putFixed(curve, "g1", file.fixedG1) as [number, number, number];
  const [beta2, delta2] = putFixed(curve, "g2", file.fixedG2) as [number, number];

  yield "quotient";
  const coset = kernels.quotient.values(file, key.domainBits, witness);
  yield "a";
  const a = sumOver(curve, g1, file.pointsA, signalsA, words);
  curve.call("g1m_add", a, alpha1, a);
  addMultiple(curve, "g1", a, delta1, r);
  yield "b1";
  const b1 = sumOver(curve, g1, file.pointsB1, signalsB, words);
  curve.call("g1m_add", b1, beta1, b1);
  addMultiple(curve, "g1", b1, delta1, s);
  yield "b2";
  const b2 = sumOver(curve, g2, file.pointsB2, signalsB, words);
  curve.call("g2m_add", b2, beta2, b2);
  addMultiple(curve, "g2", b2, delta2, s);
  yield "c";
  const c = sumOver(curve, g1, file.pointsC, signalsC, words);
  yield "h";
  const h = curve.put(g1.sum(file.pointsH, coset, scalarBytes));
  curve.call("g1m_add", c, h, c);
  addMultiple(curve, "g1", c, a, s);
  addMultiple(curve, "g1", c, b1, r);
  addMultiple(curve, "g1", c, delta1, reduce(fieldOrder - ((r * s) % fieldOrder)));

  const proof = concatBytes(
    ...(
      [
        ["g1", a],
        ["g2", b2],
        ["g1", c],
      ] as const
    ).map(([group, point]) => curve.compressAll(group, curve.toAffine(group, point))),
  );
  curve.release(start);
  return proof;
}
