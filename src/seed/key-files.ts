/**
 * The seed's own keys, each in a file only its owner can read. A file that cannot be read is never replaced.
 * @module
 */
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { keyHashOf, publicKeyOf } from "#protocol/crypto/signature.ts";

/** What a key file holds: a name for messages, and the sizes a whole one can have. */
export interface KeyFileKind {
  readonly name: string;
  readonly leastBytes: number;
  readonly mostBytes: number;
}

/** The 32 random bytes that the seed's identity comes from. */
export const identityFile: KeyFileKind = { name: "identity", leastBytes: 32, mostBytes: 32 };

/** The libp2p key: a protobuf around an Ed25519 key. */
export const networkFile: KeyFileKind = { name: "network key", leastBytes: 64, mostBytes: 128 };

/**
 * Reads a key file, or makes it: written aside, synced, then moved into place, so a crash leaves none or a whole one.
 * Throws an error for the operator when the file is there but cannot be read or is not whole: another key in its place
 * would be another seed, and what the old one earned would be lost.
 */
export async function readOrMakeKeyFile(
  path: string,
  kind: KeyFileKind,
  make: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const kept = read(path, kind);
  if (kept !== null) return kept;
  const key = await make();
  const aside = `${path}.${process.pid}.new`;
  const file = openSync(aside, "w", 0o600);
  try {
    writeSync(file, key);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  const first = place(aside, path);
  syncDirectory(dirname(path));
  // Another seed started at the same moment and was faster: both have its key now, and neither was overwritten.
  return first ? key : (read(path, kind) ?? key);
}

/** Moves a file to where nothing is; false if something is there by now. */
function place(aside: string, path: string): boolean {
  try {
    linkSync(aside, path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "EEXIST") {
      unlinkSync(aside);
      return false;
    }
    // Some file systems have no links; there the move may replace a file made in the same instant, and nothing else.
    renameSync(aside, path);
    return true;
  }
  unlinkSync(aside);
  return true;
}

function read(path: string, { name, leastBytes, mostBytes }: KeyFileKind): Uint8Array | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") return null;
    throw new Error(
      `The ${name} in ${path} cannot be read (${code}). It was not replaced. Mend its permissions, or restore it from a copy.`,
      { cause: error },
    );
  }
  if (bytes.length >= leastBytes && bytes.length <= mostBytes) return new Uint8Array(bytes);
  throw new Error(
    `The ${name} in ${path} is damaged: it has ${bytes.length} bytes. It was not replaced. Restore it from a copy, or move it away to start as a new seed.`,
  );
}

/** The move itself is durable only once the directory is; systems that cannot sync one do not need it. */
function syncDirectory(path: string): void {
  try {
    const directory = openSync(path, "r");
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (!["EPERM", "EISDIR", "EINVAL", "EACCES"].includes(code)) throw error;
  }
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
