/**
 * Stands in for BLS12-381 in volume runs of the simulator, where milliseconds a signature would make thousands of votes
 * impossible: a "signature" is a hash over key and digest, a sum their exclusive or. It is checked as strictly as a real
 * one, and worth nothing. Some seeds of every long run use the real curve.
 * @module
 */
import { concatBytes, equalBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import type { BlsCheck } from "#protocol/crypto/bls-check.ts";
import type { VoteSignatures } from "../node/ports.ts";

function expand(parts: readonly Uint8Array[], length: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    sha256(concatBytes(Uint8Array.of(i), ...parts)),
  );
  return concatBytes(...blocks).subarray(0, length);
}

function signatureOf(key: Uint8Array, digest: Uint8Array): Uint8Array {
  return expand([key, digest], 96);
}

function sum(signatures: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(96);
  for (const signature of signatures)
    for (let i = 0; i < 96; i++) all[i] = (all[i] as number) ^ (signature[i] as number);
  return all;
}

/** Public key of a secret in the stand-in. */
function keyOf(secret: Uint8Array): Uint8Array {
  return expand([secret], 48);
}

/** Whether a check holds in the stand-in. */
function holds({ publicKeys, message, signature }: BlsCheck): boolean {
  return publicKeys.length > 0 && equalBytes(sum(publicKeys.map((key) => signatureOf(key, message))), signature);
}

/** The stand-in. */
export const emulatedVotes: VoteSignatures = {
  secretFrom: (entropy) => entropy,
  keyOf,
  sign: (secret, digest) => Promise.resolve(signatureOf(keyOf(secret), digest)),
  aggregate: (signatures) => Promise.resolve(sum(signatures)),
  verifyBatch: (checks) => Promise.resolve(checks.map(holds)),
};
