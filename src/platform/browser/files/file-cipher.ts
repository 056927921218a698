/**
 * Seals and opens files.
 * @module
 */
import type { Entropy } from "#node/ports.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { decodeManifest, encodeManifest } from "#protocol/files/manifest.ts";
import { cut, join, seal, sealingKeyBytes, tagBytes, unseal } from "#protocol/files/sealing.ts";
import { accepted, type Result } from "#protocol/result.ts";
import type { FileCipher, Sealed } from "#sdk/files.ts";

/** Seals and opens on the thread that calls. */
export function createFileCipher(entropy: Entropy): FileCipher {
  const sealed = (clear: Uint8Array, shards: number): Result<Sealed> => {
    const key = entropy.bytes(sealingKeyBytes);
    const blocks = cut(seal(clear, key), shards).map((bytes) => ({ digest: sha256(bytes), bytes }));
    return accepted({ key, blocks });
  };
  return {
    sealChunk: async (clear, shards) => sealed(clear, shards),
    openChunk: async (shards, length, key) => {
      const joined = join(shards, length + tagBytes);
      return joined.ok ? unseal(joined.value, key) : joined;
    },
    sealManifest: async (manifest) => sealed(encodeManifest(manifest), 1),
    openManifest: async (block, key) => {
      const opened = unseal(block, key);
      return opened.ok ? decodeManifest(opened.value) : opened;
    },
  };
}
