/**
 * Seals and opens files, and codes their shards.
 * @module
 */
import type { Entropy } from "#node/ports.ts";
import { decodeLinked, encodeAddressed } from "#protocol/files/addressed.ts";
import { type DigestBlock, digestsOf } from "#protocol/files/block-digests.ts";
import { parityOf, rebuildShards } from "#protocol/files/erasure-code.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { decodeManifest, decodeTable, encodeManifest, encodeTable } from "#protocol/files/manifest.ts";
import { cut, join, seal, sealingKeyBytes, tagBytes, unseal } from "#protocol/files/sealing.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { FileCipher, Sealed } from "#sdk/files.ts";
import { startCombining } from "../../wasm/erasure-kernel.ts";

const tooLarge = rejected("too-large", "The file's pieces have more shards than a table of it can name.");

/** Seals and opens on the thread that calls; shards are named by `digestBlock`, or else on it, too. */
export function createFileCipher(entropy: Entropy, digestBlock?: DigestBlock): FileCipher {
  const sealedOf = async (key: Uint8Array, shards: readonly Uint8Array[]): Promise<Sealed> => {
    const digests = await digestsOf(shards, digestBlock);
    return { key, blocks: shards.map((bytes, i) => ({ digest: digests[i] as Uint8Array, bytes })) };
  };
  const sealWhole = async (clear: Uint8Array): Promise<Result<Sealed>> => {
    const key = entropy.bytes(sealingKeyBytes);
    return accepted(await sealedOf(key, [seal(clear, key)]));
  };
  return {
    sealChunk: async (clear, { data, parity }) => {
      const key = entropy.bytes(sealingKeyBytes);
      const shards = cut(seal(clear, key), data);
      const more = parityOf(shards, parity, await startCombining());
      return more.ok ? accepted(await sealedOf(key, [...shards, ...more.value])) : more;
    },
    openChunk: async (shards, code, length, key) => {
      const data = rebuildShards(code, shards, await startCombining());
      const joined = data.ok ? join(data.value, length + tagBytes) : data;
      return joined.ok ? unseal(joined.value, key) : joined;
    },
    sealManifest: async (manifest) => {
      const clear = encodeManifest(manifest);
      // A file whose manifest nobody could read would be lost once its keys have gone.
      const read = decodeManifest(clear);
      return read.ok ? sealWhole(clear) : read;
    },
    sealAddressed: async (addressed) => {
      const clear = encodeAddressed(addressed);
      const read = decodeLinked(clear);
      return read.ok ? sealWhole(clear) : read;
    },
    openLinked: async (block, key) => {
      const opened = unseal(block, key);
      return opened.ok ? decodeLinked(opened.value) : opened;
    },
    openManifest: async (block, key) => {
      const opened = unseal(block, key);
      return opened.ok ? decodeManifest(opened.value) : opened;
    },
    sealTable: async (chunks) => {
      const clear = encodeTable(chunks);
      return clear.length > fileLimits.manifestBytes ? tooLarge : sealWhole(clear);
    },
    openTable: async (block, key, of, place) => {
      const opened = unseal(block, key);
      return opened.ok ? decodeTable(opened.value, of, place) : opened;
    },
  };
}
