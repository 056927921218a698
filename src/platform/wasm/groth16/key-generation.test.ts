import { describe, expect, it } from "vitest";
import type { VerificationKey } from "#protocol/proofs/groth16.ts";
import { must } from "../../../testing/step-fixtures.ts";
import { Curve } from "./curve.ts";
import { generateKeys, setupEntropyBytes } from "./key-generation.ts";
import { prepareKey, prove, startProvingKernels } from "./prove.ts";
import { expandKey, keyParts, readKeyFile, writeKeyFile } from "./proving-key.ts";
import type { ConstraintSystem } from "./r1cs.ts";
import { scalarsToBytes } from "./scalar-field.ts";
import { createProofVerifier } from "./verifier.ts";

/** One public signal y and two private ones: x · x = z, z · x = y. */
const cube: ConstraintSystem = {
  signals: 4,
  publicSignals: 1,
  constraints: [
    { a: only(2), b: only(2), c: only(3) },
    { a: only(3), b: only(2), c: only(1) },
  ],
};

function only(signal: number) {
  return { signals: Uint32Array.of(signal), factors: [1n] };
}

function entropy(fill: number): Uint8Array {
  return Uint8Array.from({ length: setupEntropyBytes }, (_, i) => (i * 89 + fill) & 255);
}

async function verdict(key: VerificationKey, proof: Uint8Array, y: bigint): Promise<boolean> {
  const verifier = must(await createProofVerifier(key));
  return (await verifier.verifyBatch([{ proof, publicSignals: [y] }], new Uint8Array(16).fill(3)))[0]?.ok === true;
}

describe("key generation", () => {
  it("makes keys under which true statements are proved, through the file and back", async () => {
    const kernels = await startProvingKernels();
    const { curve } = kernels;
    const { proving, verification } = generateKeys(curve, cube, entropy(1));
    const file = writeKeyFile(proving);
    const shares: number[] = [];
    const key = prepareKey(await expandKey(must(readKeyFile(file)), (share) => shares.push(share)));
    expect(shares.at(-1)).toBe(1);
    const proof = prove(kernels, key, scalarsToBytes([1n, 27n, 3n, 9n]), new Uint8Array(128).fill(5), () => undefined);
    expect(await verdict(verification, proof, 27n)).toBe(true);
    expect(await verdict(verification, proof, 28n)).toBe(false);
    const lie = prove(kernels, key, scalarsToBytes([1n, 28n, 3n, 9n]), new Uint8Array(128).fill(5), () => undefined);
    expect(await verdict(verification, lie, 28n)).toBe(false);
    const other = generateKeys(curve, cube, entropy(2));
    expect(await verdict(other.verification, proof, 27n)).toBe(false);
    expect(writeKeyFile(generateKeys(curve, cube, entropy(1)).proving)).toEqual(file);
  });

  it("binds a proof to public signals that no constraint mentions, and to each of two that always come together", async () => {
    // Public p, q, u and private s: (p + q) · 1 = s.
    const both = { signals: Uint32Array.of(1, 2), factors: [1n, 1n] };
    const system: ConstraintSystem = {
      signals: 5,
      publicSignals: 3,
      constraints: [{ a: both, b: only(0), c: only(4) }],
    };
    const kernels = await startProvingKernels();
    const { proving, verification } = generateKeys(kernels.curve, system, entropy(3));
    const key = prepareKey(await expandKey(proving, () => undefined));
    const witness = scalarsToBytes([1n, 5n, 6n, 7n, 11n]);
    const proof = prove(kernels, key, witness, new Uint8Array(128).fill(5), () => undefined);
    const verifier = must(await createProofVerifier(verification));
    const statements = [
      [5n, 6n, 7n],
      // What a proof would be good for if inputs could be shifted.
      [6n, 5n, 7n],
      [4n, 7n, 7n],
      [5n, 6n, 8n],
      [5n, 6n, 0n],
    ];
    const claims = statements.map((publicSignals) => ({ proof, publicSignals }));
    const verdicts = await verifier.verifyBatch(claims, new Uint8Array(16 * claims.length).fill(3));
    expect(verdicts.map(({ ok }) => ok)).toEqual([true, false, false, false, false]);
  });

  it("refuses secrets that make δ = γ, or nothing", async () => {
    const curve = await Curve.start();
    for (const value of [0, 1]) {
      const bad = entropy(1).fill(0, 192);
      bad[192] = value;
      expect(() => generateKeys(curve, cube, bad)).toThrow(/degenerate/);
    }
    expect(() => generateKeys(curve, cube, new Uint8Array(8))).toThrow(/256 bytes/);
  });

  it("reads no file that is cut off or has more", async () => {
    const file = writeKeyFile(generateKeys(await Curve.start(), cube, entropy(1)).proving);
    expect(must(readKeyFile(file)).pointsA).toHaveLength(must(readKeyFile(file)).signalsA.length * 8);
    for (const length of [0, 3, 20, file.length - 1]) {
      expect(readKeyFile(file.subarray(0, length))).toMatchObject({ ok: false, code: "truncated" });
    }
    expect(readKeyFile(new Uint8Array([...file, 0]))).toMatchObject({ ok: false, code: "trailing-bytes" });
    expect(keyParts).toHaveLength(12);
  });
});
