/**
 * The real curves for simulated nodes: BLS votes, and Groth16 proofs of the committed circuit, made on this thread. A proof takes
 * its virtual time whatever the machine, is made when that time is over, and not at all if nobody waits for it any more.
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Clock, Entropy, ProvingJob, SegmentProver, SegmentVerifier, VoteSignatures } from "#node/ports.ts";
import { toHex } from "#protocol/codec/bytes.ts";
import { blsRandomnessBytes, maximumBlsBatch } from "#protocol/crypto/bls-check.ts";
import { batchRandomnessBytes } from "#protocol/proofs/groth16.ts";
import { poseidon } from "#protocol/proofs/poseidon.ts";
import { type StepStatement, type StepWitness, stepCircuitInput } from "#protocol/proofs/step-statement.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { createVoteSignatures } from "../../platform/vote-signatures.ts";
import { startBlsKernel } from "../../platform/wasm/bls/verifier.ts";
import { createEmulatedSampler } from "../../platform/wasm/emulated-sampler.ts";
import { prepareKey, proofEntropyBytes, prove, startProvingKernels } from "../../platform/wasm/groth16/prove.ts";
import { expandKey, readKeyFile } from "../../platform/wasm/groth16/proving-key.ts";
import { createWitnessCalculator } from "../../platform/wasm/groth16/witness-calculator.ts";
import { createStepProofVerifier } from "../../platform/wasm/lazy-proof-verifier.ts";
import { createSamplerKernel } from "../../platform/wasm/sampler-kernel.ts";
import { Random } from "../random.ts";
import type { SimulatedWork } from "./world.ts";

/** Virtual time of a proof: what a tab takes on a good machine. */
const provingMs = 3_000;

type Prove = (statement: StepStatement, witness: StepWitness, entropy: Entropy) => Result<Uint8Array>;

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

/** Starts everything that takes real time, so that nothing does once a world runs. */
async function startProving(folder: string): Promise<Prove> {
  const fileOf = (name: string): Uint8Array<ArrayBuffer> =>
    new Uint8Array(gunzipSync(readFileSync(join(folder, name))));
  const calculator = await createWitnessCalculator(fileOf("step.witness.bin"));
  const kernels = await startProvingKernels();
  const key = prepareKey(await expandKey(must(readKeyFile(fileOf("step.proving-key.bin"))), () => undefined));
  return (statement, witness, entropy) => {
    const solved = calculator.calculate(stepCircuitInput(statement, witness));
    if (!solved.ok) return solved;
    return accepted(prove(kernels, key, solved.value, entropy.bytes(proofEntropyBytes), () => undefined));
  };
}

/** Checks each proof once for all nodes. */
async function startVerifying(): Promise<(entropy: Entropy) => SegmentVerifier> {
  const verifier = createStepProofVerifier();
  await verifier.verifyBatch([], new Uint8Array());
  const known = new Map<string, boolean>();
  return (entropy) => ({
    verifyBatch: async (claims) => {
      const names = claims.map(({ proof, publicSignals }) => `${toHex(proof)} ${publicSignals.join()}`);
      const fresh = claims.filter((_, i) => !known.has(names[i] as string));
      const verdicts =
        fresh.length === 0 ? [] : await verifier.verifyBatch(fresh, entropy.bytes(fresh.length * batchRandomnessBytes));
      for (const [i, claim] of fresh.entries())
        known.set(names[claims.indexOf(claim)] as string, verdicts[i]?.ok === true);
      return names.map((name) => known.get(name) === true);
    },
  });
}

function proverOf(proveNow: Prove, entropy: Entropy, clock: Clock): SegmentProver {
  return {
    start: (statement, witness): ProvingJob => {
      let finish: (result: Result<Uint8Array>) => void = () => undefined;
      const result = new Promise<Result<Uint8Array>>((resolve) => {
        finish = resolve;
      });
      const stop = clock.schedule(provingMs, () => finish(proveNow(statement, witness, entropy)));
      const cancel = (): void => {
        stop();
        finish(rejected("cancelled", "The proof was stopped."));
      };
      return { result, cancel };
    },
  };
}

/** Makes the ports; `folder` holds the circuit's files. Takes some seconds. */
export async function startRealWork(folder: string): Promise<SimulatedWork> {
  const proveNow = await startProving(folder);
  const verifierFor = await startVerifying();
  const kernel = await createSamplerKernel();
  return (entropy, clock) => ({
    segmentProver: proverOf(proveNow, entropy, clock),
    segmentVerifier: verifierFor(entropy),
    poseidon,
    sampler: createEmulatedSampler({ kernel, entropy, pause: () => Promise.resolve() }),
  });
}

/** BLS signatures on the shipped kernel. Whoever signs in a simulation cannot know its randomness: the seed does for it. */
export async function startRealVotes(): Promise<VoteSignatures> {
  const kernel = await startBlsKernel();
  const random = new Random(0x1f83d9ab);
  return createVoteSignatures({
    verifyBatch: async (checks) => {
      const verdicts: boolean[] = [];
      for (let from = 0; from < checks.length; from += maximumBlsBatch) {
        const batch = checks.slice(from, from + maximumBlsBatch);
        verdicts.push(...kernel.verify(batch, random.bytes(batch.length * blsRandomnessBytes)));
      }
      return verdicts;
    },
    aggregate: async (signatures) => kernel.aggregate(signatures),
  });
}
