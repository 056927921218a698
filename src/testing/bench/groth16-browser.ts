/**
 * Block proofs in a real Chromium: our prover and verifier in one thread of a page against snarkjs in another, which may
 * start more, taking turns. Without the app's policy, under which snarkjs does not run.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Curve } from "#platform/wasm/groth16/curve.ts";
import { openProfile } from "../../../e2e/harness.ts";
import { buildTestPage } from "../../../e2e/test-pages.ts";
import { serveFolder } from "../serve-folder.ts";
import { snarkVerdicts } from "../snarkjs-forms.ts";
import { browserName } from "./browser-platform.ts";
import type { Groth16Page } from "./groth16-page/contract.ts";
import type { ProofSubject } from "./groth16-subject.ts";
import { atLeastTimes, type BenchRow, compared, median } from "./row.ts";

const turns = 5;

async function servePage(subject: ProofSubject) {
  const folder = await buildTestPage("bench/groth16-page");
  for (const [name, bytes] of [
    ["ours.bin", subject.keyFile],
    ["plain-witness.bin", subject.witness],
    ["snarkjs-key.bin", subject.snarkjs.key],
    ["snarkjs-witness.bin", subject.snarkjs.witness],
  ] as const) {
    writeFileSync(join(folder, name), bytes);
  }
  return serveFolder(folder, {});
}

/** Rows in Chromium; our proofs are checked by snarkjs outside of it. */
export async function measureGroth16InBrowser(curve: Curve, subject: ProofSubject): Promise<readonly BenchRow[]> {
  const server = await servePage(subject);
  const profile = await openProfile();
  try {
    const tab = await profile.open(server.url);
    const { ours, theirs } = await tab.page.evaluate(
      ([count, signals, key]) => (window as unknown as { groth16: Groth16Page }).groth16.run(count, signals, key),
      [turns, subject.signals.map(String), subject.snarkjs.verificationKey] as const,
    );
    if (tab.errors.length > 0) throw new Error(`the page complained: ${tab.errors.join("; ")}`);
    const claims = ours.map(({ proof }) => ({ proof: Uint8Array.from(proof), publicSignals: subject.signals }));
    const good = snarkVerdicts(curve, subject.verificationKey, claims);
    if (!good.every(Boolean)) throw new Error("snarkjs refuses a proof of ours");
    const perSecond = (milliseconds: readonly number[]): number => 1_000 / median(milliseconds);
    const method = `median of ${turns} turns after a warm-up, contenders taking turns in threads of one page; our proofs checked by snarkjs`;
    const kernels = Math.round(Math.max(...ours.map(({ memoryBytes }) => memoryBytes)) / 1e6);
    const rival = (value: number) => ({ name: "snarkjs", value });
    const snarkVerify = perSecond(theirs.map(({ verifyMs }) => verifyMs));
    return [
      compared(
        {
          name: "Groth16 step: prove",
          unit: "/s",
          method: `${method}; ours on one thread, snarkjs on all; memory of our kernels ${kernels} MB`,
          goals: atLeastTimes(2),
        },
        perSecond(ours.map(({ proveMs }) => proveMs)),
        rival(perSecond(theirs.map(({ proveMs }) => proveMs))),
      ),
      compared(
        { name: "Groth16 step: verify one", unit: "/s", method, goals: atLeastTimes(1) },
        perSecond(ours.map(({ verifyMs }) => verifyMs)),
        rival(snarkVerify),
      ),
      compared(
        { name: "Groth16 step: verify, batches of 16", unit: "/s", method, goals: atLeastTimes(2) },
        perSecond(ours.map(({ batchedMs }) => batchedMs)),
        rival(snarkVerify),
      ),
    ].map((row) => ({ ...row, where: browserName(tab) }));
  } finally {
    await profile.close();
    server.close();
  }
}
