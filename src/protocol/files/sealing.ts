/**
 * How the pieces of a file are sealed, cut into shards and named: XChaCha20-Poly1305 under a key that seals nothing else,
 * shards of equal size with parity shards, and SHA-256 of each shard's bytes, which is what a CIDv1 of raw bytes says.
 * @module
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { joinBytes } from "../codec/bytes.ts";
import { accepted, type Result, rejected } from "../result.ts";
import type { ErasureCode } from "./erasure-code.ts";
import { fileLimits } from "./limits.ts";

/** Bytes that sealing adds. */
export const tagBytes = 16;

/** Bytes of a key. */
export const sealingKeyBytes = 32;

/** Any ten of twelve shards give a chunk, where so many can be kept by one each; */
const codeOfMany: ErasureCode = { data: 10, parity: 2 };

/** with fewer keepers any four of eight, so that two shards each may be lost at once. */
const codeOfFew: ErasureCode = { data: 4, parity: 4 };

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

/** The code of each chunk of a new file of so many bytes, for so many keepers. */
export function codeFor(sizeBytes: number, keepers: number): ErasureCode {
  const code = keepers < codeOfMany.data + codeOfMany.parity ? codeOfFew : codeOfMany;
  // What fits into one shard is left whole: its parity shards are copies of it.
  const isWhole = sizeBytes + tagBytes <= Math.ceil(fileLimits.chunkBytes / codeOfMany.data);
  return isWhole ? copiesFor(keepers) : code;
}

/** The code of what is kept whole: as many copies may be lost as shards of a chunk. */
export function copiesFor(keepers: number): ErasureCode {
  const { data, parity } = codeOfMany;
  return { data: 1, parity: keepers < data + parity ? codeOfFew.parity : parity };
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

/**
 * All shards of a chunk of `length` sealed bytes as far as they are known before any came: behind its end there are zeros. In a
 * short chunk several shards are nothing else and so the same block; lost, it would count as often.
 */
export function shardsKnown({ data, parity }: ErasureCode, length: number): (Uint8Array | null)[] {
  const size = Math.ceil(length / data);
  return Array.from({ length: data + parity }, (_, i) =>
    i < data && i * size >= length ? new Uint8Array(size) : null,
  );
}

/** Puts data shards together again to `length` sealed bytes; refused if they are not of the size that such shards have. */
export function join(shards: readonly Uint8Array[], length: number): Result<Uint8Array> {
  const size = Math.ceil(length / shards.length);
  return shards.every((shard) => shard.length === size)
    ? accepted(joinBytes(shards).subarray(0, length))
    : rejected("bad-response", "A shard is of another size than the manifest says.");
}
