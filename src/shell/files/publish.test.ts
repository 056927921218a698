/** `publish`, and `get` of an address of IPFS, typed into shells on real nodes that a seed joins. */
import { beforeEach, describe, expect, it } from "vitest";
import { answerGateway } from "#interchange/gateway/gateway.ts";
import { checkedBlocks } from "#interchange/gateway/public-files.ts";
import { equalBytes, joinBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import type { HeldFile } from "#protocol/files/held-file.ts";
import { decodeBlockRequest, wantAnswers } from "#protocol/files/requests.ts";
import { accepted } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import { fetchWhole } from "#sdk/whole-blocks.ts";
import { hashBytes } from "#testing/interchange-fixtures.ts";
import { testKey } from "#testing/ledger-fixtures.ts";
import { answering } from "#testing/lying-node.ts";
import { must } from "#testing/mail-fixtures.ts";
import { Random } from "#testing/random.ts";
import { filesIn } from "#testing/shell-on-files.ts";
import { clientOf, testEnvironment, typeLine } from "#testing/shell-on-node.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
// Loaded here, so that no virtual time passes while the command's code is.
import "./get-public.ts";
import "./lasting.ts";
import "./let-go.ts";
import "./publish.ts";

let simulation: Simulation;
let seed: SimulatedNode;
let annsTab: SimulatedNode;
let bobsTab: SimulatedNode;
let annsFiles: Map<string, Uint8Array>;
let bobsFiles: Map<string, Uint8Array>;
let clients: Client[];

function type(who: "ann" | "bob", line: string, answer: string | null = "y") {
  const environment = {
    ...testEnvironment(),
    files: filesIn(who === "ann" ? annsFiles : bobsFiles),
    addressOf: (path: string) => `https://here${path}`,
  };
  const client = clients[who === "ann" ? 0 : 1] as Client;
  return typeLine(simulation, client, environment, line, answer);
}

const linkIn = (text: string): string => /https:\/\/here(\/ipfs\/\S+)/.exec(text)?.[1] ?? "";

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array): boolean => equalBytes(a ?? new Uint8Array(), b);

beforeEach(async () => {
  simulation = new Simulation(23);
  seed = await simulation.add({ keepsFiles: true });
  [annsTab, bobsTab] = [await simulation.add(), await simulation.add()];
  clients = [clientOf(annsTab, testKey(1)), clientOf(bobsTab, testKey(2))];
  [annsFiles, bobsFiles] = [new Map(), new Map()];
  await simulation.run(5_000);
});

describe("a published file", () => {
  it.each([0, 11, 1_048_576, 1_048_577, 2_500_000])(
    "of %i bytes comes from others when its owner has gone, by kubo's CID",
    async (length) => {
      const bytes = length === 11 ? utf8ToBytes("hello world") : new Random(length).bytes(length);
      annsFiles.set("notes/for all.bin", bytes);
      const dry = await type("ann", "car export 'notes/for all.bin' --dry-run");
      const { code, text } = await type("ann", "publish 'notes/for all.bin'");
      expect(code).toBe(0);
      expect(text).toMatch(/EVERYBODY can read it[\s\S]*cannot be called back for sure/);
      const link = linkIn(text);
      expect(link).toBe(`/ipfs/${dry.text.trim()}?filename=for%20all.bin`);
      await annsTab.network.stop();
      const got = await type("bob", `get '${link}'`);
      expect(got.text).toMatch(/^for all\.bin, .* is among your files now\.$/m);
      expect(sameBytes(bobsFiles.get("for all.bin"), bytes)).toBe(true);
      expect((await type("bob", `get ipfs://${link.slice(6).split("?")[0]} again`)).code).toBe(0);
      expect(sameBytes(bobsFiles.get("again"), bytes)).toBe(true);
    },
  );

  it("is answered under /ipfs/ out of a seed's blocks", async () => {
    const bytes = new Random(4).bytes(1_300_000);
    annsFiles.set("a.png", bytes);
    const link = linkIn((await type("ann", "publish a.png --yes")).text);
    await annsTab.network.stop();
    const fetch = checkedBlocks((cid) => fetchWhole(seed.node.requests, cid.multihash.digest), hashBytes);
    const ask = { method: "GET", range: null, ifRange: null, ifNoneMatch: null } as const;
    const { status, headers, body } = await answerGateway(fetch, { ...ask, path: link });
    expect([status, headers["content-type"]]).toEqual([200, "image/png"]);
    const parts: Uint8Array[] = [];
    for await (const part of body ?? []) if (part.ok) parts.push(part.value);
    expect(sameBytes(joinBytes(parts), bytes)).toBe(true);
  });

  it("is asked about, and may only be looked at before", async () => {
    annsFiles.set("a.txt", utf8ToBytes("hello world"));
    const dry = await type("ann", "publish a.txt --dry-run");
    expect(dry.text).toMatch(/bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e$/);
    expect(await type("ann", "publish a.txt", "n")).toMatchObject({
      code: 130,
      text: expect.stringMatching(/Nothing was published/),
    });
    expect((await type("ann", "ls --shared --json")).text).toBe("[]");
    const got = await type("bob", "get /ipfs/bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");
    expect(got.code).not.toBe(0);
    expect(bobsFiles.size).toBe(0);
    expect((await type("ann", "publish none.txt")).text).toMatch(/no file none\.txt/);
    expect((await type("ann", "publish a.txt --for 90d")).text).toMatch(/30 days at most\. Nothing was published/);
  });

  it("is remembered, published again under the same address, and let go", async () => {
    annsFiles.set("a.txt", utf8ToBytes("hello world"));
    const link = linkIn((await type("ann", "publish a.txt --yes --for 12h")).text);
    expect(linkIn((await type("ann", "publish a.txt --yes")).text)).toBe(link);
    const listed = JSON.parse((await type("ann", "ls --shared --json")).text) as { link: string }[];
    expect(listed.map((one) => one.link)).toEqual([`https://here${link}`]);
    annsFiles.delete("a.txt");
    // Whether the keeper hears of it by this or by what the node tells by itself now and then is left open: it has to hear.
    expect((await type("ann", `unshare '${link}' --yes`)).text).toMatch(/A link to a\.txt is ended/);
    await simulation.run(5_000);
    const got = await type("bob", `get '${link}'`);
    expect(got.code).not.toBe(0);
    expect(got.text).toMatch(/None of 2 connected peers has/);
    expect((await type("ann", "ls --shared --json")).text).toBe("[]");
  });

  it("is pinned and let go of from another browser of its owner, too", async () => {
    annsFiles.set("site/a.bin", new Random(8).bytes(1_500_000));
    annsFiles.set("site/b.bin", new Random(9).bytes(10));
    await type("ann", "publish site/a.bin site/b.bin --yes");
    const held = must(await (clients[0] as Client).heldFiles());
    must(await (clients[1] as Client).changeHeldFiles({ remove: [], add: held }));
    await annsTab.network.stop();
    expect((await type("bob", "pin site/")).text).toMatch(/site\/ is pinned/);
    const { secret } = held[0] as HeldFile;
    // Two pieces and their node, another file, the folder.
    expect(bobsTab.node.running.files.shelf.stripesOf(secret).length).toBe(5);
    expect((await type("bob", "ls --shared")).text).toMatch(/site\/ .* pinned/);
    expect((await type("bob", "unshare site/ --yes")).text).toMatch(/A link to site\/ is ended/);
    await simulation.run(5_000);
    expect(seed.node.running.files.shelf.othersBytes).toBe(0);
  });

  it("of many blocks is let go of as a whole", async () => {
    annsFiles.set("a.bin", new Random(8).bytes(3_000_000));
    await type("ann", "publish a.bin --yes");
    const before = seed.node.running.files.shelf.othersBytes;
    expect(before).toBeGreaterThan(3_000_000);
    expect((await type("ann", "unshare a.bin --yes")).text).toMatch(/A link to a\.bin is ended/);
    await simulation.run(5_000);
    expect(seed.node.running.files.shelf.othersBytes).toBe(0);
  });
});

describe("a published folder", () => {
  it("has the files under what comes after what their paths begin with, and get brings each", async () => {
    annsFiles.set("site/index.html", utf8ToBytes("<h1>Hi</h1>"));
    annsFiles.set("site/img/a.png", Uint8Array.of(1, 2, 3));
    annsFiles.set("site/b.txt", utf8ToBytes("b"));
    const { text } = await type("ann", "publish site/index.html site/img/a.png site/b.txt --yes");
    const link = linkIn(text);
    expect(link).toMatch(/^\/ipfs\/bafybei[a-z2-7]+\/$/);
    expect((await type("bob", `get https://elsewhere.example${link}img/a.png`)).code).toBe(0);
    expect(bobsFiles.get("a.png")).toEqual(Uint8Array.of(1, 2, 3));
    expect((await type("bob", `get ${link}b.txt - > c.txt`)).code).toBe(0);
    expect(bobsFiles.get("c.txt")).toEqual(utf8ToBytes("b"));
    const folder = await type("bob", `get ${link}`);
    expect(folder.text).toMatch(/This is a folder: `get ADDRESS NAME\/` .*: b\.txt, img, index\.html\./);
    expect((await type("bob", `get ${link}b.txt copy/`)).text).toMatch(/This is a file: give a name without a slash/);
    expect((await type("bob", `get ${link} ../up/`)).text).toMatch(/without \. and \.\./);
    expect((await type("bob", `get ${link} copy/`)).text).toMatch(/copy\/ is among your files now: 3 files, 15 B/);
    expect([...bobsFiles.keys()].filter((path) => path.startsWith("copy/"))).toEqual(
      expect.arrayContaining(["copy/b.txt", "copy/img/a.png", "copy/index.html"]),
    );
    expect(bobsFiles.get("copy/img/a.png")).toEqual(Uint8Array.of(1, 2, 3));
    expect((await type("bob", `get ${link} copy/`)).text).toMatch(/You have a file copy\/b\.txt already\. Nothing/);
    expect((await type("bob", `get ${link}img again/ --json`)).text).toContain(
      '{"paths":["again/a.png"],"sizeBytes":3}',
    );
    expect((await type("bob", `get ${link}none`)).text).toMatch(/There is no "none" in that folder/);
    expect((await type("bob", `get ${link}b.txt --where`)).text).toMatch(/this one is public/);
    expect((await type("bob", "get ipfs://nonsense")).text).toMatch(/This is no CID/);
  });
});

describe("a keeper that hands over another block", () => {
  it("is not believed, and nothing of it is kept", async () => {
    annsFiles.set("a.txt", utf8ToBytes("hello world"));
    const link = linkIn((await type("ann", "publish a.txt --yes")).text);
    await annsTab.network.stop();
    answering(seed, (answer, bytes) => {
      const request = decodeBlockRequest(bytes);
      return request.ok && request.value.type === "want"
        ? accepted(wantAnswers.encode({ blocks: request.value.digests.map(() => Uint8Array.of(1)) }))
        : answer;
    });
    expect((await type("bob", `get '${link}'`)).code).not.toBe(0);
    expect(bobsFiles.size).toBe(0);
  });
});
