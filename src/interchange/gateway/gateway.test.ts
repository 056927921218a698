/** Answers under `/ipfs/`: right bytes or none, in a sandbox, and never without bounds. */
import { encode as encodeDagPb } from "@ipld/dag-pb";
import fc from "fast-check";
import { UnixFS } from "ipfs-unixfs";
import { importer } from "ipfs-unixfs-importer";
import type { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { equalBytes, joinBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { looksPublic } from "#protocol/files/link.ts";
import { accepted, rejected } from "#protocol/result.ts";
import { hashBytes } from "#testing/interchange-fixtures.ts";
import { must } from "#testing/mail-fixtures.ts";
import { Random } from "#testing/random.ts";
import { blockKey, codecs, contentId } from "../content-id.ts";
import { gatewayLimits, interchangeLimits } from "../limits.ts";
import { fileData, folderData } from "../unixfs-data.ts";
import { blocksOf, type FileLayout, filesTree, fileTree, type TreeNode } from "../unixfs-writer.ts";
import { answerGateway, type GatewayRequest } from "./gateway.ts";
import { checkedBlocks, type FetchBlock } from "./public-files.ts";
import { readPublicLink, writePublicPath } from "./public-link.ts";

type Blocks = Map<string, Uint8Array>;

const small: FileLayout = { chunkBytes: 4, links: 3 };

const namesOf = (node: TreeNode): Blocks =>
  new Map([...blocksOf(node)].map(({ cid, bytes }) => [blockKey(cid), bytes]));

/** Blocks as a peer that may lie hands them over; what was asked for is noted. */
function sourceOf(blocks: Blocks, asked: string[] = []): FetchBlock {
  return checkedBlocks((cid) => {
    const key = blockKey(cid);
    asked.push(key);
    const bytes = blocks.get(key);
    return Promise.resolve(bytes === undefined ? rejected("not-found", "Nobody has it.") : accepted(bytes));
  }, hashBytes);
}

interface Read {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** Why it broke off; null if it came to its end. */
  readonly broken: string | null;
}

async function ask(fetch: FetchBlock, path: string, more: Partial<GatewayRequest> = {}): Promise<Read> {
  const request = { method: "GET", path, range: null, ifRange: null, ifNoneMatch: null, ...more } as const;
  const { status, headers, body } = await answerGateway(fetch, request);
  const parts: Uint8Array[] = [];
  let broken: string | null = null;
  for await (const part of body ?? []) {
    expect(broken).toBeNull();
    if (part.ok) parts.push(part.value);
    else broken = part.code;
  }
  const bytes = joinBytes(parts);
  return { status, headers, bytes, text: new TextDecoder().decode(bytes), broken };
}

describe("a public file", () => {
  it("comes whole, and any range of it, from no more blocks than hold it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), fc.nat(130), fc.nat(130), async (bytes, from, last) => {
        const tree = await fileTree(bytes, hashBytes, small);
        const path = `/ipfs/${tree.block.cid.toString()}`;
        const whole = await ask(sourceOf(namesOf(tree)), path);
        expect(whole).toMatchObject({ status: 200, broken: null });
        expect(equalBytes(whole.bytes, bytes)).toBe(true);
        expect(whole.headers["content-length"]).toBe(`${bytes.length}`);
        expect(whole.headers["etag"]).toBe(`"${tree.block.cid.toString()}"`);
        const asked: string[] = [];
        const part = await ask(sourceOf(namesOf(tree), asked), path, { range: `bytes=${from}-${last}` });
        if (from >= bytes.length) expect(part.status).toBe(416);
        else if (last < from) expect(part.status).toBe(200);
        else {
          expect(part).toMatchObject({ status: 206, broken: null });
          expect([...part.bytes]).toEqual([...bytes.subarray(from, last + 1)]);
          expect(part.headers["content-range"]).toBe(
            `bytes ${from}-${Math.min(last, bytes.length - 1)}/${bytes.length}`,
          );
          const leaves = Math.floor(Math.min(last, bytes.length - 1) / 4) - Math.floor(from / 4) + 1;
          // On the way to each leaf of so small a tree there are four nodes at most.
          expect(asked.length).toBeLessThanOrEqual(1 + 4 * leaves);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("may be larger, and of more pieces, than the folders on the way to it", async () => {
    const large = new Random(3).bytes(1_048_576);
    const bytes = joinBytes(Array.from({ length: gatewayLimits.pathBytes / large.length + 1 }, () => large));
    const many = utf8ToBytes("x".repeat(4 * gatewayLimits.pathBlocks + 1));
    for (const [file, layout] of [[bytes], [many, small]] as const) {
      const tree = await fileTree(file, hashBytes, layout);
      const whole = await ask(sourceOf(namesOf(tree)), `/ipfs/${tree.block.cid.toString()}`);
      expect(whole).toMatchObject({ status: 200, broken: null });
      expect(equalBytes(whole.bytes, file)).toBe(true);
    }
  });

  it("breaks off rather than be wrong, whichever block is changed, lost or another one", async () => {
    const bytes = new Random(5).bytes(60);
    const tree = await fileTree(bytes, hashBytes, small);
    const path = `/ipfs/${tree.block.cid.toString()}`;
    const all = [...namesOf(tree)];
    await fc.assert(
      fc.asyncProperty(
        fc.nat(all.length - 1),
        fc.oneof(fc.nat(1_000_000), fc.constantFrom("lost", "another")),
        async (which, harm) => {
          const [key, block] = all[which] as [string, Uint8Array];
          const blocks = new Map(all);
          if (harm === "lost") blocks.delete(key);
          else if (harm === "another") blocks.set(key, all[(which + 1) % all.length]?.[1] as Uint8Array);
          else {
            const spoilt = block.slice();
            spoilt[harm % spoilt.length] = (spoilt[harm % spoilt.length] as number) ^ (1 << (harm % 8));
            blocks.set(key, spoilt);
          }
          const read = await ask(sourceOf(blocks), path);
          const code = harm === "lost" ? "not-found" : "wrong-digest";
          if (read.status !== 200) {
            expect(read.status).toBe(harm === "lost" ? 404 : 502);
            return;
          }
          expect(read.broken).toBe(code);
          expect(read.bytes.length).toBeLessThan(bytes.length);
          expect(equalBytes(read.bytes, bytes.subarray(0, read.bytes.length))).toBe(true);
        },
      ),
      { numRuns: 120 },
    );
  });

  it("is not fetched again by who has it, and begins anew if it is another one", async () => {
    const tree = await fileTree(utf8ToBytes("hello world"), hashBytes);
    const cid = tree.block.cid.toString();
    const asked: string[] = [];
    const fetch = sourceOf(namesOf(tree), asked);
    expect(await ask(fetch, `/ipfs/${cid}`, { ifNoneMatch: `W/"other", "${cid}"` })).toMatchObject({ status: 304 });
    expect(asked).toEqual([]);
    const range = "bytes=6-";
    expect(await ask(fetch, `/ipfs/${cid}`, { range, ifRange: `"${cid}"` })).toMatchObject({
      status: 206,
      text: "world",
    });
    expect(await ask(fetch, `/ipfs/${cid}`, { range, ifRange: '"other"' })).toMatchObject({ status: 200 });
    expect(await ask(fetch, `/ipfs/${cid}`, { range: "bytes=-5" })).toMatchObject({ status: 206, text: "world" });
    expect(await ask(fetch, `/ipfs/${cid}`, { method: "HEAD" })).toMatchObject({
      status: 200,
      text: "",
      headers: { "content-length": "11" },
    });
  });

  it("is handed over block by block to who puts it together and checks it alone", async () => {
    const tree = await fileTree(new Random(6).bytes(30), hashBytes, small);
    const fetch = sourceOf(namesOf(tree));
    for (const { cid, bytes } of blocksOf(tree)) {
      const read = await ask(fetch, `/ipfs/${cid.toString()}?format=raw`);
      expect(read).toMatchObject({ status: 200, headers: { "content-type": "application/vnd.ipld.raw" } });
      expect(read.headers["content-disposition"]).toMatch(/^attachment/);
      expect(equalBytes(read.bytes, bytes)).toBe(true);
      const ifNoneMatch = read.headers["etag"] as string;
      expect((await ask(fetch, `/ipfs/${cid.toString()}?format=raw`, { ifNoneMatch })).status).toBe(304);
    }
    for (const rest of ["?format=car", "/a?format=raw", "?format="])
      expect((await ask(fetch, `/ipfs/${tree.block.cid.toString()}${rest}`)).status).toBe(501);
    const lost = await ask(sourceOf(new Map()), `/ipfs/${tree.block.cid.toString()}?format=raw`);
    expect(lost.status).toBe(404);
  });

  it("that is empty needs nobody", async () => {
    const { block } = await fileTree(new Uint8Array(), hashBytes);
    expect(await ask(sourceOf(new Map()), `/ipfs/${block.cid.toString()}`)).toMatchObject({ status: 200, text: "" });
  });

  it("is shown only if it is of a harmless type, never as a script, and in a sandbox", async () => {
    const page = utf8ToBytes("<script>alert(1)</script>");
    const names = ["a.html", "b.txt", "c.js", "d.mjs", "e.svg", "f.pdf", "g", "h.wasm", "i.constructor"];
    const tree = must(
      await filesTree(
        names.map((path) => ({ path, bytes: page })),
        hashBytes,
      ),
    );
    const fetch = sourceOf(namesOf(tree));
    const types: Record<string, string> = {};
    for (const name of names) {
      const { headers } = await ask(fetch, writePublicPath(tree.block.cid, [name]));
      expect(headers["content-security-policy"]).toMatch(/^sandbox allow-downloads; default-src 'none'/);
      expect(headers["content-security-policy"]).not.toMatch(/allow-(scripts|same-origin|forms|popups)|script-src/);
      expect(headers["x-content-type-options"]).toBe("nosniff");
      const [shown = ""] = headers["content-disposition"]?.split(";") ?? [];
      types[name] = `${headers["content-type"]} ${shown}`;
    }
    const download = "application/octet-stream attachment";
    expect(types).toEqual({
      "a.html": "text/html; charset=utf-8 inline",
      "b.txt": "text/plain; charset=utf-8 inline",
      "c.js": download,
      "d.mjs": download,
      "e.svg": "image/svg+xml inline",
      "f.pdf": download,
      g: download,
      "h.wasm": download,
      "i.constructor": download,
    });
    const bare = `/ipfs/${must(await filesTree([{ path: "x", bytes: page }], hashBytes)).children[0]?.block.cid.toString()}`;
    expect((await ask(fetch, bare)).headers["content-type"]).toBe("text/plain; charset=utf-8");
    const named = await ask(fetch, `${bare}?filename=${encodeURIComponent("a'b\"\r\n.html")}`);
    expect(named.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(named.headers["content-disposition"]).toBe("inline; filename*=UTF-8''a%27b%22%0D%0A.html");
  });
});

describe("a folder", () => {
  const files = [
    { path: "index.html", bytes: utf8ToBytes("<h1>Home</h1>") },
    { path: "more/<img src=x onerror=alert(1)>.txt", bytes: utf8ToBytes("x") },
    { path: "more/ü é.txt", bytes: utf8ToBytes("y") },
  ];

  it("is its own page, or a list of its names, behind a slash", async () => {
    const tree = must(await filesTree(files, hashBytes));
    const [fetch, root] = [sourceOf(namesOf(tree)), writePublicPath(tree.block.cid)];
    expect(await ask(fetch, root)).toMatchObject({ status: 301, headers: { location: `${root}/` } });
    expect(await ask(fetch, `${root}/`)).toMatchObject({ status: 200, text: "<h1>Home</h1>" });
    expect(await ask(fetch, `${root}/more`)).toMatchObject({ status: 301, headers: { location: `${root}/more/` } });
    const list = await ask(fetch, `${root}/more/`);
    expect(list).toMatchObject({ status: 200, headers: { "content-type": "text/html; charset=utf-8" } });
    expect(list.text).not.toMatch(/<img/);
    expect(list.text).toContain('href="./%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E.txt"');
    expect(await ask(fetch, `${root}/more/%C3%BC%20%C3%A9.txt`)).toMatchObject({ status: 200, text: "y" });
    const tag = list.headers["etag"] as string;
    expect(await ask(fetch, `${root}/more/`, { ifNoneMatch: tag })).toMatchObject({ status: 304 });
    expect(await ask(fetch, `${root}/none`)).toMatchObject({ status: 404, text: expect.stringMatching(/There is no/) });
    expect(await ask(fetch, `${root}/index.html/x`)).toMatchObject({
      status: 404,
      text: expect.stringMatching(/no folder/),
    });
  });

  it("that other implementations spread over blocks is looked through", async () => {
    const blocks: Blocks = new Map();
    const store = {
      put: (cid: CID, bytes: Uint8Array) => {
        blocks.set(blockKey(cid), bytes);
        return cid;
      },
      get: (cid: CID) => blocks.get(blockKey(cid)),
    };
    const many = Array.from({ length: 60 }, (_, i) => ({
      path: `file-${i}.txt`,
      content: Uint8Array.of(65 + (i % 26)),
    }));
    let root: CID | undefined;
    const options = { wrapWithDirectory: true, shardSplitThresholdBytes: 0, shardFanoutBits: 3 } as const;
    for await (const { cid } of importer(many, store as unknown as Parameters<typeof importer>[1], options)) root = cid;
    const path = `/ipfs/${(root as CID).toString()}/`;
    const fetch = sourceOf(blocks);
    for (const i of [0, 31, 59])
      expect((await ask(fetch, `${path}file-${i}.txt`)).text).toBe(String.fromCharCode(65 + (i % 26)));
    const list = await ask(fetch, path);
    for (const { path: name } of many) expect(list.text).toContain(`>${name}<`);
  });
});

describe("an address", () => {
  const cid = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";

  it.each([
    [`/ipfs/${cid}`, [], false],
    [`ipfs://${cid}`, [], false],
    [`ipfs://ipfs/${cid}/a`, ["a"], false],
    [`https://a.example:8443/ipfs/${cid}/a%20b/c/?x=1&filename=d.txt#e`, ["a b", "c"], true],
    [`/ipfs/${cid}/`, [], true],
    [`/ipfs/QmWATWQ7fVPP2EFGu71UkfnqhYXDYH566qy47CnJDgvs8u/x`, ["x"], false],
  ])("%s is read", (text, path, isFolder) => {
    expect(looksPublic(text)).toBe(true);
    expect(must(readPublicLink(text))).toMatchObject({ path, isFolder });
  });

  it.each([
    "/ipfs/",
    "/ipfs/nonsense",
    `/ipfs/${cid.slice(0, -1)}`,
    `/ipfs/${cid.toUpperCase()}`,
    `/ipfs/${cid}/../../rpc`,
    `/ipfs/${cid}/%2e%2e/x`,
    `/ipfs/${cid}/a//b`,
    `/ipfs/${cid}/a%2Fb`,
    `/ipfs/${cid}/a%5Cb`,
    `/ipfs/${cid}/%00`,
    `/ipfs/${cid}/%ff`,
    `/ipfs/${cid}/${"a/".repeat(gatewayLimits.pathNames)}b`,
    `/ipfs/${"b".repeat(5_000)}`,
  ])("%s is none", async (path) => {
    const asked: string[] = [];
    const read = await ask(sourceOf(new Map(), asked), path);
    expect(read).toMatchObject({ status: 400, headers: { "cache-control": "no-store" } });
    expect(read.headers["content-security-policy"]).toMatch(/^sandbox/);
    expect(asked).toEqual([]);
  });

  it("of a block that is no file, or of another hash function, is not followed", async () => {
    const cbor = contentId(0x71, sha256(Uint8Array.of(1))).toString();
    const sha512 =
      "bafkrgqhhyivzstcz3hhswshfjgy6ertgmnqeleynhwt4dlfsthi4hn7zgh4uvlsb5xncykzapi3ocd4lzogukir6ksdy6wzrnz6ohnv4aglcs";
    for (const name of [cbor, sha512])
      expect((await ask(sourceOf(new Map()), `/ipfs/${name}`)).status).toBeGreaterThanOrEqual(400);
  });
});

describe("a tree that was made to do harm", () => {
  const blocks: Blocks = new Map();
  const put = (code: number, bytes: Uint8Array): CID => {
    const cid = contentId(code, sha256(bytes));
    blocks.set(blockKey(cid), bytes);
    return cid;
  };
  const raw = (...bytes: number[]): CID => put(codecs.raw, Uint8Array.from(bytes));
  const pb = (data: Uint8Array, links: readonly (readonly [string, CID])[]): CID =>
    put(codecs.dagPb, encodeDagPb({ Data: data, Links: links.map(([Name, Hash]) => ({ Name, Hash, Tsize: 0 })) }));
  const file = (sizes: readonly number[], ...pieces: readonly CID[]): CID =>
    pb(
      fileData(sizes),
      pieces.map((cid) => ["", cid] as const),
    );
  const doubled = (levels: number, piece: CID, size: number): CID => {
    if (levels === 0) return piece;
    const half = doubled(levels - 1, piece, size);
    return file([size * 2 ** (levels - 1), size * 2 ** (levels - 1)], half, half);
  };
  const chained = (levels: number): CID => (levels === 0 ? raw(1) : file([1], chained(levels - 1)));
  const shardData = new UnixFS({ type: "hamt-sharded-directory", fanout: 256n, hashType: 0x22n }).marshal();
  const nestedShards = (levels: number): CID =>
    levels === 0 ? pb(shardData, [["0Aa", raw(1)]]) : pb(shardData, [["0A", nestedShards(levels - 1)]]);
  const wideShards = (levels: number): CID =>
    levels === 0
      ? pb(shardData, [])
      : pb(
          shardData,
          Array.from({ length: 256 }, (_, i) => [
            i.toString(16).toUpperCase().padStart(2, "0"),
            wideShards(levels - 1),
          ]),
        );

  it.each([
    ["sizes that are none of its pieces'", file([9], raw(1)), 200, "wrong-type"],
    ["a piece smaller than its parent says", file([2, 1], file([1], raw(1)), raw(1)), 200, "wrong-type"],
    ["a folder as a piece", file([1], pb(folderData, [])), 200, "wrong-type"],
    ["pieces of pieces without end", chained(interchangeLimits.depth + 1), 200, "too-deep"],
    ["more pieces than a file may have bytes", doubled(33, raw(7), 1), 413, null],
    ["2^17 pieces of a byte", doubled(17, raw(7), 1), 200, "too-many"],
    ["a size beyond all", file([2 ** 52], raw(1)), 413, null],
    ["sizes and no links", pb(fileData([4]), []), 502, null],
    ["a block that is not what its codec says", put(codecs.dagPb, Uint8Array.of(1, 2, 3)), 502, null],
    [
      "a link to a path",
      pb(new UnixFS({ type: "symlink", data: utf8ToBytes("/etc/passwd") }).marshal(), []),
      501,
      null,
    ],
    ["folders spread without end", nestedShards(interchangeLimits.depth + 1), 413, null],
    ["a folder spread over 2^16 blocks", wideShards(2), 413, null],
  ])("%s is refused, or breaks off", async (_, root, status, broken) => {
    const asked: string[] = [];
    const read = await ask(sourceOf(blocks, asked), `/ipfs/${root.toString()}/`);
    expect(read).toMatchObject({ status, broken });
    expect(asked.length).toBeLessThanOrEqual(interchangeLimits.visits + gatewayLimits.pathBlocks);
  });

  it("of few blocks with very many names each is looked through in part only", async () => {
    const names = Array.from({ length: 10_000 }, (_, i) => [`0A${`${i}`.padStart(5, "0")}`, raw(1)] as const);
    const part = pb(shardData, names);
    const folder = pb(
      shardData,
      Array.from({ length: 100 }, (_, i) => [i.toString(16).toUpperCase().padStart(2, "0"), part]),
    );
    const asked: string[] = [];
    const read = await ask(sourceOf(blocks, asked), `/ipfs/${folder.toString()}/missing`);
    expect(read.status).toBe(413);
    const partBytes = blocks.get(blockKey(part))?.length ?? 0;
    expect((asked.length - 2) * partBytes).toBeLessThanOrEqual(gatewayLimits.pathBytes);
  });

  it("of pieces without bytes costs nothing, however many it names", async () => {
    const asked: string[] = [];
    const read = await ask(sourceOf(blocks, asked), `/ipfs/${doubled(30, raw(), 0).toString()}`);
    expect(read).toMatchObject({ status: 200, broken: null, text: "" });
    expect(asked.length).toBe(1);
  });
});
