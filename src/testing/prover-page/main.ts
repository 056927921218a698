/**
 * A page that proves with the app's worker under the app's policy. Wiring only.
 */
import { poseidon } from "#protocol/proofs/poseidon.ts";
import { assignSegment, proofSeed, segmentStatement, segmentWitness } from "#protocol/proofs/segment-assignment.ts";
import { publicSignals } from "#protocol/proofs/step-statement.ts";
import { computeThread } from "../../platform/browser/compute-threads.ts";
import { browserEntropy } from "../../platform/browser/system.ts";
import { installTrustedTypes } from "../../platform/browser/trusted-types.ts";
import { createStepProofVerifier } from "../../platform/wasm/lazy-proof-verifier.ts";
import { createSegmentProver } from "../../platform/wasm/prover.ts";
import type { ProverPage } from "./contract.ts";

installTrustedTypes(window);
const prover = createSegmentProver(() =>
  computeThread(new Worker(new URL("../../../workers/prover.worker.ts", import.meta.url), { type: "module" })),
);
const verifier = createStepProofVerifier();
const proposer = new Uint8Array(33).fill(2);
let newest: { proof: Uint8Array; publicSignals: readonly bigint[] } | null = null;

/** Measures how long this thread is kept from its timers; the returned function ends it. */
function watchStalls(): () => number {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - 10);
    last = now;
  }, 10);
  return () => {
    clearInterval(timer);
    return longest;
  };
}

const page: ProverPage = {
  prove: async (height, cancelAt) => {
    const seed = proofSeed(new Uint8Array(32).fill(height), proposer);
    const segment = assignSegment(seed, []);
    const statement = segmentStatement(segment, proposer, seed, poseidon);
    const stages = new Set<string>();
    const endWatch = watchStalls();
    const startMs = performance.now();
    const job = prover.start(statement, segmentWitness(segment), ({ stage }) => {
      if (!stages.has(stage)) console.info(`stage ${stage}`);
      stages.add(stage);
      if (stage === cancelAt) job.cancel();
    });
    const result = await job.result;
    const ms = performance.now() - startMs;
    const longestStallMs = endWatch();
    if (!result.ok) {
      return { outcome: `${result.code}: ${result.message}`, verified: false, ms, stages: [...stages], longestStallMs };
    }
    newest = { proof: result.value, publicSignals: publicSignals(statement) };
    const [verdict] = await verifier.verifyBatch([newest], browserEntropy.bytes(16));
    return { outcome: "proved", verified: verdict?.ok === true, ms, stages: [...stages], longestStallMs };
  },
  verifyTimes: async () => {
    if (newest === null) throw new Error("nothing has been proved");
    const claim = newest;
    const time = async (count: number): Promise<number> => {
      const claims = Array.from({ length: count }, () => claim);
      const times: number[] = [];
      for (let round = 0; round < 7; round++) {
        const startMs = performance.now();
        await verifier.verifyBatch(claims, browserEntropy.bytes(16 * count));
        times.push((performance.now() - startMs) / count);
      }
      return times.sort((a, b) => a - b)[3] as number;
    };
    return { singleMs: await time(1), batchedMs: await time(16) };
  },
};
(window as unknown as { prover: ProverPage }).prover = page;
