/**
 * snarkjs in a thread, with threads of its own, on the files the driver serves.
 */
import { groth16 } from "snarkjs";
import { serve } from "#sdk/rpc.ts";
import type { ContenderThread } from "./contract.ts";

async function fetched(name: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(`/${name}`)).arrayBuffer());
}

let loaded: Promise<readonly [Uint8Array, Uint8Array]> | null = null;

const thread: ContenderThread = {
  turn: async (signals, verificationKey) => {
    loaded ??= Promise.all([fetched("snarkjs-key.bin"), fetched("snarkjs-witness.bin")]);
    const [key, witness] = await loaded;
    const startMs = performance.now();
    const { proof, publicSignals } = await groth16.prove(key, witness);
    const proveMs = performance.now() - startMs;
    if (publicSignals.join() !== signals.join()) throw new Error("snarkjs proved another statement");
    const verifyStartMs = performance.now();
    if (!(await groth16.verify(verificationKey, publicSignals, proof)))
      throw new Error("snarkjs refuses its own proof");
    const verifyMs = performance.now() - verifyStartMs;
    return { proveMs, verifyMs, batchedMs: verifyMs, proof: new Uint8Array(0), memoryBytes: 0 };
  },
};
serve(self, thread);
