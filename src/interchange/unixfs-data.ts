/**
 * What a dag-pb block of UnixFS says of itself: a small protocol buffer (https://specs.ipfs.tech/unixfs/). Read here and not
 * by a library, because those that there are drop the size that a file claims, and pass over what they do not know.
 * @module
 */
import { concatBytes, joinBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { encodeVarint, readVarint } from "./varint.ts";

/** Kinds of UnixFS nodes, by their numbers. */
const kinds = ["raw", "folder", "file", "metadata", "symlink", "sharded-folder"] as const;

/** What a node is. */
export type UnixFsKind = (typeof kinds)[number];

/** What a node says of itself; its links are in the block around it. */
export interface UnixFsData {
  readonly kind: UnixFsKind;
  /** Bytes of the file that lie in this node, before those of its links; of a sharded folder, a bit field. */
  readonly data: Uint8Array;
  /** Bytes of the file in and below this node. */
  readonly sizeBytes: number | null;
  /** The same of each link. */
  readonly blockSizes: readonly number[];
  /** Of a sharded folder: which hash of a name says its place, and how many places there are. */
  readonly hashType: number | null;
  readonly fanout: number | null;
}

/** Wire types of protocol buffers. */
const wire = { varint: 0, bytes: 2 } as const;

/** Numbers of the fields. Mode and time of change are passed over: files here have none. */
const fields = { kind: 1, data: 2, sizeBytes: 3, blockSizes: 4, hashType: 5, fanout: 6, mode: 7, changed: 8 } as const;

const damaged = rejected("not-canonical", "A block that should describe a file or folder does not.");

interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

function readFields(bytes: Uint8Array): Result<readonly Field[]> {
  const found: Field[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint(bytes, at);
    const first = tag === null ? null : readVarint(bytes, tag.end);
    if (tag === null || first === null) return damaged;
    const number = tag.value >>> 3;
    const type = tag.value & 7;
    at = first.end;
    if (type === wire.varint) found.push({ number, value: first.value });
    else if (type === wire.bytes && at + first.value <= bytes.length) {
      found.push({ number, value: bytes.subarray(at, at + first.value) });
      at += first.value;
    } else return damaged;
  }
  return accepted(found);
}

function numbersIn(packed: Uint8Array): readonly number[] | null {
  const numbers: number[] = [];
  for (let at = 0; at < packed.length; ) {
    const read = readVarint(packed, at);
    if (read === null) return null;
    numbers.push(read.value);
    at = read.end;
  }
  return numbers;
}

/** Reads what a node says of itself. */
export function decodeUnixFsData(bytes: Uint8Array): Result<UnixFsData> {
  const read = readFields(bytes);
  if (!read.ok) return read;
  const single = new Map<number, number | Uint8Array>();
  const blockSizes: number[] = [];
  for (const { number, value } of read.value) {
    if (number === fields.blockSizes) {
      const sizes = typeof value === "number" ? [value] : numbersIn(value);
      if (sizes === null) return damaged;
      for (const size of sizes) blockSizes.push(size);
    } else if (number < fields.kind || number > fields.changed || single.has(number)) return damaged;
    else single.set(number, value);
  }
  const numberAt = (field: number): number | null => {
    const value = single.get(field);
    return typeof value === "number" ? value : null;
  };
  const isOfItsType = [...single].every(
    ([field, value]) => (field === fields.data || field === fields.changed) === (typeof value !== "number"),
  );
  const kind = kinds[numberAt(fields.kind) ?? -1];
  if (kind === undefined || !isOfItsType) return damaged;
  return accepted({
    kind,
    data: (single.get(fields.data) as Uint8Array | undefined) ?? new Uint8Array(),
    sizeBytes: numberAt(fields.sizeBytes),
    blockSizes,
    hashType: numberAt(fields.hashType),
    fanout: numberAt(fields.fanout),
  });
}

const numberField = (number: number, value: number): Uint8Array =>
  concatBytes(encodeVarint((number << 3) | wire.varint), encodeVarint(value));

/** What a folder that is one block says of itself. */
export const folderData = numberField(fields.kind, kinds.indexOf("folder"));

/** What a file of several blocks says of itself. */
export function fileData(blockSizes: readonly number[]): Uint8Array {
  const sizeBytes = blockSizes.reduce((sum, size) => sum + size, 0);
  return joinBytes([
    numberField(fields.kind, kinds.indexOf("file")),
    numberField(fields.sizeBytes, sizeBytes),
    ...blockSizes.map((size) => numberField(fields.blockSizes, size)),
  ]);
}
