/**
 * From a phrase's seed to keys, by BIP32. One path a purpose, so that no key serves two.
 * @module
 */
import { HDKey } from "@scure/bip32";
import { keyHashOf, publicKeyOf } from "#protocol/crypto/signature.ts";

/** Hardened down to the account; 7373 is not taken in SLIP-44 and stands for AETH here. */
export const signingPath = "m/44'/7373'/0'/0/0";

/** The keys of one identity. */
export interface IdentityKeys {
  /** Secp256k1 secret, 32 bytes. Never leaves the vault. */
  readonly signingSecret: Uint8Array;
  /** Compressed, 33 bytes. */
  readonly signingKey: Uint8Array;
  /** What locks name, 32 bytes. */
  readonly keyHash: Uint8Array;
}

/** Derives the keys of a 64-byte seed. */
export function keysOfSeed(seed: Uint8Array): IdentityKeys {
  const root = HDKey.fromMasterSeed(seed);
  const { privateKey } = root.derive(signingPath);
  if (privateKey === null) throw new Error("a derived key has no secret");
  const signingSecret = privateKey.slice();
  root.wipePrivateData();
  const signingKey = publicKeyOf(signingSecret);
  return { signingSecret, signingKey, keyHash: keyHashOf(signingKey) };
}
