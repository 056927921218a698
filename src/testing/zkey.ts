/**
 * Our proving key and witness as the files snarkjs reads, so that it can be the rival on the same circuit.
 */
import { type Curve, sizes } from "#platform/wasm/groth16/curve.ts";
import type { PreparedKey } from "#platform/wasm/groth16/prove.ts";
import type { KeyFile } from "#platform/wasm/groth16/proving-key.ts";
import { scalarsToBytes } from "#platform/wasm/groth16/scalar-field.ts";
import { concatBytes } from "#protocol/codec/bytes.ts";
import { fieldOrder } from "#protocol/proofs/field.ts";
import type { VerificationKey } from "#protocol/proofs/groth16.ts";

const coordinateOrder = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

function number(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

/** A file of numbered sections. */
function file(type: string, version: number, sections: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  const parts = sections.flatMap(([id, bytes]) => [number(id, bytes.length, 0), bytes]);
  return concatBytes(new TextEncoder().encode(type), number(version, sections.length), ...parts);
}

/** Points for every signal: infinity (zeros) where the key has none. */
function spread(points: Uint8Array, signals: Uint8Array, count: number, pointBytes: number): Uint8Array {
  const all = new Uint8Array(count * pointBytes);
  for (const [place, signal] of new Uint32Array(Uint8Array.from(signals).buffer).entries()) {
    all.set(points.subarray(place * pointBytes, (place + 1) * pointBytes), signal * pointBytes);
  }
  return all;
}

/** Factors of one matrix entry and where it stands. */
interface MatrixEntry {
  /** 0 for A, 1 for B. */
  readonly matrix: 0 | 1;
  readonly row: number;
  readonly signal: number;
  /** Place in the table of factors. */
  readonly factor: number;
}

/** Calls back for every entry of a key's matrices. */
function readRows(rows: Uint8Array, each: (entry: MatrixEntry) => void): void {
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = rows[at++] as number;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  let row = 0;
  while (at < rows.length) {
    for (const matrix of [0, 1] as const) {
      for (let left = next(); left > 0; left--) each({ matrix, row, signal: next(), factor: next() });
    }
    row++;
  }
}

/** Entries of the matrices as snarkjs has them: matrix, row, signal, and the factor twice in Montgomery form. */
function matrixEntries(curve: Curve, { rows, factors }: KeyFile): Uint8Array {
  const mark = curve.mark();
  const at = curve.put(factors);
  for (let pass = 0; pass < 2; pass++) curve.call("frm_batchToMontgomery", at, factors.length / 32, at);
  const table = curve.view(at, factors.length).slice();
  curve.release(mark);
  let count = 0;
  readRows(rows, () => count++);
  const bytes = new Uint8Array(4 + 44 * count);
  bytes.set(number(count));
  let to = 4;
  readRows(rows, ({ matrix, row, signal, factor }) => {
    bytes.set(number(matrix, row, signal), to);
    bytes.set(table.subarray(factor * 32, (factor + 1) * 32), to + 12);
    to += 44;
  });
  return bytes;
}

/** The key file. */
export function zkeyFile(curve: Curve, key: PreparedKey, verification: VerificationKey): Uint8Array {
  const affine = (group: "g1" | "g2", compressed: Uint8Array): Uint8Array => {
    const at = curve.decompress(group, compressed);
    if (at === null) throw new Error("not a point");
    return curve.view(at, sizes[group]).slice();
  };
  const parts = key.file;
  const [alpha1, beta1, delta1] = [0, 1, 2].map((i) => parts.fixedG1.subarray(i * sizes.g1, (i + 1) * sizes.g1)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const [beta2, delta2] = [0, 1].map((i) => parts.fixedG2.subarray(i * sizes.g2, (i + 1) * sizes.g2)) as [
    Uint8Array,
    Uint8Array,
  ];
  const header = concatBytes(
    number(32),
    scalarsToBytes([coordinateOrder]),
    number(32),
    scalarsToBytes([fieldOrder]),
    number(key.signals, key.publicSignals, 2 ** key.domainBits),
    alpha1,
    beta1,
    beta2,
    affine("g2", verification.gamma),
    delta1,
    delta2,
  );
  return file("zkey", 1, [
    [1, number(1)],
    [2, header],
    [3, concatBytes(...verification.inputs.map((input) => affine("g1", input)))],
    [4, matrixEntries(curve, parts)],
    [5, spread(parts.pointsA, parts.signalsA, key.signals, sizes.g1)],
    [6, spread(parts.pointsB1, parts.signalsB, key.signals, sizes.g1)],
    [7, spread(parts.pointsB2, parts.signalsB, key.signals, sizes.g2)],
    [8, parts.pointsC],
    [9, parts.pointsH],
    [10, new Uint8Array(68)],
  ]);
}

/** The witness file. */
export function wtnsFile(witness: Uint8Array): Uint8Array {
  return file("wtns", 2, [
    [1, concatBytes(number(32), scalarsToBytes([fieldOrder]), number(witness.length / 32))],
    [2, witness],
  ]);
}
