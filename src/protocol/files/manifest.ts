/**
 * What a file that was put among peers is made of: the keys of its chunks, and the digests of the shards they are cut into.
 * It is sealed like a chunk; its own digest and key are the link.
 * @module
 */
import {
  byteString,
  bytes32,
  decode,
  encode,
  list,
  record,
  type Schema,
  text,
  union,
  unsigned,
} from "../codec/schema.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { type ErasureCode, mostShards } from "./erasure-code.ts";
import { fileLimits } from "./limits.ts";
import { sealingKeyBytes, tagBytes } from "./sealing.ts";

/** One sealed piece of a file. */
export interface Chunk {
  readonly key: Uint8Array;
  /** SHA-256 of each shard, data before parity. */
  readonly shards: readonly Uint8Array[];
}

/** A file, the chunks of which have shards of one code; older files have no parity. `type` is the version of the format. */
export interface Manifest extends ErasureCode {
  readonly type: "file";
  /** As its owner called it: foreign text to everybody else. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly chunks: readonly Chunk[];
}

const chunk: Schema<Chunk> = record<Chunk>({
  key: byteString(sealingKeyBytes, sealingKeyBytes),
  shards: list(bytes32, mostShards, 1),
});

const schema: Schema<Manifest> = union<Manifest>("unknown-version", {
  file: {
    number: 1,
    fields: {
      name: text(fileLimits.nameBytes),
      sizeBytes: unsigned(fileLimits.chunks * fileLimits.chunkBytes),
      data: unsigned(mostShards),
      parity: unsigned(mostShards),
      chunks: list(chunk, fileLimits.chunks),
    },
  },
});

/** Canonical bytes. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  return encode(schema, manifest);
}

/** Bytes of a chunk of a file before it is sealed, by its place. */
export function chunkLength({ sizeBytes }: Pick<Manifest, "sizeBytes">, place: number): number {
  return Math.min(fileLimits.chunkBytes, sizeBytes - place * fileLimits.chunkBytes);
}

/** Reads a manifest from anywhere; what it says of sizes and numbers fits together. */
export function decodeManifest(bytes: Uint8Array): Result<Manifest> {
  const read = decode(schema, bytes, fileLimits.manifestBytes);
  if (!read.ok) return read;
  const { sizeBytes, data, parity, chunks } = read.value;
  const shardBytes = Math.ceil((Math.min(sizeBytes, fileLimits.chunkBytes) + tagBytes) / Math.max(1, data));
  const fits =
    data >= 1 &&
    data + parity <= mostShards &&
    shardBytes <= fileLimits.blockBytes &&
    chunks.length === Math.ceil(sizeBytes / fileLimits.chunkBytes) &&
    chunks.every(({ shards }) => shards.length === data + parity);
  return fits ? accepted(read.value) : rejected("out-of-range", "The manifest's numbers do not fit together.");
}
