/**
 * Seals and opens files, and codes their shards.
 * @module
 */
import type { Entropy } from "#node/ports.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { parityOf, rebuildShards } from "#protocol/files/erasure-code.ts";
import { decodeManifest, encodeManifest } from "#protocol/files/manifest.ts";
import { cut, join, seal, sealingKeyBytes, tagBytes, unseal } from "#protocol/files/sealing.ts";
import { accepted } from "#protocol/result.ts";
import type { FileCipher, Sealed } from "#sdk/files.ts";
import { ErasureKernel } from "../../wasm/erasure-kernel.ts";
import { lazily } from "../../wasm/lazily.ts";

const sealedOf = (key: Uint8Array, shards: readonly Uint8Array[]): Sealed => ({
  key,
  blocks: shards.map((bytes) => ({ digest: sha256(bytes), bytes })),
});

/** Seals and opens on the thread that calls. */
export function createFileCipher(entropy: Entropy): FileCipher {
  const kernel = lazily(() => ErasureKernel.start());
  return {
    sealChunk: async (clear, { data, parity }) => {
      const key = entropy.bytes(sealingKeyBytes);
      const shards = cut(seal(clear, key), data);
      const more = parityOf(shards, parity, (await kernel()).combine);
      return more.ok ? accepted(sealedOf(key, [...shards, ...more.value])) : more;
    },
    openChunk: async (shards, code, length, key) => {
      const data = rebuildShards(code, shards, (await kernel()).combine);
      const joined = data.ok ? join(data.value, length + tagBytes) : data;
      return joined.ok ? unseal(joined.value, key) : joined;
    },
    sealManifest: async (manifest) => {
      const key = entropy.bytes(sealingKeyBytes);
      return accepted(sealedOf(key, [seal(encodeManifest(manifest), key)]));
    },
    openManifest: async (block, key) => {
      const opened = unseal(block, key);
      return opened.ok ? decodeManifest(opened.value) : opened;
    },
  };
}
