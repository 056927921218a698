/**
 * How the pieces of a file are sealed, cut into shards and named: XChaCha20-Poly1305 under a key that seals nothing else,
 * shards of equal size, and SHA-256 of each shard's bytes, which is what a CIDv1 of raw bytes says.
 * @module
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { joinBytes } from "../codec/bytes.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { fileLimits } from "./limits.ts";

/** Bytes that sealing adds. */
export const tagBytes = 16;

/** Bytes of a key. */
export const sealingKeyBytes = 32;

/** Shards that a whole chunk is cut into; what fits into one is left whole. */
const shardsOfChunk = 10;

// The key is random and used once, so the nonce need not be.
const nonce = new Uint8Array(24);

/** Seals bytes under a key that seals nothing else. */
export function seal(clear: Uint8Array, key: Uint8Array): Uint8Array {
  return xchacha20poly1305(key, nonce).encrypt(clear);
}

/** Opens what {@link seal} gave; refused if a bit of it or of the key is another. */
export function unseal(sealed: Uint8Array, key: Uint8Array): Result<Uint8Array> {
  try {
    return accepted(xchacha20poly1305(key, nonce).decrypt(sealed));
  } catch {
    return rejected("bad-response", "The bytes do not open: they are damaged, or the key is another's.");
  }
}

/** How many shards each chunk of a file of so many bytes is cut into. */
export function shardCount(sizeBytes: number): number {
  return sizeBytes + tagBytes <= Math.ceil(fileLimits.chunkBytes / shardsOfChunk) ? 1 : shardsOfChunk;
}

/** Cuts sealed bytes into `count` shards of equal size; the last is filled up with zeros. */
export function cut(sealed: Uint8Array, count: number): readonly Uint8Array[] {
  const size = Math.ceil(sealed.length / count);
  return Array.from({ length: count }, (_, i) => {
    const shard = new Uint8Array(size);
    shard.set(sealed.subarray(i * size, (i + 1) * size));
    return shard;
  });
}

/** Puts shards together again to `length` sealed bytes; refused if they are not of the size that such shards have. */
export function join(shards: readonly Uint8Array[], length: number): Result<Uint8Array> {
  const size = Math.ceil(length / shards.length);
  return shards.every((shard) => shard.length === size)
    ? accepted(joinBytes(shards).subarray(0, length))
    : rejected("bad-response", "A shard is of another size than the manifest says.");
}
