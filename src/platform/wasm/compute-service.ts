/**
 * What one compute thread does: signatures of both kinds, beacon proofs, proofs of compute, a slice of a nonce search.
 * @module
 */
import type { BeaconCheck } from "#node/ports.ts";
import { type BlsCheck, blsRandomnessBytes } from "#protocol/crypto/bls-check.ts";
import type { SignatureCheck } from "#protocol/crypto/signature.ts";
import { vrfVerify } from "#protocol/crypto/vrf.ts";
import { batchRandomnessBytes, type ProofClaim } from "#protocol/proofs/groth16.ts";
import type { Result } from "#protocol/result.ts";
import { lazily } from "./lazily.ts";
import { createStepProofVerifier } from "./lazy-proof-verifier.ts";
import { createWasmSignatureCheck } from "./secp256k1.ts";
import { createSha256Kernel } from "./sha256-kernel.ts";

/** The calls a compute thread answers. */
export interface ComputeService {
  /** Checks packed by {@link packSignatures}; one byte each comes back, 1 for good. */
  verifySignatures(packed: Uint8Array): Promise<Uint8Array>;
  verifyBeacons(checks: readonly BeaconCheck[]): Promise<readonly boolean[]>;
  /** At most `maximumProofBatch` proofs of the `step` circuit, as one batch. */
  verifyProofs(claims: readonly ProofClaim[]): Promise<readonly boolean[]>;
  /** At most `maximumBlsBatch` BLS signatures, as one batch. */
  verifyBls(checks: readonly BlsCheck[]): Promise<readonly boolean[]>;
  addBls(signatures: readonly Uint8Array[]): Promise<Result<Uint8Array>>;
  /** Tries `count` nonces from `first` on. */
  search(preimage: Uint8Array, target: Uint8Array, first: bigint, count: number): Promise<bigint | null>;
}

/** Digest, signature and key of one check, one after another. */
const packedBytes = 32 + 64 + 33;

/** One array for many checks: cloning thousands of small arrays would cost more than checking them. */
export function packSignatures(checks: readonly SignatureCheck[]): Uint8Array {
  const packed = new Uint8Array(checks.length * packedBytes);
  for (const [i, { digest, signature, publicKey }] of checks.entries()) {
    // A part of the wrong length leaves zeros, which no signature is good for.
    if (digest.length !== 32 || signature.length !== 64 || publicKey.length !== 33) continue;
    packed.set(digest, i * packedBytes);
    packed.set(signature, i * packedBytes + 32);
    packed.set(publicKey, i * packedBytes + 96);
  }
  return packed;
}

/** What a thread never needs is never started: each part takes memory, and a start that failed is tried again at the next call. */
export function createComputeService(): ComputeService {
  const kernel = lazily(createSha256Kernel);
  const checkSignature = lazily(createWasmSignatureCheck);
  const proofs = createStepProofVerifier();
  const bls = lazily(async () => (await import("./bls/verifier.ts")).startBlsKernel());
  return {
    verifySignatures: async (packed) => {
      const check = await checkSignature();
      const results = new Uint8Array(packed.length / packedBytes);
      for (let i = 0; i < results.length; i++) {
        const one = packed.subarray(i * packedBytes, (i + 1) * packedBytes);
        const good = check({
          digest: one.subarray(0, 32),
          signature: one.subarray(32, 96),
          publicKey: one.subarray(96),
        });
        results[i] = good ? 1 : 0;
      }
      return results;
    },
    verifyBeacons: (checks) =>
      Promise.resolve(checks.map(({ publicKey, message, proof }) => vrfVerify(publicKey, message, proof) !== null)),
    verifyProofs: async (claims) => {
      const weights = crypto.getRandomValues(new Uint8Array(claims.length * batchRandomnessBytes));
      return (await proofs.verifyBatch(claims, weights)).map((verdict) => verdict.ok);
    },
    verifyBls: async (checks) =>
      (await bls()).verify(checks, crypto.getRandomValues(new Uint8Array(checks.length * blsRandomnessBytes))),
    addBls: async (signatures) => (await bls()).aggregate(signatures),
    search: async (preimage, target, first, count) => (await kernel()).search(preimage, target, first, count),
  };
}
