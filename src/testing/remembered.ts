/**
 * Real verifiers that make each check once: many nodes in one process check the same things, and the same check gives the
 * same answer.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { verifySignature } from "#protocol/crypto/signature.ts";
import { vrfVerify } from "#protocol/crypto/vrf.ts";
import type { BeaconVerifier, SignatureVerifier, VoteSignatures } from "../node/ports.ts";

function remembered<Check>(verify: (check: Check) => boolean, partsOf: (check: Check) => readonly Uint8Array[]) {
  const known = new Map<string, boolean>();
  const answer = (check: Check): boolean => {
    const name = partsOf(check).map(toHex).join();
    const valid = known.get(name) ?? verify(check);
    known.set(name, valid);
    return valid;
  };
  return { verifyBatch: (checks: readonly Check[]) => Promise.resolve(checks.map(answer)) };
}

/** A beacon verifier with a memory of its own. */
export function rememberedBeaconVerifier(): BeaconVerifier {
  return remembered(
    ({ publicKey, message, proof }) => vrfVerify(publicKey, message, proof) !== null,
    ({ publicKey, message, proof }) => [publicKey, message, proof],
  );
}

/** A signature verifier with a memory of its own. */
export function rememberedSignatureVerifier(): SignatureVerifier {
  return remembered(verifySignature, ({ digest, publicKey, signature }) => [digest, publicKey, signature]);
}

/** Votes whose checks have a memory of their own. */
export function rememberedVotes(votes: VoteSignatures): VoteSignatures {
  const known = new Map<string, boolean>();
  return {
    ...votes,
    verifyBatch: async (checks) => {
      const names = checks.map(({ publicKeys, message, signature }) =>
        [...publicKeys, message, signature].map(toHex).join(),
      );
      const fresh = checks.filter((_, i) => !known.has(names[i] as string));
      const answers = fresh.length === 0 ? [] : await votes.verifyBatch(fresh);
      for (const [i, check] of fresh.entries()) known.set(names[checks.indexOf(check)] as string, answers[i] === true);
      return names.map((name) => known.get(name) === true);
    },
  };
}
