/**
 * Reading archives of blocks, CAR versions 1 and 2 (https://ipld.io/specs/transport/car/), as a stream: each block is
 * given only after its bytes were found to have the hash that its name says. Nothing is read that is not bounded first.
 * @module
 */
import { decode as decodeCbor, encode as encodeCbor } from "@ipld/dag-cbor";
import { CID } from "multiformats/cid";
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { ByteSource } from "./byte-source.ts";
import { type Block, blockKey, checkContentId, type HashBytes, readContentId } from "./content-id.ts";
import { interchangeLimits } from "./limits.ts";
import { readVarint } from "./varint.ts";

/** An archive whose header was read. */
export interface OpenedCar {
  readonly version: 1 | 2;
  /** What the archive is about; each is among its blocks, or the last thing that `blocks` gives is a refusal. */
  readonly roots: readonly CID[];
  /** Blocks in their order, each checked. Behind a refusal nothing follows. To be gone through once. */
  readonly blocks: AsyncGenerator<Result<Block>, void>;
}

/** The first bytes of a CARv2: the header of a CARv1 that says version 2 and nothing else. */
export const pragma = Uint8Array.of(0x0a, 0xa1, 0x67, 0x76, 0x65, 0x72, 0x73, 0x69, 0x6f, 0x6e, 0x02);

/** Bytes of the header behind the pragma: 16 of characteristics, then offset and size of the data, offset of the index. */
export const secondHeaderBytes = 40;

/** More are none of a length that is allowed anywhere here. */
const longestVarint = 5;

/** The longest CID with a SHA-256 in it; codec codes have at most nine bytes. */
const longestCid = 45;

const truncated = rejected("truncated", "The archive ends in the middle: it was cut off, or not fetched whole.");

/** A length; null at the end of the archive. */
async function readLength(source: ByteSource, most: number, what: string): Promise<Result<number | null>> {
  if (await source.isAtEnd()) return accepted(null);
  const bytes = new Uint8Array(longestVarint);
  for (let used = 0; used < longestVarint; used++) {
    const byte = (await source.take(1))?.[0];
    if (byte === undefined) return truncated;
    bytes[used] = byte;
    if (byte >= 0x80) continue;
    const length = readVarint(bytes)?.value;
    if (length === undefined) return rejected("not-canonical", "A length is not in its shortest form.");
    if (length <= most) return accepted(length);
    break;
  }
  return rejected("too-large", `${what} of more than ${most} bytes is not read.`);
}

function rootsIn(header: unknown): Result<readonly CID[]> {
  const wrong = rejected(
    "wrong-type",
    "The archive's header is not one of a CAR: it has a version and a list of roots.",
  );
  if (typeof header !== "object" || header === null) return wrong;
  const { version, roots, ...others } = header as Readonly<Record<string, unknown>>;
  if (typeof version !== "number") return wrong;
  if (version !== 1)
    return rejected("unknown-version", `Archives of version ${version} are not read here, only 1 and 2.`);
  if (!Array.isArray(roots) || Object.keys(others).length > 0) return wrong;
  const { roots: most } = interchangeLimits;
  if (roots.length === 0 || roots.length > most) return rejected("too-many", `An archive has 1 to ${most} roots.`);
  for (const root of roots) {
    const cid = CID.asCID(root);
    if (cid === null) return wrong;
    const checked = checkContentId(cid);
    if (!checked.ok) return checked;
  }
  return accepted(roots as readonly CID[]);
}

/** The header of a CARv1 whose length was read. */
async function readHeader(source: ByteSource, length: number): Promise<Result<readonly CID[]>> {
  const bytes = await source.take(length);
  if (bytes === null) return truncated;
  try {
    const header: unknown = decodeCbor(bytes);
    if (!equalBytes(encodeCbor(header), bytes))
      return rejected("not-canonical", "The archive's header is not in its one canonical form.");
    return rootsIn(header);
  } catch {
    return rejected("wrong-type", "This is no archive: a CAR begins with a header in DAG-CBOR.");
  }
}

async function readSection(source: ByteSource, length: number, sha256: HashBytes): Promise<Result<Block>> {
  const section = await source.take(length);
  if (section === null) return truncated;
  const named = readContentId(section);
  if (!named.ok) return named;
  const { cid, length: nameBytes } = named.value;
  const bytes = section.subarray(nameBytes);
  const { blockBytes } = interchangeLimits;
  if (bytes.length > blockBytes) return rejected("too-large", `A block of more than ${blockBytes} bytes is not read.`);
  return equalBytes(await sha256(bytes), cid.multihash.digest)
    ? accepted({ cid, bytes })
    : rejected("wrong-digest", `The bytes of block ${cid.toString()} are not those that its name stands for.`);
}

/** Where the parts of a CARv2 are, from its beginning. */
interface Layout {
  readonly dataAt: number;
  readonly dataEnd: number;
  /** 0: there is none. */
  readonly indexAt: number;
}

/** Reads what follows the pragma, up to the data. */
async function readLayout(source: ByteSource): Promise<Result<Layout>> {
  const header = await source.take(secondHeaderBytes);
  if (header === null) return truncated;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const number = (at: number): number => Number(view.getBigUint64(at, true));
  // The first bit says that the index is whole; all others stand for nothing yet.
  if (((header[0] ?? 0) & 0x7f) !== 0 || header.subarray(1, 16).some((byte) => byte !== 0)) {
    const bits = toHex(header.subarray(0, 16));
    return rejected("unsupported-feature", `The archive has characteristics that are not known here: ${bits}.`);
  }
  const [dataAt, dataBytes, indexAt] = [number(16), number(24), number(32)] as const;
  const dataEnd = dataAt + dataBytes;
  const isInside = dataAt >= source.position && dataBytes > 0 && (indexAt === 0 || indexAt >= dataEnd);
  if (!isInside || !Number.isSafeInteger(dataEnd) || !Number.isSafeInteger(indexAt))
    return rejected("out-of-range", "The archive's header says that its parts lie where they cannot.");
  const padding = dataAt - source.position;
  if (padding > interchangeLimits.paddingBytes)
    return rejected(
      "too-large",
      `Before its data an archive has at most ${interchangeLimits.paddingBytes} bytes of nothing.`,
    );
  return (await source.skip(padding)) ? accepted({ dataAt, dataEnd, indexAt }) : truncated;
}

/** What is behind the data. The index only says where blocks are, which we have seen, so it is passed over. */
async function checkRest(source: ByteSource, layout: Layout | null): Promise<Result<null>> {
  if (layout === null) return accepted(null);
  if (source.position !== layout.dataEnd) return truncated;
  source.endAt = Number.POSITIVE_INFINITY;
  if (layout.indexAt === 0)
    return (await source.isAtEnd())
      ? accepted(null)
      : rejected("trailing-bytes", "There is more behind the archive's data, which its header does not speak of.");
  const isThere = (await source.skip(layout.indexAt - source.position)) && !(await source.isAtEnd());
  return isThere ? accepted(null) : truncated;
}

async function* blocksIn(
  source: ByteSource,
  roots: readonly CID[],
  layout: Layout | null,
  sha256: HashBytes,
): AsyncGenerator<Result<Block>, void> {
  const missing = new Set(roots.map(blockKey));
  const { blockBytes, blocks } = interchangeLimits;
  for (let count = 0; ; count++) {
    const length = await readLength(source, longestCid + blockBytes, "A block");
    if (!length.ok) return yield length;
    if (length.value === null) break;
    if (count === blocks) return yield rejected("too-many", `An archive of more than ${blocks} blocks is not read.`);
    const block = await readSection(source, length.value, sha256);
    yield block;
    if (!block.ok) return;
    missing.delete(blockKey(block.value.cid));
  }
  const rest = await checkRest(source, layout);
  if (!rest.ok) return yield rest;
  for (const root of missing) yield rejected("not-found", `The archive lacks ${root}, which its header calls a root.`);
}

/** Opens an archive that comes in parts of any size. */
export async function openCar(
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  sha256: HashBytes,
): Promise<Result<OpenedCar>> {
  const source = new ByteSource(parts);
  const first = await readFirstHeader(source);
  if (!first.ok) return first;
  if (first.value !== "second version") {
    const roots = first.value;
    return accepted({ version: 1, roots, blocks: blocksIn(source, roots, null, sha256) });
  }
  const layout = await readLayout(source);
  if (!layout.ok) return layout;
  source.endAt = layout.value.dataEnd;
  const roots = await readFirstHeader(source);
  if (!roots.ok) return roots;
  if (roots.value === "second version")
    return rejected(
      "unknown-version",
      "The data of an archive of version 2 is one of version 1; here it is another of 2.",
    );
  return accepted({ version: 2, roots: roots.value, blocks: blocksIn(source, roots.value, layout.value, sha256) });
}

/** The roots of a CARv1, or that it is the pragma of a CARv2 that stands here. */
async function readFirstHeader(source: ByteSource): Promise<Result<readonly CID[] | "second version">> {
  const length = await readLength(source, interchangeLimits.headerBytes, "A header");
  if (!length.ok) return length;
  if (length.value === null) return rejected("truncated", "The archive is empty.");
  if (length.value !== pragma.length - 1) return readHeader(source, length.value);
  // A header with a root in it is longer.
  const bytes = await source.take(length.value);
  if (bytes === null) return truncated;
  return equalBytes(bytes, pragma.subarray(1))
    ? accepted("second version")
    : rejected("wrong-type", "This is no archive: a CAR begins with its version and its roots.");
}
