/**
 * What a proving thread does, for one proof: load the circuit's files, compute the witness, prove, verify the own proof. It
 * keeps to the share of the time that it is told, between the stages of the work.
 * The thread is thrown away afterwards, and its memory with it.
 * @module
 */
import type { Clock, Entropy, ProvingProgress } from "#node/ports.ts";
import { circuits } from "#protocol/proofs/circuits.generated.ts";
import { batchRandomnessBytes, readVerificationKey } from "#protocol/proofs/groth16.ts";
import {
  publicSignals,
  type StepStatement,
  type StepWitness,
  stepCircuitInput,
} from "#protocol/proofs/step-statement.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type CircuitFiles, loadArtifacts } from "./groth16/artifacts.ts";
import { prepareKey, proofEntropyBytes, provingStages, provingSteps, startProvingKernels } from "./groth16/prove.ts";
import { createProofVerifier } from "./groth16/verifier.ts";
import { createWitnessCalculator } from "./groth16/witness-calculator.ts";
import { pacedSteps, SettableShare, WorkPace } from "./work-pace.ts";

/** The calls a proving thread answers. */
export interface ProverService {
  /** How much of its time the thread may work from now on, 0 (paused) to 1. */
  setShare(share: number): Promise<null>;
  /** Proves a statement about the step circuit; 128 bytes. */
  proveSegment(statement: StepStatement, witness: StepWitness): Promise<Result<Uint8Array>>;
}

/** A false statement passes no witness program; this catches broken memory or a broken engine before others see the proof. */
async function checked(statement: StepStatement, proof: Uint8Array, entropy: Entropy): Promise<Result<Uint8Array>> {
  const key = readVerificationKey(circuits.step.verificationKey);
  if (!key.ok) return key;
  const verifier = await createProofVerifier(key.value);
  if (!verifier.ok) return verifier;
  const claim = { proof, publicSignals: publicSignals(statement) };
  const [verdict] = await verifier.value.verifyBatch([claim], entropy.bytes(batchRandomnessBytes));
  return verdict?.ok === true
    ? accepted(proof)
    : rejected("bad-proof", "This device made a proof that does not verify; it was not sent. Try again.");
}

/** The service of one thread. */
export function createProverService(
  files: CircuitFiles,
  clock: Clock,
  entropy: Entropy,
  onProgress: (progress: ProvingProgress) => void,
): ProverService {
  const share = new SettableShare();
  const inSteps = pacedSteps(new WorkPace(share, clock), () => clock.nowMs());
  return {
    setShare: (wanted) => {
      share.set(wanted);
      return Promise.resolve(null);
    },
    proveSegment: async (statement, run) => {
      const kernels = await startProvingKernels();
      const artifacts = await loadArtifacts("step", files, inSteps, (stage, done) =>
        onProgress({ stage, share: done }),
      );
      if (!artifacts.ok) return artifacts;
      onProgress({ stage: "witness", share: 0 });
      const calculator = await createWitnessCalculator(artifacts.value.witnessProgram);
      const witness = calculator.calculate(stepCircuitInput(statement, run));
      if (!witness.ok) return witness;
      const key = prepareKey(artifacts.value.key);
      const steps = provingSteps(kernels, key, witness.value, entropy.bytes(proofEntropyBytes));
      const proof = await inSteps(steps, (stage) =>
        onProgress({ stage: "prove", share: provingStages.indexOf(stage) / provingStages.length }),
      );
      return checked(statement, proof, entropy);
    },
  };
}
