/**
 * From a phrase's seed to keys, by BIP32. One path a purpose, so that no key serves two. Leaves no secret behind but the
 * one it returns.
 * @module
 */
import { HARDENED_OFFSET, HDKey } from "@scure/bip32";
import { taggedHash } from "#protocol/codec/hash.ts";
import { keyHashOf, publicKeyOf, signDigest } from "#protocol/crypto/signature.ts";
import { Secret } from "./secret.ts";

/** What follows an account's own path. */
const paths = {
  /** `0/0`: BIP44. */
  signing: [0, 0],
  /** `2'/0'`: beside the two chains of BIP44 and hardened, so that no other key of the phrase leads to it. */
  encryption: [2 + HARDENED_OFFSET, HARDENED_OFFSET],
  /** `3'/0'`: the same for the names of people. */
  contacts: [3 + HARDENED_OFFSET, HARDENED_OFFSET],
} as const;

/** `m/44'/7373'`, before the accounts: BIP44; coin type 7373 is free in SLIP-44 (as of August 2026) and stands for AETH here. */
const coinPath = [44 + HARDENED_OFFSET, 7373 + HARDENED_OFFSET] as const;

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
  /** Keys that these have replaced, the newest first: they only open what was sealed for them. */
  readonly earlier?: readonly IdentityKeys[];
}

/** What stands at the end of a path; what is on the way is wiped, the beginning is not. */
function nodeAt(from: HDKey, path: readonly number[]): HDKey {
  let node = from;
  for (const index of path) {
    const child = node.deriveChild(index);
    if (node !== from) node.wipePrivateData();
    node = child;
  }
  return node;
}

function secretAt(account: HDKey, path: readonly number[]): Uint8Array {
  const node = nodeAt(account, path);
  const secret = node.privateKey;
  node.wipePrivateData();
  if (secret === null) throw new Error("a derived key has no secret");
  return secret;
}

function keysOfAccount(account: HDKey): IdentityKeys {
  const secret = secretAt(account, paths.signing);
  const signingKey = publicKeyOf(secret);
  const encryptionSecret = secretAt(account, paths.encryption);
  // A key of the curve is below its order; what X-Wing wants is 32 bytes of any value.
  const encryptionSeed = new Secret(taggedHash("aether/encryption-seed/1", encryptionSecret));
  encryptionSecret.fill(0);
  return {
    signingSecret: new Secret(secret),
    contactsSecret: new Secret(secretAt(account, paths.contacts)),
    signingKey,
    keyHash: keyHashOf(signingKey),
    encryptionSeed,
  };
}

/** Derives the keys of the first accounts of a 64-byte seed; wiping the seed is the caller's. */
export function accountsOfSeed(seed: Uint8Array, count: number): readonly IdentityKeys[] {
  const master = HDKey.fromMasterSeed(seed);
  const coin = nodeAt(master, coinPath);
  master.wipePrivateData();
  const accounts = Array.from({ length: count }, (_, at) => {
    const account = coin.deriveChild(at + HARDENED_OFFSET);
    const keys = keysOfAccount(account);
    account.wipePrivateData();
    return keys;
  });
  coin.wipePrivateData();
  return accounts;
}

/** Derives the keys of the first account of a 64-byte seed; wiping the seed is the caller's. */
export function keysOfSeed(seed: Uint8Array): IdentityKeys {
  return accountsOfSeed(seed, 1)[0] as IdentityKeys;
}

/** Signs a 32-byte digest with an identity's signing key. */
export function signWith({ signingSecret }: Pick<IdentityKeys, "signingSecret">, digest: Uint8Array): Uint8Array {
  return signingSecret.use((secret) => signDigest(digest, secret));
}

/** Overwrites all that is secret of an identity's keys. */
export function wipeKeys({ signingSecret, contactsSecret, encryptionSeed, earlier }: IdentityKeys): void {
  earlier?.forEach(wipeKeys);
  signingSecret.zero();
  contactsSecret.zero();
  encryptionSeed.zero();
}
