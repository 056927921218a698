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

/** What all manifests say. `type` is the version of the format. */
interface FileFacts extends ErasureCode {
  /** As its owner called it: foreign text to everybody else. */
  readonly name: string;
  readonly sizeBytes: number;
}

/** A file, the chunks of which have shards of one code; older files have no parity. */
export interface Manifest extends FileFacts {
  readonly type: "file";
  readonly chunks: readonly Chunk[];
}

/** Where a table is: sealed and kept as a manifest is. */
export interface TableLink {
  readonly digest: Uint8Array;
  readonly key: Uint8Array;
}

/**
 * A file of more chunks than one manifest names. They stand in tables, each full but the last, and a table names nothing but
 * chunks: there is no third step, so nothing can lead back to where it came from.
 */
export interface LargeManifest extends FileFacts {
  readonly type: "large";
  readonly tables: readonly TableLink[];
}

/** Either. */
export type FileManifest = Manifest | LargeManifest;

interface Table {
  readonly type: "table";
  readonly chunks: readonly Chunk[];
}

const chunk: Schema<Chunk> = record<Chunk>({
  key: byteString(sealingKeyBytes, sealingKeyBytes),
  shards: list(bytes32, mostShards, 1),
});

const chunks = list(chunk, fileLimits.chunks);

const tableLink: Schema<TableLink> = record<TableLink>({
  digest: bytes32,
  key: byteString(sealingKeyBytes, sealingKeyBytes),
});

/** Bytes that one manifest, or one table, is about. */
const tableSpanBytes = fileLimits.chunks * fileLimits.chunkBytes;

/** Bytes of the largest file. */
export const mostFileBytes = fileLimits.tables * tableSpanBytes;

const facts = {
  name: text(fileLimits.nameBytes),
  sizeBytes: unsigned(mostFileBytes),
  data: unsigned(mostShards),
  parity: unsigned(mostShards),
};

/** Both kinds, by their numbers. */
export const manifestKinds = {
  file: { number: 1, fields: { ...facts, chunks } },
  large: { number: 2, fields: { ...facts, tables: list(tableLink, fileLimits.tables) } },
} as const;

const schema: Schema<FileManifest> = union<FileManifest>("unknown-version", manifestKinds);

/** A number of its own: a table never passes for a manifest, nor a manifest for a table. */
const tableSchema: Schema<Table> = union<Table>("unknown-version", { table: { number: 3, fields: { chunks } } });

/** Canonical bytes. */
export function encodeManifest(manifest: FileManifest): Uint8Array {
  return encode(schema, manifest);
}

/** Canonical bytes of one table of a large file. */
export function encodeTable(of: readonly Chunk[]): Uint8Array {
  return encode(tableSchema, { type: "table", chunks: of });
}

type Sized = Pick<FileFacts, "sizeBytes">;

/** Bytes of a chunk of a file before it is sealed, by its place. */
export function chunkLength({ sizeBytes }: Sized, place: number): number {
  return Math.min(fileLimits.chunkBytes, sizeBytes - place * fileLimits.chunkBytes);
}

/** Chunks of a file. */
export function chunkCount({ sizeBytes }: Sized): number {
  return Math.ceil(sizeBytes / fileLimits.chunkBytes);
}

/** Tables of a file; 0: its manifest itself names its chunks. */
export function tableCount({ sizeBytes }: Sized): number {
  return sizeBytes <= tableSpanBytes ? 0 : Math.ceil(sizeBytes / tableSpanBytes);
}

const haveShards = (of: readonly Chunk[], { data, parity }: ErasureCode): boolean =>
  of.every(({ shards }) => shards.length === data + parity);

/** Reads a manifest from anywhere; what it says of sizes and numbers fits together. */
export function decodeManifest(bytes: Uint8Array): Result<FileManifest> {
  const read = decode(schema, bytes, fileLimits.manifestBytes);
  if (!read.ok) return read;
  const manifest = read.value;
  const { sizeBytes, data, parity } = manifest;
  const shardBytes = Math.ceil((Math.min(sizeBytes, fileLimits.chunkBytes) + tagBytes) / Math.max(1, data));
  const isCode = data >= 1 && data + parity <= mostShards && shardBytes <= fileLimits.blockBytes;
  const tables = tableCount(manifest);
  const fits =
    manifest.type === "file"
      ? tables === 0 && manifest.chunks.length === chunkCount(manifest) && haveShards(manifest.chunks, manifest)
      : tables > 0 && manifest.tables.length === tables;
  return isCode && fits ? accepted(manifest) : rejected("out-of-range", "The manifest's numbers do not fit together.");
}

/** Reads a table, by its place in a large file; it names just the chunks that are its part, with shards of the file's code. */
export function decodeTable(bytes: Uint8Array, of: Sized & ErasureCode, place: number): Result<readonly Chunk[]> {
  const read = decode(tableSchema, bytes, fileLimits.manifestBytes);
  if (!read.ok) return read;
  const { chunks: named } = read.value;
  const count = Math.min(fileLimits.chunks, chunkCount(of) - place * fileLimits.chunks);
  return named.length === count && haveShards(named, of)
    ? accepted(named)
    : rejected("out-of-range", "A table of the file names other chunks than its manifest has.");
}
