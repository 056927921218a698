/**
 * The seed's own keys, each in a file only its owner can read. A file that cannot be read is never replaced.
 * @module
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { keyHashOf, publicKeyOf } from "#protocol/crypto/signature.ts";

/** Reads a key file, or makes it: written aside, synced, then moved into place, so a crash leaves none or a whole one. */
export async function readOrMakeKeyFile(path: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
  if (existsSync(path)) return new Uint8Array(readFileSync(path));
  const key = await make();
  const file = openSync(`${path}.new`, "w", 0o600);
  writeSync(file, key);
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
  return key;
}

/** The seed's signing key. */
export interface SeedKeys {
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly keyHash: Uint8Array;
}

/** Derives the signing key from the 32 random bytes of the identity file. */
export function seedKeys(identity: Uint8Array): SeedKeys {
  // A hash is a valid secret but for a chance of 2^-128, in which case deriving the public key throws at the first start.
  const secret = sha256(concatBytes(utf8ToBytes("aether/seed-signing/1"), identity));
  const publicKey = publicKeyOf(secret);
  return { secret, publicKey, keyHash: keyHashOf(publicKey) };
}
