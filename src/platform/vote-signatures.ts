/**
 * Signatures of voters: made by noble, checked and added up by whatever the platform has.
 * @module
 */
import type { VoteSignatures } from "#node/ports.ts";
import { blsPublicKey, blsSecretKey, blsSign, pureBlsVerifier } from "#protocol/crypto/bls.ts";
import type { BlsAggregator, BlsVerifier } from "#protocol/crypto/bls-check.ts";

/** Signatures checked by `verifier`; by the pure one if none is given. */
export function createVoteSignatures(verifier: BlsVerifier & BlsAggregator = pureBlsVerifier): VoteSignatures {
  return {
    secretFrom: (entropy) => blsSecretKey(entropy),
    keyOf: blsPublicKey,
    sign: async (secret, digest) => blsSign(secret, digest),
    aggregate: async (signatures) => {
      const sum = await verifier.aggregate(signatures);
      if (!sum.ok) throw new Error(`verified signatures could not be added up: ${sum.message}`);
      return sum.value;
    },
    verifyBatch: (checks) => verifier.verifyBatch(checks),
  };
}
