/**
 * Our prover and verifier in a thread, on the files the driver serves.
 */
import { prepareKey, prove, startProvingKernels } from "#platform/wasm/groth16/prove.ts";
import { readKeyFile } from "#platform/wasm/groth16/proving-key.ts";
import { createProofVerifier } from "#platform/wasm/groth16/verifier.ts";
import { circuits } from "#protocol/proofs/circuits.generated.ts";
import { readVerificationKey } from "#protocol/proofs/groth16.ts";
import type { Result } from "#protocol/result.ts";
import { serve } from "#sdk/rpc.ts";
import type { ContenderThread } from "./contract.ts";

const batch = 16;

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

async function fetched(name: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(`/${name}`)).arrayBuffer());
}

async function load() {
  return {
    kernels: await startProvingKernels(),
    key: prepareKey(must(readKeyFile(await fetched("ours.bin")))),
    witness: await fetched("plain-witness.bin"),
    verifier: must(await createProofVerifier(must(readVerificationKey(circuits.step.verificationKey)))),
  };
}

let loaded: ReturnType<typeof load> | null = null;

const thread: ContenderThread = {
  turn: async (signals) => {
    loaded ??= load();
    const { kernels, key, witness, verifier } = await loaded;
    const entropy = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes));
    const startMs = performance.now();
    const proof = prove(kernels, key, witness, entropy(128), () => undefined);
    const proveMs = performance.now() - startMs;
    const verifyEach = async (count: number): Promise<number> => {
      const claims = Array.from({ length: count }, () => ({ proof, publicSignals: signals.map(BigInt) }));
      const verifyStartMs = performance.now();
      const verdicts = await verifier.verifyBatch(claims, entropy(16 * count));
      if (!verdicts.every(({ ok }) => ok)) throw new Error("our proof does not verify here");
      return (performance.now() - verifyStartMs) / count;
    };
    const memoryBytes = Object.values(kernels).reduce((sum, kernel) => sum + kernel.memoryBytes, 0);
    return { proveMs, verifyMs: await verifyEach(1), batchedMs: await verifyEach(batch), proof, memoryBytes };
  },
};
serve(self, thread);
