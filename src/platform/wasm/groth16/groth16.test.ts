import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { circuits } from "#protocol/proofs/circuits.generated.ts";
import { fieldOrder } from "#protocol/proofs/field.ts";
import { type ProofClaim, type ProofVerifier, readVerificationKey } from "#protocol/proofs/groth16.ts";
import { poseidon } from "#protocol/proofs/poseidon.ts";
import { assignSegment, proofSeed, segmentStatement, segmentWitness } from "#protocol/proofs/segment-assignment.ts";
import { publicSignals, type StepWitness, stepCircuitInput, stepStatement } from "#protocol/proofs/step-statement.ts";
import { snarkVerdicts } from "../../../testing/snarkjs-forms.ts";
import { circuitFile, must, stepCalculator } from "../../../testing/step-fixtures.ts";
import { type Curve, sizes } from "./curve.ts";
import { type PreparedKey, type ProvingKernels, prepareKey, prove, startProvingKernels } from "./prove.ts";
import { expandKey, readKeyFile } from "./proving-key.ts";
import { createProofVerifier } from "./verifier.ts";

const coordinateOrder = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
const proposer = new Uint8Array(33).fill(2);
const seed = proofSeed(new Uint8Array(32).fill(1), proposer);
const segment = assignSegment(seed, []);
const statement = segmentStatement(segment, proposer, seed, poseidon);
const signals = publicSignals(statement);
const verificationKey = must(readVerificationKey(circuits.step.verificationKey));

let kernels: ProvingKernels;
let curve: Curve;
let key: PreparedKey;
let witness: Uint8Array;
let verifier: ProofVerifier;
let proof: Uint8Array;

/** Bytes that look random and are the same in every run. */
function bytes(length: number, name: string): Uint8Array {
  const parts = Array.from({ length: Math.ceil(length / 64) }, (_, i) =>
    createHash("sha512").update(`${name} ${i}`).digest(),
  );
  return new Uint8Array(Buffer.concat(parts).subarray(0, length));
}

async function verdicts(claims: readonly ProofClaim[]): Promise<readonly boolean[]> {
  return (await verifier.verifyBatch(claims, bytes(16 * claims.length, "weights"))).map((verdict) => verdict.ok);
}

async function passes(claimed: Uint8Array, claimedSignals: readonly bigint[] = signals): Promise<boolean> {
  return (await verdicts([{ proof: claimed, publicSignals: claimedSignals }]))[0] as boolean;
}

function altered(original: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array {
  const copy = Uint8Array.from(original);
  change(copy);
  return copy;
}

beforeAll(async () => {
  kernels = await startProvingKernels();
  curve = kernels.curve;
  key = prepareKey(await expandKey(must(readKeyFile(circuitFile("step.proving-key.bin"))), () => undefined));
  witness = must((await stepCalculator()).calculate(stepCircuitInput(statement, segmentWitness(segment))));
  verifier = must(await createProofVerifier(verificationKey));
  proof = prove(kernels, key, witness, bytes(128, "proof"), () => undefined);
});

describe("a proof", () => {
  it("has 128 bytes and verifies here and in snarkjs, single and in a batch with others", async () => {
    expect(proof).toHaveLength(128);
    expect(await passes(proof)).toBe(true);
    expect(snarkVerdicts(curve, verificationKey, [{ proof, publicSignals: signals }])).toEqual([true]);
    const other = prove(kernels, key, witness, bytes(128, "another"), () => undefined);
    expect(other).not.toEqual(proof);
    const good = { proof, publicSignals: signals };
    const bad = { proof, publicSignals: [...signals.slice(0, 3), 1n] };
    expect(await verdicts([good, { ...good, proof: other }, bad, good, bad])).toEqual([true, true, false, true, false]);
    expect(await verdicts([])).toEqual([]);
  });

  it("of a witness that breaks a constraint does not verify", async () => {
    for (const place of [100, 20_000]) {
      const broken = altered(witness, (copy) => copy.set([(copy[32 * place] as number) ^ 1], 32 * place));
      expect(await passes(prove(kernels, key, broken, bytes(128, "broken"), () => undefined))).toBe(false);
    }
  });

  it("is refused with any public signal altered, moved, missing, added or written differently", async () => {
    const wrong = signals.flatMap((signal, place) =>
      [(signal + 1n) % fieldOrder, fieldOrder - signal, 0n].map((value) => ({
        proof,
        publicSignals: signals.map((other, i) => (i === place ? value : other)),
      })),
    );
    expect(await verdicts(wrong)).toEqual(wrong.map(() => false));
    expect(snarkVerdicts(curve, verificationKey, wrong)).toEqual(wrong.map(() => false));
    for (const place of signals.keys()) {
      for (const turn of [fieldOrder, -fieldOrder]) {
        expect(
          await passes(
            proof,
            signals.map((other, i) => (i === place ? other + turn : other)),
          ),
        ).toBe(false);
      }
    }
    expect(await passes(proof, [...signals.slice(1), signals[0] as bigint])).toBe(false);
    expect(await passes(proof, signals.slice(0, 3))).toBe(false);
    expect(await passes(proof, [...signals, 0n])).toBe(false);
    expect(await passes(proof, [])).toBe(false);
  });

  it("of another proposer, parent, segment or job does not stand for this one", async () => {
    const claims = [
      { key: new Uint8Array(33).fill(3), parent: new Uint8Array(32).fill(1) },
      { key: proposer, parent: new Uint8Array(32).fill(8) },
    ].map((other) => {
      const otherSeed = proofSeed(other.parent, other.key);
      return {
        proof,
        publicSignals: publicSignals(segmentStatement(assignSegment(otherSeed, []), other.key, otherSeed, poseidon)),
      };
    });
    // The same work claimed under another proposer's context: a copied proof.
    const copied = publicSignals(segmentStatement(segment, new Uint8Array(33).fill(3), seed, poseidon));
    expect(copied.slice(0, 3)).toEqual(signals.slice(0, 3));
    expect(await verdicts([...claims, { proof, publicSignals: copied }])).toEqual([false, false, false]);
  });

  it("stands for no other program, pc, state, blinding or context", async () => {
    const run = segmentWitness(segment);
    const { registers, memory, pc } = run.state;
    const first = (words: Uint32Array): Uint32Array => words.map((word, i) => (i === 0 ? word ^ 1 : word));
    const others: readonly StepWitness[] = [
      { ...run, program: first(run.program) },
      { ...run, state: { ...run.state, pc: (pc + 1) % 64 } },
      { ...run, state: { ...run.state, registers: first(registers) } },
      { ...run, state: { ...run.state, memory: first(memory) } },
      { ...run, blindingBefore: 1n },
      { ...run, blindingAfter: 1n },
    ];
    const wrong = others.map((other) => publicSignals(stepStatement(other, statement.context, poseidon)));
    wrong.push(publicSignals(stepStatement(run, statement.context + 1n, poseidon)));
    // Each differs from the proved statement, and each of its values alone makes another one.
    for (const other of wrong) expect(other).not.toEqual(signals);
    const mixed = wrong.flatMap((other) =>
      [0, 1, 2, 3]
        .filter((place) => other[place] !== signals[place])
        .map((place) => signals.map((signal, i) => (i === place ? (other[i] as bigint) : signal))),
    );
    const claims = [...wrong, ...mixed].map((values) => ({ proof, publicSignals: values }));
    expect(await verdicts(claims)).toEqual(claims.map(() => false));
    expect(await passes(proof, publicSignals(stepStatement(run, statement.context, poseidon)))).toBe(true);
  });

  it("is refused when any byte of it differs, is cut off or added", async () => {
    for (let from = 0; from < proof.length; from += 64) {
      const claims = Array.from({ length: 64 }, (_, i) => ({
        proof: altered(proof, (copy) => copy.set([(copy[from + i] as number) ^ (1 << (i % 8))], from + i)),
        publicSignals: signals,
      }));
      expect(await verdicts(claims)).toEqual(claims.map(() => false));
    }
    expect(await passes(proof.subarray(0, 127))).toBe(false);
    expect(await passes(new Uint8Array([...proof, 0]))).toBe(false);
    expect(await passes(new Uint8Array(0))).toBe(false);
    expect(await passes(new Uint8Array(128))).toBe(false);
  });

  it("is refused with points at infinity, coordinates above the order, or outside the group", async () => {
    for (const at of [0, 32, 96]) {
      expect(await passes(altered(proof, (copy) => copy.set([0x40], at)))).toBe(false);
      expect(await passes(altered(proof, (copy) => copy.fill(0, at, at + 32).set([0x40], at)))).toBe(false);
      const order = Buffer.from(coordinateOrder.toString(16), "hex");
      expect(await passes(altered(proof, (copy) => copy.set(order, at)))).toBe(false);
    }
    // A.x + q denotes the same point in a field that reduces: snarkjs accepts it, here only one form is canonical.
    let small = proof;
    const x = (): bigint => BigInt(`0x${Buffer.from(small.subarray(0, 32)).toString("hex")}`) & (2n ** 254n - 1n);
    for (let i = 0; x() + coordinateOrder >= 2n ** 254n; i++)
      small = prove(kernels, key, witness, bytes(128, `${i}`), () => undefined);
    expect(await passes(small)).toBe(true);
    const sign = (small[0] as number) & 0x80;
    const above = Buffer.from((x() + coordinateOrder).toString(16).padStart(64, "0"), "hex");
    above[0] = (above[0] as number) | sign;
    expect(await passes(altered(small, (copy) => copy.set(above, 0)))).toBe(false);
    // On the twist, but of another order: found by counting up x until the curve has such a point.
    let outside: Uint8Array | null = null;
    for (let i = 1; outside === null; i++) {
      const candidate = new Uint8Array(64);
      candidate[63] = i;
      const mark = curve.mark();
      if (curve.decompress("g2", candidate) !== null) outside = candidate;
      curve.release(mark);
    }
    const found = outside;
    expect(
      await verifier.verifyBatch(
        [{ proof: altered(proof, (copy) => copy.set(found, 32)), publicSignals: signals }],
        bytes(16, "w"),
      ),
    ).toMatchObject([{ ok: false, message: "A point of the proof is not on the curve or not in its group." }]);
  });
});

describe("a batch", () => {
  it("does not let two false claims cancel each other", async () => {
    // C + D and C − D: under equal weights their errors sum to nothing.
    const shifted = (operation: "g1m_add" | "g1m_sub"): Uint8Array => {
      const mark = curve.mark();
      const point = curve.take(sizes.g1Jacobian);
      curve.call("g1m_toJacobian", curve.decompress("g1", proof.subarray(96)) as number, point);
      curve.call(operation, point, curve.g1Generator, point);
      const c = curve.compressAll("g1", curve.toAffine("g1", point));
      curve.release(mark);
      return altered(proof, (copy) => copy.set(c, 96));
    };
    const claims = [shifted("g1m_add"), shifted("g1m_sub")].map((wrong) => ({ proof: wrong, publicSignals: signals }));
    expect(await verdicts(claims)).toEqual([false, false]);
    const equalWeights = new Uint8Array(32).fill(1);
    expect((await verifier.verifyBatch(claims, equalWeights)).map((verdict) => verdict.ok)).toEqual([true, true]);
  });

  it("takes no memory that it does not give back", async () => {
    const claims = Array.from({ length: 16 }, () => ({ proof, publicSignals: signals }));
    const before = curve.mark();
    for (let i = 0; i < 3; i++) expect(await verdicts(claims)).toEqual(claims.map(() => true));
    prove(kernels, key, witness, bytes(128, "proof"), () => undefined);
    expect(curve.mark()).toBe(before);
  });
});

describe("a verification key", () => {
  it("is refused when anyone could forge under it, or it is not one", async () => {
    const hex = circuits.step.verificationKey;
    const infinity = `40${"0".repeat(62)}`;
    const degenerate = [
      { ...hex, delta: hex.gamma },
      { ...hex, alpha: infinity },
      { ...hex, delta: `${infinity}${"0".repeat(64)}` },
      { ...hex, inputs: [] },
      { ...hex, inputs: [infinity, ...hex.inputs.slice(1)] },
      { ...hex, beta: hex.alpha },
      { ...hex, alpha: "nonsense" },
    ];
    for (const bad of degenerate) expect(readVerificationKey(bad)).toMatchObject({ ok: false, code: "degenerate-key" });
    const withX = (bytes: Uint8Array, last: number): Uint8Array =>
      altered(bytes, (copy) => copy.set([last], copy.length - 1));
    // Half of all x-coordinates have no point on the curve; on the twist few points have the right order.
    const opened = (g: "g1" | "g2", bytes: Uint8Array): boolean => {
      const mark = curve.mark();
      const found = curve.decompress(g, bytes) !== null;
      curve.release(mark);
      return found;
    };
    const places = Array.from({ length: 40 }, (_, last) => last);
    const noPoint = places.find((last) => !opened("g1", withX(verificationKey.alpha, last))) as number;
    const otherOrder = places.find((last) => opened("g2", withX(verificationKey.beta, last))) as number;
    for (const bad of [
      { ...verificationKey, alpha: withX(verificationKey.alpha, noPoint) },
      { ...verificationKey, inputs: [...verificationKey.inputs.slice(1), withX(verificationKey.alpha, noPoint)] },
      { ...verificationKey, beta: withX(verificationKey.beta, otherOrder) },
      { ...verificationKey, gamma: withX(verificationKey.beta, otherOrder) },
      { ...verificationKey, delta: withX(verificationKey.beta, otherOrder) },
    ]) {
      expect(await createProofVerifier(bad)).toMatchObject({ ok: false, code: "degenerate-key" });
    }
    expect((await createProofVerifier({ ...verificationKey, delta: verificationKey.gamma })).ok).toBe(false);
  });
});
