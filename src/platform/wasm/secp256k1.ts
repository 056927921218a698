/**
 * Signature checks on libsecp256k1 in WebAssembly. Low-S only; foreign bytes give `false`, never an exception.
 * @module
 */
import { instantiateSecp256k1 } from "@bitauth/libauth";
import type { SignatureCheck } from "#protocol/crypto/signature.ts";

/** Checks one signature. */
export type CheckSignature = (check: SignatureCheck) => boolean;

/** Starts an instance of its own; each thread has one. */
export async function createWasmSignatureCheck(): Promise<CheckSignature> {
  const secp256k1 = await instantiateSecp256k1();
  return ({ digest, signature, publicKey }) => {
    if (digest.length !== 32 || signature.length !== 64 || publicKey.length !== 33) return false;
    try {
      return secp256k1.verifySignatureCompactLowS(signature, publicKey, digest);
    } catch {
      return false;
    }
  };
}
