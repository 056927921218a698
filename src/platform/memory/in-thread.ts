/**
 * Compute ports on the calling thread: what the simulator and tests use, and the fallback where workers cannot start.
 * @module
 */
import type { BeaconVerifier, Clock, NonceSearch } from "#node/ports.ts";
import { workHash } from "#protocol/consensus/header.ts";
import { meetsTarget } from "#protocol/consensus/work.ts";
import { vrfVerify } from "#protocol/crypto/vrf.ts";

/** Hashes between two looks at whether the search was cancelled. */
const sliceHashes = 1_000;

/** Searches nonces in slices on this thread, with the pure hash. */
export function createInThreadNonceSearch(clock: Clock): NonceSearch {
  return {
    hashesPerSecond: () => 0,
    threads: () => 1,
    start: (preimage, target, firstNonce) => {
      let cancelled = false;
      const result = new Promise<bigint | null>((resolve) => {
        let nonce = firstNonce;
        const slice = (): void => {
          if (cancelled) return resolve(null);
          for (let i = 0; i < sliceHashes; i++, nonce++) {
            if (meetsTarget(workHash(preimage, nonce), target)) return resolve(nonce);
          }
          clock.schedule(0, slice);
        };
        slice();
      });
      return {
        result,
        cancel: () => {
          cancelled = true;
        },
      };
    },
  };
}

/** Checks beacon proofs one after another. */
export const inThreadBeaconVerifier: BeaconVerifier = {
  verifyBatch: (checks) =>
    Promise.resolve(checks.map(({ publicKey, message, proof }) => vrfVerify(publicKey, message, proof) !== null)),
};
