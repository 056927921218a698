/**
 * From a phrase's seed to keys, by BIP32. One path a purpose, so that no key serves two. Leaves no secret behind but the
 * one it returns.
 * @module
 */
import { HARDENED_OFFSET, HDKey } from "@scure/bip32";
import { keyHashOf, publicKeyOf } from "#protocol/crypto/signature.ts";
import { Secret } from "./secret.ts";

/** `m/44'/7373'/0'/0/0`: BIP44; coin type 7373 is free in SLIP-44 (as of August 2026) and stands for AETH here. */
const signingPath = [44 + HARDENED_OFFSET, 7373 + HARDENED_OFFSET, HARDENED_OFFSET, 0, 0] as const;

/** The keys of one identity. */
export interface IdentityKeys {
  /** Secp256k1 secret, 32 bytes. Never leaves the vault. */
  readonly signingSecret: Secret;
  /** Compressed, 33 bytes. */
  readonly signingKey: Uint8Array;
  /** What locks name, 32 bytes. */
  readonly keyHash: Uint8Array;
}

/** Derives the keys of a 64-byte seed; wiping the seed is the caller's. */
export function keysOfSeed(seed: Uint8Array): IdentityKeys {
  let node = HDKey.fromMasterSeed(seed);
  for (const index of signingPath) {
    const child = node.deriveChild(index);
    node.wipePrivateData();
    node = child;
  }
  const secret = node.privateKey;
  node.wipePrivateData();
  if (secret === null) throw new Error("a derived key has no secret");
  const signingKey = publicKeyOf(secret);
  return { signingSecret: new Secret(secret), signingKey, keyHash: keyHashOf(signingKey) };
}
