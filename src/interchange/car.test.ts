/** Archives: those that others wrote, ours read by others, and everything that is not one. */
import { CarReader } from "@ipld/car/reader";
import { encode as encodeCbor } from "@ipld/dag-cbor";
import fc from "fast-check";
import { CID } from "multiformats/cid";
import { create as createDigest } from "multiformats/hashes/digest";
import { describe, expect, it } from "vitest";
import { concatBytes, joinBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import {
  basicCar,
  basicCarNames,
  basicIndexedCar,
  basicIndexedCarNames,
  readWhole,
} from "#testing/interchange-fixtures.ts";
import { must } from "#testing/mail-fixtures.ts";
import { writeCar, writeIndexedCar } from "./car-writer.ts";
import { type Block, codecs, contentId } from "./content-id.ts";
import { interchangeLimits } from "./limits.ts";
import { encodeVarint, withLength } from "./varint.ts";

const raw = (...bytes: number[]): Block => blockOf(Uint8Array.from(bytes));
const blockOf = (bytes: Uint8Array): Block => ({ cid: contentId(codecs.raw, sha256(bytes)), bytes });
const headerOf = (value: unknown): Uint8Array => withLength(encodeCbor(value));
const section = ({ cid, bytes }: Block): Uint8Array => withLength(concatBytes(cid.bytes, bytes));

/** Each byte of an archive, and what happens if another stands in its place or the archive ends there. */
async function spoil(car: Uint8Array, same: (spoilt: Uint8Array) => Promise<boolean>): Promise<readonly number[]> {
  const unnoticed: number[] = [];
  for (const [at, byte] of car.entries()) {
    for (const flipped of [0x01, 0x80, 0xff]) {
      const spoilt = car.slice();
      spoilt[at] = byte ^ flipped;
      if (await same(spoilt)) unnoticed.push(at);
    }
    if (await same(car.subarray(0, at))) unnoticed.push(at);
  }
  return unnoticed;
}

describe("an archive that another implementation wrote", () => {
  it.each([
    ["of version 1", basicCar, 1, basicCarNames, [basicCarNames[0], basicCarNames[7]]],
    ["of version 2", basicIndexedCar, 2, basicIndexedCarNames, [basicIndexedCarNames[0]]],
  ] as const)("%s is read, in parts of any size", async (_, car, version, names, roots) => {
    for (const size of [1, 7, 64, car.length]) {
      const parts = Array.from({ length: Math.ceil(car.length / size) }, (_, i) =>
        car.subarray(i * size, (i + 1) * size),
      );
      const read = must(await readWhole(...parts));
      expect(read).toMatchObject({ version, roots });
      expect(read.blocks.map(({ cid }) => cid.toString())).toEqual(names);
    }
  });

  it("is refused with any byte changed and when it ends early", async () => {
    const unnoticed = await spoil(basicCar, async (car) => (await readWhole(car)).ok);
    // What is left are the codecs of blocks that are no roots: such a block has another name then, by which no tree finds it.
    const codecPlaces = [327, 498, 621];
    expect(codecPlaces.map((at) => basicCar[at])).toEqual([codecs.raw, codecs.raw, codecs.raw]);
    expect([...new Set(unnoticed)]).toEqual(codecPlaces);
  });

  it("of version 2 is refused too, but for the bit that speaks of the index, and the index", async () => {
    const whole = must(await readWhole(basicIndexedCar));
    const wholeNames = whole.blocks.map(({ cid }) => cid.toString()).join();
    const unnoticed = await spoil(basicIndexedCar, async (car) => {
      const read = await readWhole(car);
      return read.ok && read.value.blocks.map(({ cid }) => cid.toString()).join() === wholeNames;
    });
    const indexAt = 0x1f3;
    expect(new Set(unnoticed.filter((at) => at < indexAt))).toEqual(new Set([11]));
  });
});

describe("an archive of ours", () => {
  const blocksOf = fc.uniqueArray(fc.uint8Array({ maxLength: 300 }), {
    minLength: 1,
    maxLength: 20,
    selector: (bytes) => bytes.join(),
  });

  it("is what others read, block by block", async () => {
    await fc.assert(
      fc.asyncProperty(blocksOf, fc.boolean(), async (contents, isIndexed) => {
        const blocks = contents.map(blockOf);
        const roots = [(blocks[0] as Block).cid];
        const car = joinBytes([...(isIndexed ? writeIndexedCar(roots, blocks) : writeCar(roots, blocks))]);
        const theirs = await CarReader.fromBytes(car);
        expect((await theirs.getRoots()).map(String)).toEqual(roots.map(String));
        const read: Block[] = [];
        for await (const { cid, bytes } of theirs.blocks()) read.push({ cid: CID.decode(cid.bytes), bytes });
        expect(read.map(({ cid, bytes }) => [cid.toString(), ...bytes])).toEqual(
          blocks.map(({ cid, bytes }) => [cid.toString(), ...bytes]),
        );
        const ours = must(await readWhole(car));
        expect(ours.version).toBe(isIndexed ? 2 : 1);
        expect(ours.blocks.map(({ bytes }) => bytes)).toEqual(contents);
      }),
      { numRuns: 40 },
    );
  });

  it("of version 2 has an index by which a block is found", () => {
    const blocks = [raw(1), raw(2, 2), raw()];
    const car = joinBytes([...writeIndexedCar([raw(1).cid], blocks)]);
    const view = new DataView(car.buffer);
    const [dataAt, dataBytes, indexAt] = [27, 35, 43].map((at) => Number(view.getBigUint64(at, true))) as [
      number,
      number,
      number,
    ];
    expect(indexAt).toBe(dataAt + dataBytes);
    // Two bytes of the index's code, then how many kinds of hashes, which, how many widths, which, and how much follows.
    expect([...car.subarray(indexAt, indexAt + 2)]).toEqual([0x81, 0x08]);
    expect(view.getUint32(indexAt + 18, true)).toBe(40);
    const rows = blocks.map((_, i) => car.subarray(indexAt + 30 + i * 40, indexAt + 70 + i * 40));
    expect(indexAt + 30 + 3 * 40).toBe(car.length);
    for (const row of rows) {
      const at = dataAt + Number(new DataView(row.buffer, row.byteOffset + 32).getBigUint64(0, true));
      const found = blocks.find(({ cid }) => cid.multihash.digest.every((byte, i) => byte === row[i])) as Block;
      expect([...car.subarray(at, at + section(found).length)]).toEqual([...section(found)]);
    }
  });
});

describe("what is no archive", () => {
  const one = raw(1);
  const header = headerOf({ version: 1, roots: [one.cid] });
  const sha512 = CID.createV1(codecs.raw, createDigest(0x13, new Uint8Array(64)));
  const indexed = joinBytes([...writeIndexedCar([one.cid], [one])]);
  const withNumber = (at: number, value: bigint): Uint8Array => {
    const car = indexed.slice();
    new DataView(car.buffer).setBigUint64(at, value, true);
    return car;
  };
  const withoutIndex = (car: Uint8Array): Uint8Array =>
    joinBytes([car.subarray(0, 43), new Uint8Array(8), car.subarray(51)]);
  const paddedCid = concatBytes(Uint8Array.of(0x81, 0x00), one.cid.bytes.subarray(1));

  it.each([
    ["nothing", new Uint8Array(), "truncated"],
    ["text", new TextEncoder().encode("hello world, this is a text"), "truncated"],
    ["a header longer than is read", encodeVarint(interchangeLimits.headerBytes + 1), "too-large"],
    ["a length in six bytes", Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x01), "too-large"],
    ["a length that is not the shortest", concatBytes(header, Uint8Array.of(0xa5, 0x00)), "not-canonical"],
    ["no roots", headerOf({ version: 1 }), "wrong-type"],
    ["an empty list of roots", headerOf({ version: 1, roots: [] }), "too-many"],
    ["roots without end", headerOf({ version: 1, roots: Array(65).fill(one.cid) }), "too-many"],
    ["a root that is none", headerOf({ version: 1, roots: [7] }), "wrong-type"],
    ["a root of another hash", headerOf({ version: 1, roots: [sha512] }), "unsupported-feature"],
    ["a version to come", headerOf({ version: 3, roots: [one.cid] }), "unknown-version"],
    ["a field too many", headerOf({ version: 1, roots: [one.cid], more: true }), "wrong-type"],
    ["a list as its header", headerOf([1, []]), "wrong-type"],
    [
      "a header in another order",
      withLength(
        concatBytes(
          Uint8Array.of(0xa2),
          encodeCbor({ version: 1 }).subarray(1),
          encodeCbor({ roots: [one.cid] }).subarray(1),
        ),
      ),
      "not-canonical",
    ],
    ["a root that it lacks", concatBytes(header, section(raw(2))), "not-found"],
    ["a block of another name", concatBytes(header, section({ ...one, bytes: Uint8Array.of(2) })), "wrong-digest"],
    [
      "a block of another hash",
      concatBytes(header, section({ cid: sha512, bytes: Uint8Array.of(2) })),
      "unsupported-feature",
    ],
    ["a section of no bytes", concatBytes(header, Uint8Array.of(0)), "not-canonical"],
    [
      "a name that is not the shortest",
      concatBytes(header, withLength(concatBytes(paddedCid, one.bytes))),
      "not-canonical",
    ],
    [
      "a block larger than any",
      concatBytes(header, section(blockOf(new Uint8Array(interchangeLimits.blockBytes + 1)))),
      "too-large",
    ],
    ["a length that lies about a block to come", concatBytes(header, encodeVarint(2 ** 31)), "too-large"],
    ["two pragmas", concatBytes(indexed.subarray(0, 51), indexed.subarray(0, 51)), "unknown-version"],
    ["a second version without its header", indexed.subarray(0, 20), "truncated"],
    ["data in the header", withNumber(27, 50n), "out-of-range"],
    ["data far away", withNumber(27, 1n << 40n), "out-of-range"],
    ["data behind much of nothing", withoutIndex(withNumber(27, 1n << 40n)), "too-large"],
    ["data of no bytes", withNumber(35, 0n), "out-of-range"],
    ["data of 2^63 bytes", withNumber(35, 1n << 63n), "out-of-range"],
    ["more data than there is", withNumber(35, 1n << 40n), "out-of-range"],
    ["an index in the data", withNumber(43, 60n), "out-of-range"],
    ["an index behind the end", withNumber(43, 1n << 40n), "truncated"],
    ["data of which the header knows nothing", withNumber(43, 0n), "trailing-bytes"],
    ["characteristics of tomorrow", withNumber(11, 1n << 20n), "unsupported-feature"],
  ])("%s is refused", async (_, bytes, code) => {
    expect(await readWhole(bytes)).toMatchObject({ ok: false, code });
  });

  it("of many blocks is refused at the first too many", async () => {
    function* endless() {
      yield header;
      for (;;) yield section(one);
    }
    let given = 0;
    const { openCar } = await import("./car-reader.ts");
    const opened = must(
      await openCar(endless(), (bytes) => Promise.resolve(given++ === 0 ? sha256(bytes) : one.cid.multihash.digest)),
    );
    let last: unknown;
    for await (const block of opened.blocks) last = block;
    expect(last).toMatchObject({ ok: false, code: "too-many" });
    expect(given).toBe(interchangeLimits.blocks);
  });

  it("is never an exception, whatever the bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, isBehindHeader) => {
        const read = await readWhole(isBehindHeader ? concatBytes(header, section(one), bytes) : bytes);
        expect(read.ok && read.value.blocks.length > 1).toBe(false);
      }),
    );
  });
});
