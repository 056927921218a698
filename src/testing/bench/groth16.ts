/**
 * Block proofs: our prover and verifier against snarkjs, same circuit, key and witness, taking turns.
 */
import { randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prove, startProvingKernels } from "#platform/wasm/groth16/prove.ts";
import { createProofVerifier } from "#platform/wasm/groth16/verifier.ts";
import { askSnarkjs, snarkProof } from "../snarkjs-forms.ts";
import { must } from "../step-fixtures.ts";
import { measureGroth16InBrowser } from "./groth16-browser.ts";
import { proofSubject } from "./groth16-subject.ts";
import { atLeastTimes, type BenchRow, compared, median } from "./row.ts";

const turns = 3;
const batch = 16;

async function timed(work: () => unknown): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

/** Rows in Node, where snarkjs runs in a process of its own, which it needs, and is timed inside; then in Chromium. */
export async function measureGroth16(): Promise<readonly BenchRow[]> {
  const kernels = await startProvingKernels();
  const { curve } = kernels;
  const subject = await proofSubject(curve);
  const { key, witness, signals, verificationKey } = subject;
  const verifier = must(await createProofVerifier(verificationKey));
  const folder = mkdtempSync(join(tmpdir(), "aether-bench-"));
  const form = subject.snarkjs.verificationKey;
  writeFileSync(join(folder, "key"), subject.snarkjs.key);
  writeFileSync(join(folder, "witness"), subject.snarkjs.witness);
  const snarkProve = { key: join(folder, "key"), witness: join(folder, "witness"), rounds: 2, verificationKey: form };
  const entropy = (bytes: number): Uint8Array => randomFillSync(new Uint8Array(bytes));
  const ours = {
    prove: [] as number[],
    proveProcessor: [] as number[],
    single: [] as number[],
    batched: [] as number[],
  };
  const theirs = { prove: [] as number[], proveProcessor: [] as number[], verify: [] as number[], peakBytes: 0 };
  try {
    for (let turn = 0; turn <= turns; turn++) {
      let proof = new Uint8Array(0) as Uint8Array;
      const before = process.cpuUsage();
      const proveMs = await timed(() => {
        proof = prove(kernels, key, witness, entropy(128), () => undefined);
      });
      const { user, system } = process.cpuUsage(before);
      const claim = { proof, publicSignals: signals };
      const singleMs = await timed(() => verifier.verifyBatch([claim], entropy(16)));
      const claims = Array.from({ length: batch }, () => claim);
      const batchedMs = (await timed(() => verifier.verifyBatch(claims, entropy(16 * batch)))) / batch;
      const made = askSnarkjs({ prove: snarkProve });
      const questions = claims.map(() => ({
        key: form,
        signals: signals.map(String),
        proof: snarkProof(curve, proof),
      }));
      const checked = askSnarkjs({ verify: questions });
      if (![...made.answers, ...checked.answers].every((answer) => answer.good)) throw new Error("snarkjs disagrees");
      if (turn === 0) continue;
      ours.prove.push(proveMs);
      ours.proveProcessor.push((user + system) / 1_000);
      ours.single.push(singleMs);
      ours.batched.push(batchedMs);
      theirs.prove.push(made.answers[1]?.ms ?? Number.NaN);
      theirs.proveProcessor.push(made.answers[1]?.processorMs ?? Number.NaN);
      theirs.verify.push(median(checked.answers.slice(1).map((answer) => answer.ms)));
      theirs.peakBytes = Math.max(theirs.peakBytes, made.peakBytes);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const perSecond = (milliseconds: readonly number[]): number => 1_000 / median(milliseconds);
  const method = `median of ${turns} turns after a warm-up, contenders taking turns; every proof checked by snarkjs`;
  const bytes = Object.values(kernels).reduce((sum, kernel) => sum + kernel.memoryBytes, 0);
  const peaks = `memory of our kernels ${Math.round(bytes / 1e6)} MB, the process of snarkjs ${Math.round(theirs.peakBytes / 1e6)} MB`;
  const rows = [
    compared(
      {
        name: "Groth16 step: prove",
        unit: "/s",
        method: `${method}; ours on one thread, snarkjs on all; ${peaks}`,
        goals: atLeastTimes(2),
      },
      perSecond(ours.prove),
      { name: "snarkjs", value: perSecond(theirs.prove) },
    ),
    compared(
      {
        name: "Groth16 step: prove, processor time",
        unit: "/s",
        method: `${method}; time of all threads together, which is what other work on the device loses`,
        goals: atLeastTimes(2),
      },
      perSecond(ours.proveProcessor),
      { name: "snarkjs", value: perSecond(theirs.proveProcessor) },
    ),
    compared({ name: "Groth16 step: verify one", unit: "/s", method, goals: atLeastTimes(1) }, perSecond(ours.single), {
      name: "snarkjs",
      value: perSecond(theirs.verify),
    }),
    compared(
      { name: `Groth16 step: verify, batches of ${batch}`, unit: "/s", method, goals: atLeastTimes(2) },
      perSecond(ours.batched),
      { name: "snarkjs", value: perSecond(theirs.verify) },
    ),
  ];
  const inNode = rows.map((row) => ({ ...row, where: `Node ${process.versions.node}` }));
  return [...inNode, ...(await measureGroth16InBrowser(curve, subject))];
}
