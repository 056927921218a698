/** Trees of files: named as kubo and js-ipfs-unixfs name them, read back, and refused when somebody made them to do harm. */
import { encode as encodeDagPb, type PBLink } from "@ipld/dag-pb";
import { chacha20 } from "@noble/ciphers/chacha.js";
import fc from "fast-check";
import { UnixFS } from "ipfs-unixfs";
import { type ImporterOptions, importer } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import { balanced } from "ipfs-unixfs-importer/layout";
import type { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { equalBytes, joinBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import type { Result } from "#protocol/result.ts";
import { hashBytes, readWhole } from "#testing/interchange-fixtures.ts";
import { must } from "#testing/mail-fixtures.ts";
import { writeCar } from "./car-writer.ts";
import { blockKey, codecs, contentId } from "./content-id.ts";
import { interchangeLimits } from "./limits.ts";
import { decodeUnixFsData, fileData, folderData } from "./unixfs-data.ts";
import { type ReadTree, readTree, type TreeLimits } from "./unixfs-reader.ts";
import { blocksOf, filesTree, fileTree, type TreeNode } from "./unixfs-writer.ts";

const roomy: TreeLimits = { files: 100, fileBytes: 10_000_000, totalBytes: 20_000_000, pathLength: 255 };

/** Bytes as kubo's tests draw them: the key stream of ChaCha20 under the seed's SHA-256. */
const drawn = (length: number, seed: string): Uint8Array =>
  chacha20(sha256(utf8ToBytes(seed)), new Uint8Array(12), new Uint8Array(length));

const namesOf = (node: TreeNode): Map<string, Uint8Array> =>
  new Map([...blocksOf(node)].map(({ cid, bytes }) => [blockKey(cid), bytes]));

const contents = (read: Result<ReadTree>): Record<string, string> =>
  Object.fromEntries(must(read).files.map(({ path, parts }) => [path, joinBytes(parts).join()]));

describe("the CID of a file", () => {
  // test/cli/cid_profiles_test.go of kubo 0.40 and ipip-499-profiles.spec.ts of js-ipfs-unixfs: profile unixfs-v1-2025.
  it.each([
    ["hello world", utf8ToBytes("hello world"), "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"],
    ["nothing", new Uint8Array(), "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"],
    ["one piece", drawn(1_048_576, "chunk-v1-seed"), "bafkreiacndfy443ter6qr2tmbbdhadvxxheowwf75s6zehscklu6ezxmta"],
    ["two pieces", drawn(1_048_577, "chunk-v1-seed"), "bafybeigmix7t42i6jacydtquhet7srwvgpizfg7gjbq7627d35mjomtu64"],
  ])("is kubo's: %s", async (_, bytes, name) => {
    const tree = await fileTree(bytes, hashBytes);
    expect(tree.block.cid.toString()).toBe(name);
    const read = must(readTree(tree.block.cid, namesOf(tree), roomy));
    expect(read.files.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([["", bytes.length]]);
    expect(equalBytes(joinBytes(read.files[0]?.parts ?? []), bytes)).toBe(true);
  });

  it("of an empty folder and of the largest that is one block is kubo's; a larger one is refused", async () => {
    const empty = must(await filesTree([], hashBytes));
    expect(empty.block.cid.toString()).toBe("bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354");
    const letters = "abcdefghijklmnopqrstuvwxyz01234567890-_";
    const stream = drawn(1_048_576, "hamt-unixfs-v1-2025");
    const folder = (lastLength: number) =>
      Array.from({ length: 4_766 }, (_, i) => {
        const name = stream.subarray(i * 11, i * 11 + (i === 4_765 ? lastLength : 11));
        return { path: [...name].map((byte) => letters[byte % letters.length]).join(""), bytes: Uint8Array.of(120) };
      });
    expect(must(await filesTree(folder(21), hashBytes)).block.cid.toString()).toBe(
      "bafybeic3h7rwruealwxkacabdy45jivq2crwz6bufb5ljwupn36gicplx4",
    );
    expect(await filesTree(folder(22), hashBytes)).toMatchObject({ code: "too-large" });
  });
});

/** What the reference implementation makes of files. */
async function theirs(files: readonly { readonly path: string; readonly bytes: Uint8Array }[], more: ImporterOptions) {
  const blocks = new Map<string, Uint8Array>();
  const store = {
    put: (cid: CID, bytes: Uint8Array) => {
      blocks.set(blockKey(cid), bytes);
      return cid;
    },
    get: (cid: CID) => blocks.get(blockKey(cid)),
  };
  let root: CID | undefined;
  const source = files.map(({ path, bytes }) => ({ path, content: bytes }));
  const options = { profile: "unixfs-v1-2025", wrapWithDirectory: true, ...more } as const;
  for await (const { cid } of importer(source, store as unknown as Parameters<typeof importer>[1], options)) root = cid;
  return { root: root as CID, blocks };
}

describe("a tree", () => {
  const name = fc.stringMatching(/^[a-zé😀]{1,4}$/u);
  const filesOf = fc.uniqueArray(
    fc.record({ path: fc.array(name, { minLength: 1, maxLength: 3 }), bytes: fc.uint8Array({ maxLength: 90 }) }),
    {
      minLength: 1,
      maxLength: 8,
      // A file cannot be a folder too: the first name of each is different.
      selector: ({ path }) => path[0],
    },
  );

  it("has the name that js-ipfs-unixfs gives it, and is read back, also from the reference's blocks", async () => {
    await fc.assert(
      fc.asyncProperty(filesOf, async (made) => {
        const files = made.map(({ path, bytes }) => ({ path: path.join("/"), bytes }));
        const tree = must(await filesTree(files, hashBytes));
        const { root, blocks } = await theirs(files, {});
        expect(tree.block.cid.toString()).toBe(root.toString());
        const expected = Object.fromEntries(files.map(({ path, bytes }) => [path, bytes.join()]));
        expect(contents(readTree(root, namesOf(tree), roomy))).toEqual(expected);
        expect(contents(readTree(root, blocks, roomy))).toEqual(expected);
        const old = await theirs(files, { profile: "unixfs-v0-2015" });
        expect(contents(readTree(old.root, old.blocks, roomy))).toEqual(expected);
        const spread = await theirs(files, { shardSplitThresholdBytes: 0 });
        expect(contents(readTree(spread.root, spread.blocks, roomy))).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  it("of many pieces has the shape and name that js-ipfs-unixfs gives it", async () => {
    const layout = { chunkBytes: 4, links: 3 };
    const small = { chunker: fixedSize({ chunkSize: 4 }), layout: balanced({ maxChildrenPerNode: 3 }) };
    for (const length of [0, 4, 5, 12, 13, 36, 37, 108, 109, 113]) {
      const bytes = drawn(length, "shape");
      const tree = await fileTree(bytes, hashBytes, layout);
      const { root } = await theirs([{ path: "a", bytes }], { ...small, wrapWithDirectory: false });
      expect(tree.block.cid.toString()).toBe(root.toString());
      expect(contents(readTree(root, namesOf(tree), roomy))).toEqual({ "": bytes.join() });
    }
  });

  it("over several levels of a spread folder is read", async () => {
    const files = Array.from({ length: 90 }, (_, i) => ({ path: `file-${i}`, bytes: Uint8Array.of(i) }));
    const { root, blocks } = await theirs(files, { shardSplitThresholdBytes: 0, shardFanoutBits: 3 });
    expect(Object.keys(contents(readTree(root, blocks, roomy))).sort()).toEqual(files.map(({ path }) => path).sort());
  });

  it("cannot have a file where a folder is", async () => {
    const file = (path: string) => ({ path, bytes: new Uint8Array() });
    for (const paths of [
      ["a", "a/b"],
      ["a/b", "a"],
      ["a", "a"],
    ])
      expect(await filesTree(paths.map(file), hashBytes)).toMatchObject({ code: "invalid-argument" });
  });

  it("in an archive is refused with any byte changed and when it ends early", async () => {
    const tree = must(
      await filesTree(
        [
          { path: "a/b", bytes: Uint8Array.of(1, 2) },
          { path: "c", bytes: new Uint8Array() },
        ],
        hashBytes,
      ),
    );
    const car = joinBytes([...writeCar([tree.block.cid], blocksOf(tree))]);
    const isRead = async (bytes: Uint8Array): Promise<boolean> => {
      const read = await readWhole(bytes);
      if (!read.ok) return false;
      const blocks = new Map(read.value.blocks.map((block) => [blockKey(block.cid), block.bytes]));
      const [root] = read.value.blocks;
      return root !== undefined && read.value.roots[0] === root.cid.toString() && readTree(root.cid, blocks, roomy).ok;
    };
    expect(await isRead(car)).toBe(true);
    for (const at of car.keys()) {
      expect(await isRead(car.subarray(0, at)), `cut at ${at}`).toBe(false);
      for (const bit of [1, 2, 4, 8, 16, 32, 64, 128]) {
        const spoilt = car.slice();
        spoilt[at] = (car[at] as number) ^ bit;
        expect(await isRead(spoilt), `bit ${bit} of byte ${at}`).toBe(false);
      }
    }
  });
});

describe("what a node says of itself", () => {
  it("is what ipfs-unixfs says, and reads", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2 ** 26 }), { maxLength: 20 }), (sizes) => {
        const reference = new UnixFS({ type: "file", blockSizes: sizes.map(BigInt) }).marshal();
        expect([...fileData(sizes)]).toEqual([...reference]);
        const sizeBytes = sizes.reduce((sum, size) => sum + size, 0);
        expect(must(decodeUnixFsData(reference))).toMatchObject({ kind: "file", sizeBytes, blockSizes: sizes });
      }),
    );
    expect([...folderData]).toEqual([...new UnixFS({ type: "directory" }).marshal()]);
  });

  it("is never an exception, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => typeof decodeUnixFsData(bytes).ok === "boolean"),
    );
    const hashes = { hashType: 0x22n, fanout: 256n, mtime: { secs: 5n }, mode: 0o600 };
    const shard = new UnixFS({ type: "hamt-sharded-directory", data: Uint8Array.of(1), ...hashes }).marshal();
    expect(must(decodeUnixFsData(shard))).toMatchObject({ kind: "sharded-folder", hashType: 0x22, fanout: 256 });
  });
});

describe("a tree that was made to do harm", () => {
  const blocks = new Map<string, Uint8Array>();
  const put = (code: number, bytes: Uint8Array): CID => {
    const cid = contentId(code, sha256(bytes));
    blocks.set(blockKey(cid), bytes);
    return cid;
  };
  const raw = (...bytes: number[]): CID => put(codecs.raw, Uint8Array.from(bytes));
  const pb = (data: Uint8Array, links: readonly (readonly [string, CID])[]): CID =>
    put(
      codecs.dagPb,
      encodeDagPb({ Data: data, Links: links.map(([Name, Hash]): PBLink => ({ Name, Hash, Tsize: 0 })) }),
    );
  const folder = (...links: readonly (readonly [string, CID])[]): CID => pb(folderData, links);
  const file = (sizes: readonly number[], ...pieces: readonly CID[]): CID =>
    pb(
      fileData(sizes),
      pieces.map((cid) => ["", cid] as const),
    );
  const nested = (levels: number): CID => (levels === 0 ? raw(1) : folder(["d", nested(levels - 1)]));
  /** A file of 2 to the power of `levels` pieces, in as many blocks as there are levels. */
  const doubled = (levels: number, piece: CID, size: number): CID => {
    if (levels === 0) return piece;
    const half = doubled(levels - 1, piece, size);
    return file([size * 2 ** (levels - 1), size * 2 ** (levels - 1)], half, half);
  };
  const shard = (fanout: bigint, hashType: bigint, ...links: readonly (readonly [string, CID])[]): CID =>
    pb(new UnixFS({ type: "hamt-sharded-directory", fanout, hashType }).marshal(), links);
  const many = (count: number, cid: CID) =>
    Array.from({ length: count }, (_, i) => [`f${String(i).padStart(3, "0")}`, cid] as const);
  const large = put(codecs.raw, new Uint8Array(1_000_000));
  const symlink = new UnixFS({ type: "symlink", data: utf8ToBytes("/etc/passwd") }).marshal();

  it.each([
    ["a name with a slash", folder(["../../home", raw(1)]), "invalid-argument"],
    ["a name that leads up", folder(["..", raw(1)]), "invalid-argument"],
    ["a name that leads nowhere", folder([".", raw(1)]), "invalid-argument"],
    ["no name", folder(["", raw(1)]), "invalid-argument"],
    ["a name with a zero in it", folder(["a\0b", raw(1)]), "invalid-argument"],
    ["a name that leads elsewhere on other systems", folder(["..\\a", raw(1)]), "invalid-argument"],
    ["a folder that leads up", folder(["a", folder(["..", raw(1)])]), "invalid-argument"],
    [
      "two files of one name",
      pb(folderData, [
        ["a", raw(1)],
        ["a", raw(2)],
      ]),
      "not-canonical",
    ],
    ["a path too long", folder(["a".repeat(200), folder(["b".repeat(55), raw(1)])]), "too-large"],
    ["folders in folders without end", nested(interchangeLimits.depth + 1), "too-deep"],
    ["a file as deep", doubled(interchangeLimits.depth + 1, raw(), 0), "too-deep"],
    ["2^30 pieces of nothing", doubled(30, raw(), 0), "too-many"],
    ["2^30 pieces of a byte", doubled(30, raw(7), 1), "too-large"],
    ["2^20 pieces of a byte that are said to be one", file([1], doubled(20, raw(7), 1)), "wrong-type"],
    ["more files than there may be", folder(...many(roomy.files + 1, raw(1))), "too-many"],
    ["large files, one above another", folder(...many(3, doubled(3, large, 1_000_000))), "too-large"],
    ["a piece smaller than it says", file([2], raw(1)), "wrong-type"],
    ["a piece of which nothing is said", file([], raw(1)), "wrong-type"],
    ["a piece too few", file([1, 1], raw(1)), "wrong-type"],
    ["a size beyond all", pb(fileData([2 ** 52]), [["", raw(1)]]), "too-large"],
    [
      "a size that is none of its pieces'",
      pb(joinBytes([Uint8Array.of(8, 2, 24, 9), Uint8Array.of(32, 1)]), [["", raw(1)]]),
      "wrong-type",
    ],
    ["a folder as a piece of a file", file([0], folder()), "wrong-type"],
    ["a link to a path", folder(["a", pb(symlink, [])]), "unsupported-feature"],
    ["a block of another codec", put(0x71, Uint8Array.of(0xa0)), "unsupported-feature"],
    ["a block that is not what its codec says", put(codecs.dagPb, Uint8Array.of(1, 2, 3)), "not-canonical"],
    ["a block of links alone", put(codecs.dagPb, encodeDagPb({ Links: [] })), "unsupported-feature"],
    ["a block that is not there", folder(["a", contentId(codecs.raw, sha256(Uint8Array.of(99, 99)))]), "not-found"],
    ["a spread folder of one place", shard(1n, 0x22n), "unsupported-feature"],
    ["a spread folder of another hash", shard(256n, 0x12n), "unsupported-feature"],
    ["a part of a spread folder without a place", shard(256n, 0x22n, ["zz", raw(1)]), "not-canonical"],
    ["a spread folder in which a name leads up", shard(256n, 0x22n, ["0A..", raw(1)]), "invalid-argument"],
    ["a spread folder with a name twice", shard(256n, 0x22n, ["0Aa", raw(1)], ["0Ba", raw(1)]), "not-canonical"],
    ["a part of a spread folder that is none", shard(256n, 0x22n, ["0A", folder()]), "wrong-type"],
  ])("%s is refused", (_, root, code) => {
    expect(readTree(root, blocks, roomy)).toMatchObject({ ok: false, code });
  });

  it("puts no line of its own into what is said of it", () => {
    const refusal = readTree(folder(["a\nAll is well.", pb(symlink, [])]), blocks, roomy);
    expect(refusal).toMatchObject({ message: expect.stringMatching(/^"a\\nAll is well\." is a link/) });
  });

  it("is not confused with one that names a block often", () => {
    const read = must(readTree(folder(["a", doubled(4, raw(7), 1)], ["b", folder()], ["c", raw()]), blocks, roomy));
    expect(read.files.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([
      ["a", 16],
      ["c", 0],
    ]);
    expect(read.emptyFolders).toBe(1);
  });
});
