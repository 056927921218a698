/**
 * Signatures of voters: made and added up by noble, checked by whatever verifier the platform has.
 * @module
 */
import type { VoteSignatures } from "#node/ports.ts";
import { blsAggregateSignatures, blsPublicKey, blsSecretKey, blsSign, pureBlsVerifier } from "#protocol/crypto/bls.ts";
import type { BlsVerifier } from "#protocol/crypto/bls-check.ts";

/** Signatures checked by `verifier`; by the pure one if none is given. */
export function createVoteSignatures(verifier: BlsVerifier = pureBlsVerifier): VoteSignatures {
  return {
    secretFrom: (entropy) => blsSecretKey(entropy),
    keyOf: blsPublicKey,
    sign: async (secret, digest) => blsSign(secret, digest),
    aggregate: async (signatures) => {
      const sum = blsAggregateSignatures(signatures);
      if (!sum.ok) throw new Error(`verified signatures could not be added up: ${sum.message}`);
      return sum.value;
    },
    verifyBatch: (checks) => verifier.verifyBatch(checks),
  };
}
