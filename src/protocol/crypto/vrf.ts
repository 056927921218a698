/**
 * ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381, suite 0x03): the function behind the beacon and the committees.
 * @module
 */
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes } from "../codec/bytes.ts";
import { type CurvePoint, createVrf, decodePoint, type Vrf } from "./ecvrf.ts";

export { vrfProofBytes, vrfPublicKey } from "./ecvrf.ts";

const octet = 3;

/** Section 5.4.1.1: try counters until a hash is a point; the chance of 256 misses is 2^-256. */
function tryAndIncrement(salt: Uint8Array, message: Uint8Array): CurvePoint {
  for (let counter = 0; counter < 256; counter++) {
    const digest = sha512(concatBytes(Uint8Array.of(octet, 1), salt, message, Uint8Array.of(counter, 0)));
    const point = decodePoint(digest.subarray(0, 32))?.clearCofactor();
    if (point !== undefined && !point.is0()) return point;
  }
  throw new Error("no point after 256 tries");
}

const vrf: Vrf = createVrf({ octet, encodeToCurve: tryAndIncrement });

/** Proves the value of the function at `message`: 80 bytes, deterministic. */
export const vrfProve = vrf.prove;

/** The output that a proof claims (section 5.2), unverified: lets a chain of proofs be checked in one batch. */
export const vrfClaimedOutput = vrf.claimedOutput;

/** The 64-byte output if `proof` is right for key and message, else null. Low-order keys are refused (section 5.4.5). */
export const vrfVerify = vrf.verify;
