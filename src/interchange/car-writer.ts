/**
 * Writing archives of blocks: CAR version 1, and version 2 with an index of kind MultihashIndexSorted.
 * @module
 */
import { encode as encodeCbor } from "@ipld/dag-cbor";
import type { CID } from "multiformats/cid";
import { compareBytes, concatBytes, joinBytes } from "#protocol/codec/bytes.ts";
import { pragma, secondHeaderBytes } from "./car-reader.ts";
import type { Block } from "./content-id.ts";
import { encodeVarint, withLength } from "./varint.ts";

/** Code of the index in the multicodec table. */
const indexCode = 0x0401;

const sha256Code = 0x12n;

const littleEndian = (value: number | bigint, length: 4 | 8): Uint8Array => {
  const view = new DataView(new ArrayBuffer(length));
  if (length === 4) view.setUint32(0, Number(value), true);
  else view.setBigUint64(0, BigInt(value), true);
  return new Uint8Array(view.buffer);
};

function header(roots: readonly CID[]): Uint8Array {
  return withLength(encodeCbor({ version: 1, roots }));
}

/** What stands before the bytes of a block. */
function head({ cid, bytes }: Block): Uint8Array {
  return concatBytes(encodeVarint(cid.bytes.length + bytes.length), cid.bytes);
}

/** The parts of a CARv1, in their order. */
export function* writeCar(roots: readonly CID[], blocks: Iterable<Block>): Generator<Uint8Array, void> {
  yield header(roots);
  for (const block of blocks) {
    yield head(block);
    yield block.bytes;
  }
}

/** Where blocks begin in the data: sorted by their digests, of which there is one length. */
function index(places: readonly { readonly digest: Uint8Array; readonly at: number }[]): Uint8Array {
  const rows = places
    .toSorted((a, b) => compareBytes(a.digest, b.digest))
    .map(({ digest, at }) => concatBytes(digest, littleEndian(at, 8)));
  const rowBytes = 32 + 8;
  return concatBytes(
    encodeVarint(indexCode),
    littleEndian(1, 4),
    littleEndian(sha256Code, 8),
    littleEndian(1, 4),
    littleEndian(rowBytes, 4),
    littleEndian(rowBytes * rows.length, 8),
    joinBytes(rows),
  );
}

/** The parts of a CARv2 with its index, in their order. */
export function* writeIndexedCar(roots: readonly CID[], blocks: readonly Block[]): Generator<Uint8Array, void> {
  let at = header(roots).length;
  const places = blocks.map((block) => {
    const place = { digest: block.cid.multihash.digest, at };
    at += head(block).length + block.bytes.length;
    return place;
  });
  const dataAt = pragma.length + secondHeaderBytes;
  const fullyIndexed = new Uint8Array(16);
  fullyIndexed[0] = 0x80;
  yield pragma;
  yield concatBytes(fullyIndexed, littleEndian(dataAt, 8), littleEndian(at, 8), littleEndian(dataAt + at, 8));
  yield* writeCar(roots, blocks);
  yield index(places);
}
