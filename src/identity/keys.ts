/**
 * From a phrase's seed to keys, by BIP32. One path a purpose, so that no key serves two. Leaves no secret behind but the
 * one it returns.
 * @module
 */
import { HARDENED_OFFSET, HDKey } from "@scure/bip32";
import { taggedHash } from "#protocol/codec/hash.ts";
import { keyHashOf, publicKeyOf } from "#protocol/crypto/signature.ts";
import { Secret } from "./secret.ts";

/** What follows an account's own path, `m/44'/7373'/account'`. */
const paths = {
  /** `0/0`: BIP44. */
  signing: [0, 0],
  /** `2'/0'`: beside the two chains of BIP44 and hardened, so that no other key of the phrase leads to it. */
  encryption: [2 + HARDENED_OFFSET, HARDENED_OFFSET],
  /** `3'/0'`: the same for the names of people. */
  contacts: [3 + HARDENED_OFFSET, HARDENED_OFFSET],
} as const;

/** BIP44's path of an account; coin type 7373 is free in SLIP-44 (as of August 2026) and stands for AETH here. */
const accountPath = (account: number): readonly number[] => [
  44 + HARDENED_OFFSET,
  7373 + HARDENED_OFFSET,
  account + HARDENED_OFFSET,
];

/** The keys of one identity. */
export interface IdentityKeys {
  /** Secp256k1 secret, 32 bytes. Never leaves the vault. */
  readonly signingSecret: Secret;
  /** What the names of people are encrypted with, 32 bytes. */
  readonly contactsSecret: Secret;
  /** Compressed, 33 bytes. */
  readonly signingKey: Uint8Array;
  /** What locks name, 32 bytes. */
  readonly keyHash: Uint8Array;
  /** Seed of the X-Wing key that messages are sealed with, 32 bytes. Never leaves the vault. */
  readonly encryptionSeed: Secret;
}

/** The secret at the end of a path; those on the way are wiped. */
function secretAt(seed: Uint8Array, path: readonly number[]): Uint8Array {
  let node = HDKey.fromMasterSeed(seed);
  for (const index of path) {
    const child = node.deriveChild(index);
    node.wipePrivateData();
    node = child;
  }
  const secret = node.privateKey;
  node.wipePrivateData();
  if (secret === null) throw new Error("a derived key has no secret");
  return secret;
}

/** Derives the keys of an account of a 64-byte seed; wiping the seed is the caller's. */
export function keysOfSeed(seed: Uint8Array, account = 0): IdentityKeys {
  const at = (path: readonly number[]): Uint8Array => secretAt(seed, [...accountPath(account), ...path]);
  const secret = at(paths.signing);
  const signingKey = publicKeyOf(secret);
  const encryptionSecret = at(paths.encryption);
  // A key of the curve is below its order; what X-Wing wants is 32 bytes of any value.
  const encryptionSeed = new Secret(taggedHash("aether/encryption-seed/1", encryptionSecret));
  encryptionSecret.fill(0);
  const contactsSecret = new Secret(at(paths.contacts));
  return {
    signingSecret: new Secret(secret),
    contactsSecret,
    signingKey,
    keyHash: keyHashOf(signingKey),
    encryptionSeed,
  };
}

/** Overwrites all that is secret of an identity's keys. */
export function wipeKeys({ signingSecret, contactsSecret, encryptionSeed }: IdentityKeys): void {
  signingSecret.zero();
  contactsSecret.zero();
  encryptionSeed.zero();
}
