/**
 * What one compute thread does: signatures, beacon proofs, a slice of a nonce search.
 * @module
 */
import type { BeaconCheck } from "#node/ports.ts";
import type { SignatureCheck } from "#protocol/crypto/signature.ts";
import { vrfVerify } from "#protocol/crypto/vrf.ts";
import { createWasmSignatureCheck } from "./secp256k1.ts";
import { createSha256Kernel } from "./sha256-kernel.ts";

/** The calls a compute thread answers. */
export interface ComputeService {
  verifySignatures(checks: readonly SignatureCheck[]): Promise<readonly boolean[]>;
  verifyBeacons(checks: readonly BeaconCheck[]): Promise<readonly boolean[]>;
  /** Tries `count` nonces from `first` on. */
  search(preimage: Uint8Array, target: Uint8Array, first: bigint, count: number): Promise<bigint | null>;
}

/** Starts the WebAssembly parts; calls wait for them. */
export function createComputeService(): ComputeService {
  const kernel = createSha256Kernel();
  const checkSignature = createWasmSignatureCheck();
  return {
    verifySignatures: async (checks) => checks.map(await checkSignature),
    verifyBeacons: (checks) =>
      Promise.resolve(checks.map(({ publicKey, message, proof }) => vrfVerify(publicKey, message, proof) !== null)),
    search: async (preimage, target, first, count) => (await kernel).search(preimage, target, first, count),
  };
}
