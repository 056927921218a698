/**
 * The verifier of the `step` circuit, its code and curve loaded when the first proof comes: a thread that never sees one
 * does not pay for it.
 * @module
 */
import { circuits } from "#protocol/proofs/circuits.generated.ts";
import { type ProofVerifier, readVerificationKey } from "#protocol/proofs/groth16.ts";
import { lazily } from "./lazily.ts";

async function start(): Promise<ProofVerifier> {
  const key = readVerificationKey(circuits.step.verificationKey);
  if (!key.ok) throw new Error(key.message);
  const { createProofVerifier } = await import("./groth16/verifier.ts");
  const verifier = await createProofVerifier(key.value);
  if (!verifier.ok) throw new Error(verifier.message);
  return verifier.value;
}

/** Makes the verifier. A call rejects only if its code cannot be loaded; the next call tries again. */
export function createStepProofVerifier(): ProofVerifier {
  const verifier = lazily(start);
  return { verifyBatch: async (claims, randomness) => (await verifier()).verifyBatch(claims, randomness) };
}
