/**
 * What the benchmarks of proofs prove: a block's segment, with our key and witness and the same in the forms of snarkjs.
 */
import type { Curve } from "#platform/wasm/groth16/curve.ts";
import { type PreparedKey, prepareKey } from "#platform/wasm/groth16/prove.ts";
import { expandKey, readKeyFile, writeKeyFile } from "#platform/wasm/groth16/proving-key.ts";
import { circuits } from "#protocol/proofs/circuits.generated.ts";
import { readVerificationKey, type VerificationKey } from "#protocol/proofs/groth16.ts";
import { poseidon } from "#protocol/proofs/poseidon.ts";
import { assignSegment, proofSeed, segmentStatement, segmentWitness } from "#protocol/proofs/segment-assignment.ts";
import { publicSignals, stepCircuitInput } from "#protocol/proofs/step-statement.ts";
import { snarkKey } from "../snarkjs-forms.ts";
import { circuitFile, must, stepCalculator } from "../step-fixtures.ts";
import { wtnsFile, zkeyFile } from "../zkey.ts";

/** Everything both contenders take. */
export interface ProofSubject {
  readonly key: PreparedKey;
  /** The expanded key as a file. */
  readonly keyFile: Uint8Array;
  readonly witness: Uint8Array;
  readonly signals: readonly bigint[];
  readonly verificationKey: VerificationKey;
  readonly snarkjs: { readonly key: Uint8Array; readonly witness: Uint8Array; readonly verificationKey: object };
}

/** Makes it. */
export async function proofSubject(curve: Curve): Promise<ProofSubject> {
  const expanded = await expandKey(must(readKeyFile(circuitFile("step.proving-key.bin"))), () => undefined);
  const key = prepareKey(expanded);
  const verificationKey = must(readVerificationKey(circuits.step.verificationKey));
  const proposer = new Uint8Array(33).fill(2);
  const seed = proofSeed(new Uint8Array(32), proposer);
  const segment = assignSegment(seed, []);
  const statement = segmentStatement(segment, proposer, seed, poseidon);
  const witness = must((await stepCalculator()).calculate(stepCircuitInput(statement, segmentWitness(segment))));
  return {
    key,
    keyFile: writeKeyFile(expanded),
    witness,
    signals: publicSignals(statement),
    verificationKey,
    snarkjs: {
      key: zkeyFile(curve, key, verificationKey),
      witness: wtnsFile(witness),
      verificationKey: snarkKey(curve, verificationKey),
    },
  };
}
