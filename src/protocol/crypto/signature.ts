/**
 * ECDSA over secp256k1 as the ledger uses it: 32-byte digests, 64-byte compact signatures, low-S only, RFC 6979.
 * The functions here are the pure reference; faster implementations satisfy {@link SignatureVerifier}.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { taggedHash } from "../codec/hash.ts";

/** One signature to check. */
export interface SignatureCheck {
  /** 32 bytes: a transaction id. */
  readonly digest: Uint8Array;
  /** r ‖ s, 64 bytes. */
  readonly signature: Uint8Array;
  /** Compressed point, 33 bytes. */
  readonly publicKey: Uint8Array;
}

/** Checks many signatures at once, off the calling thread if it can. Wrong lengths and bad points are just `false`. */
export interface SignatureVerifier {
  verifyBatch(checks: readonly SignatureCheck[]): Promise<readonly boolean[]>;
}

/** Whether one signature is valid and in low-S form. Never throws on foreign bytes. */
export function verifySignature(check: SignatureCheck): boolean {
  if (check.digest.length !== 32 || check.signature.length !== 64 || check.publicKey.length !== 33) return false;
  try {
    return secp256k1.verify(check.signature, check.digest, check.publicKey, { prehash: false, lowS: true });
  } catch {
    return false;
  }
}

/** Signs a 32-byte digest; deterministic (RFC 6979), low-S. */
export function signDigest(digest: Uint8Array, secretKey: Uint8Array): Uint8Array {
  return secp256k1.sign(digest, secretKey, { prehash: false, lowS: true });
}

/** Compressed public key of a secret key, 33 bytes. */
export function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  return secp256k1.getPublicKey(secretKey, true);
}

/** `SHA-256(tag("aether/key/1") ‖ publicKey)`: what locks name. */
export function keyHashOf(publicKey: Uint8Array): Uint8Array {
  return taggedHash("aether/key/1", publicKey);
}

/** The reference verifier: pure JavaScript, one after another. */
export const pureSignatureVerifier: SignatureVerifier = {
  verifyBatch: (checks) => Promise.resolve(checks.map(verifySignature)),
};
