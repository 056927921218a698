/**
 * Makes Groth16 keys directly from five secret scalars (α, β, δ, τ; γ is one). Whoever knows them can forge proofs: the
 * caller draws them from the operating system and lets them go with the process. It is a setup that trusts one party.
 * @module
 */
import { fieldOrder } from "#protocol/proofs/field.ts";
import { type Curve, type Group, sizes } from "./curve.ts";
import type { KeyFile } from "./proving-key.ts";
import type { Combination, ConstraintSystem } from "./r1cs.ts";
import { inverse, power, reduce, rootOfUnity, scalarBytes, scalarFromEntropy, scalarsToBytes } from "./scalar-field.ts";

/** Entropy that {@link generateKeys} takes: 64 bytes for each of four scalars. */
export const setupEntropyBytes = 256;

/** Points of a verification key, compressed. */
export interface VerificationKeyPoints {
  readonly alpha: Uint8Array;
  readonly beta: Uint8Array;
  readonly gamma: Uint8Array;
  readonly delta: Uint8Array;
  /** One more than there are public signals. */
  readonly inputs: readonly Uint8Array[];
}

const windowBits = 8;
const windows = 32;
const windowPoints = 2 ** windowBits - 1;
const batchScalars = 2_048;

/** Multiplies a generator by many scalars with a table of its multiples; affine points one after the other. */
function multiplyFixed(curve: Curve, group: Group, scalars: readonly bigint[]): Uint8Array {
  const prefix = `${group}m`;
  const [affine, jacobian] = group === "g1" ? [sizes.g1, sizes.g1Jacobian] : [sizes.g2, sizes.g2Jacobian];
  const generator = group === "g1" ? curve.g1Generator : curve.g2Generator;
  const start = curve.mark();
  const table = curve.take(windows * windowPoints * affine);
  const multiples = curve.take(windowPoints * jacobian);
  const base = curve.take(jacobian);
  curve.call(`${prefix}_copy`, generator, base);
  for (let window = 0; window < windows; window++) {
    curve.call(`${prefix}_copy`, base, multiples);
    for (let i = 1; i < windowPoints; i++) {
      curve.call(`${prefix}_add`, multiples + (i - 1) * jacobian, base, multiples + i * jacobian);
    }
    curve.call(`${prefix}_add`, multiples + (windowPoints - 1) * jacobian, base, base);
    curve.call(`${prefix}_batchToAffine`, multiples, windowPoints, table + window * windowPoints * affine);
  }
  const sums = curve.take(batchScalars * jacobian);
  const results = new Uint8Array(scalars.length * affine);
  for (let from = 0; from < scalars.length; from += batchScalars) {
    const part = scalars.slice(from, from + batchScalars);
    const digits = scalarsToBytes(part);
    for (let i = 0; i < part.length; i++) {
      const sum = sums + i * jacobian;
      curve.call(`${prefix}_zero`, sum);
      for (let window = 0; window < windows; window++) {
        const digit = digits[i * scalarBytes + window] as number;
        if (digit === 0) continue;
        curve.call(`${prefix}_addMixed`, sum, table + (window * windowPoints + digit - 1) * affine, sum);
      }
    }
    const mark = curve.mark();
    const points = curve.take(part.length * affine);
    curve.call(`${prefix}_batchToAffine`, sums, part.length, points);
    results.set(curve.view(points, part.length * affine), from * affine);
    curve.release(mark);
  }
  curve.release(start);
  return results;
}

/** Values at `point` of the Lagrange polynomials over the roots of unity of order 2^bits. */
function lagrangeAt(bits: number, point: bigint): bigint[] {
  const size = 2 ** bits;
  const root = rootOfUnity(bits);
  const scale = (reduce(power(point, BigInt(size)) - 1n) * inverse(BigInt(size))) % fieldOrder;
  const roots: bigint[] = [];
  const products: bigint[] = [];
  for (let i = 0, at = 1n, product = 1n; i < size; i++) {
    roots.push(at);
    products.push(product);
    product = (product * reduce(point - at)) % fieldOrder;
    at = (at * root) % fieldOrder;
  }
  // One inversion for all: walk back through the products.
  const last = size - 1;
  let inverted = inverse(((products[last] as bigint) * reduce(point - (roots[last] as bigint))) % fieldOrder);
  const values = new Array<bigint>(size);
  for (let i = last; i >= 0; i--) {
    const at = roots[i] as bigint;
    values[i] = (((inverted * (products[i] as bigint)) % fieldOrder) * ((at * scale) % fieldOrder)) % fieldOrder;
    inverted = (inverted * reduce(point - at)) % fieldOrder;
  }
  return values;
}

/** The circuit's polynomials at τ, one value per signal. */
function evaluateSignals(system: ConstraintSystem, lagrange: readonly bigint[]) {
  const values = { a: new Array<bigint>(system.signals).fill(0n), b: [] as bigint[], c: [] as bigint[] };
  values.b = values.a.slice();
  values.c = values.a.slice();
  const add = (sums: bigint[], combination: Combination, weight: bigint): void => {
    for (const [i, signal] of combination.signals.entries()) {
      sums[signal] = ((sums[signal] as bigint) + (combination.factors[i] as bigint) * weight) % fieldOrder;
    }
  };
  for (const [row, { a, b, c }] of system.constraints.entries()) {
    const weight = lagrange[row] as bigint;
    add(values.a, a, weight);
    add(values.b, b, weight);
    add(values.c, c, weight);
  }
  // A row of its own for every public signal keeps the polynomials of those independent (else inputs could be shifted).
  for (let signal = 0; signal <= system.publicSignals; signal++) {
    const weight = lagrange[system.constraints.length + signal] as bigint;
    values.a[signal] = ((values.a[signal] as bigint) + weight) % fieldOrder;
  }
  return values;
}

/** Rows of A and B over a table of factors, the commonest first. */
function packMatrices(system: ConstraintSystem): { rows: Uint8Array; factors: Uint8Array } {
  const one: Combination = { signals: new Uint32Array(1), factors: [1n] };
  const none: Combination = { signals: new Uint32Array(0), factors: [] };
  const publicRows = Array.from({ length: system.publicSignals + 1 }, (_, signal) => [
    { ...one, signals: Uint32Array.of(signal) },
    none,
  ]);
  const all = [...system.constraints.map(({ a, b }) => [a, b]), ...publicRows];
  const counts = new Map<bigint, number>();
  for (const combination of all.flat()) {
    for (const factor of combination.factors) counts.set(factor, (counts.get(factor) ?? 0) + 1);
  }
  const table = [...counts.entries()].sort((x, y) => y[1] - x[1]).map(([factor]) => factor);
  const places = new Map(table.map((factor, place) => [factor, place]));
  const bytes: number[] = [];
  const write = (value: number): void => {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
  };
  for (const { signals, factors } of all.flat()) {
    write(signals.length);
    for (const [i, signal] of signals.entries()) {
      write(signal);
      write(places.get(factors[i] as bigint) as number);
    }
  }
  return { rows: Uint8Array.from(bytes), factors: scalarsToBytes(table) };
}

/** Numbers as little-endian 32-bit words. */
function words(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value, true);
  return bytes;
}

/** Makes a key pair for a circuit. Equal entropy makes equal keys, so entropy that anyone knows makes them worthless. */
export function generateKeys(
  curve: Curve,
  system: ConstraintSystem,
  entropy: Uint8Array,
): { proving: KeyFile; verification: VerificationKeyPoints } {
  if (entropy.length !== setupEntropyBytes) throw new Error(`keys are drawn from ${setupEntropyBytes} bytes`);
  const secret = (place: number): bigint => scalarFromEntropy(entropy.subarray(64 * place, 64 * place + 64));
  const [tau, alpha, beta, delta] = [secret(0), secret(1), secret(2), secret(3)];
  // γ is one: δ equal to it would make every proof forgeable, and zeros make nonsense.
  if ([tau, alpha, beta, delta].includes(0n) || delta === 1n) throw new Error("degenerate entropy: δ = γ or zero");
  const rowCount = system.constraints.length + system.publicSignals + 1;
  const domainBits = Math.ceil(Math.log2(rowCount));
  const { a, b, c } = evaluateSignals(system, lagrangeAt(domainBits, tau));
  const overDelta = inverse(delta);
  const mixed = a.map((value, i) => reduce(beta * value + alpha * (b[i] as bigint) + (c[i] as bigint)));
  // Odd places of the doubled domain: the coset on which the quotient is given.
  const odd = lagrangeAt(domainBits + 1, tau).filter((_, i) => i % 2 === 1);
  const used = (values: readonly bigint[]): number[] => [...values.keys()].filter((signal) => values[signal] !== 0n);
  const signalsA = used(a);
  const signalsB = used(b);
  const pick = (values: readonly bigint[], signals: readonly number[]): bigint[] =>
    signals.map((signal) => values[signal] as bigint);
  const first = system.publicSignals + 1;
  const scaled = (values: readonly bigint[]): bigint[] => values.map((value) => (value * overDelta) % fieldOrder);
  const fixedG1 = multiplyFixed(curve, "g1", [alpha, beta, delta]);
  const fixedG2 = multiplyFixed(curve, "g2", [beta, delta, 1n]);
  const inputs = curve.compressAll("g1", multiplyFixed(curve, "g1", mixed.slice(0, first)));
  const inG1 = (values: readonly bigint[]): Uint8Array => curve.compressAll("g1", multiplyFixed(curve, "g1", values));
  const [betaG2, deltaG2, gammaG2] = [0, 1, 2].map((i) =>
    curve.compressAll("g2", fixedG2.subarray(i * sizes.g2, (i + 1) * sizes.g2)),
  ) as [Uint8Array, Uint8Array, Uint8Array];
  return {
    proving: {
      shape: words([system.signals, system.publicSignals, domainBits]),
      ...packMatrices(system),
      signalsA: words(signalsA),
      signalsB: words(signalsB),
      fixedG1: curve.compressAll("g1", fixedG1),
      fixedG2: fixedG2.slice(0, 2 * sizes.g2),
      pointsA: inG1(pick(a, signalsA)),
      pointsB1: inG1(pick(b, signalsB)),
      pointsB2: multiplyFixed(curve, "g2", pick(b, signalsB)),
      pointsC: inG1(scaled(mixed.slice(first))),
      pointsH: inG1(scaled(odd)),
    },
    verification: {
      alpha: curve.compressAll("g1", fixedG1.subarray(0, sizes.g1)),
      beta: betaG2,
      gamma: gammaG2,
      delta: deltaG2,
      inputs: Array.from({ length: first }, (_, i) =>
        inputs.slice(i * sizes.g1Compressed, (i + 1) * sizes.g1Compressed),
      ),
    },
  };
}
