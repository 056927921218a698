/** `share` and `get`, typed into shells on real nodes that a seed joins. */
import { beforeEach, describe, expect, it } from "vitest";
import { concatBytes, equalBytes } from "#protocol/codec/bytes.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { readFileLink, writeFileLink } from "#protocol/files/link.ts";
import type { Manifest } from "#protocol/files/manifest.ts";
import { decodeBlockRequest, wantAnswers } from "#protocol/files/requests.ts";
import { accepted } from "#protocol/result.ts";
import type { RunningCipher, SealedBlock } from "#sdk/files.ts";
import { testKey } from "#testing/ledger-fixtures.ts";
import { answering } from "#testing/lying-node.ts";
import { answered, must } from "#testing/mail-fixtures.ts";
import { Random } from "#testing/random.ts";
import { filesIn } from "#testing/shell-on-files.ts";
import { clientOf, testEnvironment, typeLine } from "#testing/shell-on-node.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { createFileCipher } from "../../platform/browser/files/file-cipher.ts";

let simulation: Simulation;
let annsTab: SimulatedNode;
let bobsTab: SimulatedNode;
let annsFiles: Map<string, Uint8Array>;
let bobsFiles: Map<string, Uint8Array>;
let bobsDrafts: Map<string, Uint8Array>;
let running: number;

function cipher(): RunningCipher {
  running++;
  const end = (): void => {
    running--;
  };
  return { ...createFileCipher({ bytes: (length) => new Random(running + annsFiles.size).bytes(length) }), end };
}

function type(who: "ann" | "bob", line: string, answer: string | null = "y") {
  const device = who === "ann" ? annsTab : bobsTab;
  const environment = {
    ...testEnvironment(),
    files: who === "ann" ? filesIn(annsFiles) : filesIn(bobsFiles, bobsDrafts),
    startFileCipher: cipher,
    addressOf: (path: string) => `https://here${path}`,
  };
  return typeLine(simulation, clientOf(device, testKey(who === "ann" ? 1 : 2)), environment, line, answer);
}

const linkIn = (text: string): string => /https:\/\/here\/#file=(\S+)/.exec(text)?.[1] ?? "";

beforeEach(async () => {
  simulation = new Simulation(17);
  await simulation.add({ keepsFiles: true });
  [annsTab, bobsTab] = [await simulation.add(), await simulation.add()];
  [annsFiles, bobsFiles, bobsDrafts] = [new Map(), new Map(), new Map()];
  running = 0;
  await simulation.run(5_000);
});

describe("a shared file", () => {
  it.each([0, 1, 104_857, 104_858, fileLimits.chunkBytes + 1])(
    "of %i bytes comes from others when its owner has gone",
    async (length) => {
      const bytes = new Random(length).bytes(length);
      annsFiles.set("letters/for bob.bin", bytes);
      const { code, text } = await type("ann", "share 'letters/for bob.bin'");
      expect(code).toBe(0);
      expect(text).toMatch(/A node keeps it for 30 days/);
      await annsTab.network.stop();
      const got = await type("bob", `get ${linkIn(text)}`);
      expect(got.text).toMatch(/^for bob\.bin, .* is among your files now\.$/m);
      expect(got.text).toMatch(/`save 'for bob\.bin'` puts a copy among your downloads/);
      expect([...bobsFiles.keys()]).toEqual(["for bob.bin"]);
      // toEqual takes seconds for a mebibyte.
      expect(equalBytes(bobsFiles.get("for bob.bin") ?? new Uint8Array(), bytes)).toBe(true);
      expect(running).toBe(0);
    },
  );

  it("replaces nothing: it gets a number, and a name that is taken is refused before anything is fetched", async () => {
    annsFiles.set("a.txt", Uint8Array.of(1));
    bobsFiles.set("a.txt", Uint8Array.of(2));
    const link = linkIn((await type("ann", "share a.txt --yes")).text);
    expect((await type("bob", `get ${link} a.txt`)).text).toMatch(
      /You have a file a\.txt already\. Nothing was fetched/,
    );
    expect((await type("bob", `get ${link} ../a`)).text).toMatch(/without \. and \.\./);
    expect((await type("bob", `get ${link}`)).code).toBe(0);
    expect((await type("bob", `get ${link} b.txt`)).code).toBe(0);
    expect(Object.fromEntries(bobsFiles)).toEqual({
      "a.txt": Uint8Array.of(2),
      "a-2.txt": Uint8Array.of(1),
      "b.txt": Uint8Array.of(1),
    });
  });

  it("is cut into ten shards and two more where there are twelve keepers, and two may go", async () => {
    for (let i = 0; i < 11; i++) await simulation.add({ keepsFiles: true });
    await simulation.run(5_000);
    const bytes = new Random(7).bytes(300_000);
    annsFiles.set("a.bin", bytes);
    const { text } = await type("ann", "share a.bin --yes");
    expect(text).toMatch(/12 nodes keep it for 30 days: .*; any 2 of them may go\./);
    expect((await type("bob", `get ${linkIn(text)} --where`)).text).toMatch(
      /each piece has 12 shards, of which any 10 are enough\.\n12 keepers have all .*; any 2 of them may go\.\n( {2}node-\d+\n?){12}$/,
    );
    await annsTab.network.stop();
    for (const seed of simulation.nodes.filter(({ storage }) => storage.keepsFiles).slice(3, 5))
      await seed.network.stop();
    expect((await type("bob", `get ${linkIn(text)}`)).code).toBe(0);
    expect(equalBytes(bobsFiles.get("a.bin") ?? new Uint8Array(), bytes)).toBe(true);
  });

  it("goes out of a pipe and into one", async () => {
    const { text } = await type("ann", "echo hello | share - --yes");
    const { text: digest } = await type("bob", `get ${linkIn(text)} - | cat > out.txt`);
    expect(digest).toBe("");
    expect(new TextDecoder().decode(bobsFiles.get("out.txt"))).toBe("hello\n");
  });
});

describe("a shared file whose keeper has lost or spoilt shards", () => {
  const rowOf = (digest: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(1), digest);

  /** Ann shares a file and goes; what the one keeper then has to give of it. */
  async function shareAndGo(bytes: Uint8Array) {
    annsFiles.set("a.bin", bytes);
    const link = linkIn((await type("ann", "share a.bin --yes")).text);
    const { digest, key } = must(readFileLink(link));
    const disk = simulation.nodes[0]?.disk as SimulatedNode["disk"];
    const found = await Promise.all(simulation.nodes.map((one) => one.disk.getMany("files", [rowOf(digest)])));
    const block = found.flat().find((one) => one !== undefined);
    const manifest = must(await cipher().openManifest(block as Uint8Array, key)) as Manifest;
    await annsTab.network.stop();
    return { link, disk, manifest };
  }

  const bytes = new Random(5).bytes(fileLimits.chunkBytes + 5);

  it("comes whole from any four of the eight shards of each piece, and if there are fewer it is said which are missing", async () => {
    const { link, disk, manifest } = await shareAndGo(bytes);
    expect(manifest).toMatchObject({ data: 4, parity: 4, chunks: [{}, {}] });
    const [whole, short] = manifest.chunks.map(({ shards }) => shards) as [Uint8Array[], Uint8Array[]];
    const change = (digest: Uint8Array | undefined, value: Uint8Array | null) =>
      disk.commit([{ table: "files", key: rowOf(digest as Uint8Array), value }]);
    // Three are gone of each piece, and one is spoilt.
    for (const place of [0, 4, 5]) await change(whole[place], null);
    await change(whole[3], new Uint8Array(7));
    for (const place of [1, 2, 3]) await change(short[place], null);
    await change(short[6], new Uint8Array(3));
    expect((await type("bob", `get ${link} a.bin`)).code).toBe(0);
    expect(equalBytes(bobsFiles.get("a.bin") ?? new Uint8Array(), bytes)).toBe(true);
    await change(whole[7], null);
    const { code, text } = await type("bob", `get ${link} b.bin`);
    expect(code).not.toBe(0);
    expect(text).toMatch(
      /None of \d connected peers? has .*Piece 1 of 2 needs 4 of its 8 shards; missing: 1, 4, 5, 6, 8\. Nothing was kept\./s,
    );
    expect([...bobsFiles.keys()]).toEqual(["a.bin"]);
    // What this test opened the manifest with.
    expect(running).toBe(1);
  });

  it("goes on where it was broken off, with nothing asked for that had come", async () => {
    const { link, disk, manifest } = await shareAndGo(bytes);
    const [first, second] = manifest.chunks.map(({ shards }) => shards.map(rowOf)) as [Uint8Array[], Uint8Array[]];
    const values = await disk.getMany("files", second);
    const change = (keys: readonly Uint8Array[], all: readonly (Uint8Array | undefined)[]) =>
      disk.commit(keys.map((key, i) => ({ table: "files", key, value: all[i] ?? null })));
    await change(second, []);
    const broken = await type("bob", `get ${link} a.bin`);
    expect(broken.text).toMatch(/Piece 2 of 2 .*1\.0 MiB of 1\.0 MiB came and wait here for 3 days/);
    expect([...bobsFiles.keys()]).toEqual([]);
    await change(second, values);
    await change(first, []);
    const { text, code } = await type("bob", `get ${link} a.bin`);
    expect(text).toMatch(/Goes on after the 1\.0 MiB that came before\./);
    expect(code).toBe(0);
    expect(equalBytes(bobsFiles.get("a.bin") ?? new Uint8Array(), bytes)).toBe(true);
    expect(bobsDrafts.size).toBe(0);
  });

  it("comes whole while one keeper serves noise and another has lost what it had of a piece", async () => {
    const [liar, forgetful] = [await simulation.add({ keepsFiles: true }), await simulation.add({ keepsFiles: true })];
    for (let i = 0; i < 3; i++) await simulation.add({ keepsFiles: true });
    await simulation.run(5_000);
    const { link, manifest } = await shareAndGo(bytes);
    let lies = 0;
    answering(liar, (answer, request) => {
      const asked = decodeBlockRequest(request);
      if (!asked.ok || asked.value.type !== "want") return answer;
      lies++;
      return accepted(wantAnswers.encode({ blocks: asked.value.digests.map((digest) => digest.slice(0, 9)) }));
    });
    const lost = manifest.chunks[0]?.shards ?? [];
    await forgetful.disk.commit(lost.map((digest) => ({ table: "files", key: rowOf(digest), value: null })));
    const { text } = await type("bob", `get ${link}`);
    expect(text).toMatch(/is among your files now/);
    expect(equalBytes(bobsFiles.get("a.bin") ?? new Uint8Array(), bytes)).toBe(true);
    expect(lies).toBeGreaterThan(0);
  });

  it("opens without a code, too, as files were shared before there was one", async () => {
    const plain = cipher();
    const part = bytes.subarray(0, 200_000);
    const { key, blocks } = must(await plain.sealChunk(part, { data: 10, parity: 0 }));
    const chunks = [{ key, shards: blocks.map(({ digest }) => digest) }];
    const old = { type: "file", name: "old.bin", sizeBytes: part.length, data: 10, parity: 0, chunks } as const;
    const sealed = must(await plain.sealManifest(old));
    const place = (data: number, some: readonly SealedBlock[]) =>
      answered(
        simulation,
        annsTab.node.requests.placeStripe(
          data,
          some.map((block) => block.bytes),
        ),
      );
    must(await place(10, blocks));
    must(await place(1, sealed.blocks));
    const link = writeFileLink({ digest: sealed.blocks[0]?.digest as Uint8Array, key: sealed.key });
    expect((await type("bob", `get ${link}`)).code).toBe(0);
    expect(equalBytes(bobsFiles.get("old.bin") ?? new Uint8Array(), part)).toBe(true);
  });
});

describe("share", () => {
  it("says what it means and asks before; no and --dry-run share nothing", async () => {
    annsFiles.set("a.txt", Uint8Array.of(1));
    for (const [line, answer] of [
      ["share a.txt", "n"],
      ["share a.txt --dry-run", "y"],
    ] as const) {
      const { text } = await type("ann", line, answer);
      expect(text).toMatch(/whoever has the link can read for 30 days\. `unshare` ends the link before/);
      expect(linkIn(text)).toBe("");
    }
    expect(await annsTab.disk.range("files", { limit: 1 })).toEqual([]);
    expect((await type("ann", "share missing.txt")).text).toMatch(/no file missing\.txt/);
  });

  it("warns when nobody keeps it but this tab", async () => {
    annsFiles.set("a.txt", Uint8Array.of(1));
    await simulation.nodes[0]?.network.stop();
    const { text } = await type("ann", "share a.txt");
    expect(text).toMatch(/works only while this tab is open: no node that keeps files is connected/);
    expect((await type("bob", `get ${linkIn(text)}`)).code).toBe(0);
  });

  it("never shows its name or a byte of it to who keeps it", async () => {
    const bytes = new TextEncoder().encode("a very secret text ".repeat(20));
    annsFiles.set("very-secret.txt", bytes);
    await type("ann", "share very-secret.txt");
    const seedDisk = simulation.nodes[0]?.disk;
    const rows = (await seedDisk?.range("files", { limit: 100 })) ?? [];
    expect(rows.length).toBeGreaterThan(2);
    for (const [, value] of rows) expect(Buffer.from(value).includes("secret")).toBe(false);
  });

  it("gives its facts as JSON", async () => {
    annsFiles.set("a.txt", Uint8Array.of(1, 2));
    const { text } = await type("ann", "share a.txt --yes --json");
    const facts: unknown = JSON.parse(text.slice(text.indexOf("{")));
    expect(facts).toMatchObject({
      sizeBytes: 2,
      keepers: 1,
      mayLeave: 0,
      untilMs: fileLimits.lifeMs,
      cid: expect.stringMatching(/^bafkrei/),
    });
  });
});

describe("get", () => {
  it("says which half of a link is wrong, and keeps nothing", async () => {
    annsFiles.set("a.txt", Uint8Array.of(1));
    const link = linkIn((await type("ann", "share a.txt")).text);
    const [cid, key = ""] = link.split(".");
    const otherKey = `${key.startsWith("A") ? "B" : "A"}${key.slice(1)}`;
    expect((await type("bob", `get ${cid}.${otherKey}`)).text).toMatch(/The key in the link does not open the file/);
    const absent = `bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e.${key}`;
    expect((await type("bob", `get ${absent}`)).text).toMatch(/None of 2 connected peers has 1 of the file's shards/);
    expect((await type("bob", "get notes.txt")).text).toMatch(/You keep no file notes\.txt among peers/);
    expect(bobsFiles.size).toBe(0);
    expect(running).toBe(0);
  });
});

describe("offer storage", () => {
  it("makes a tab a keeper after a question, says what it has, and lets it go", async () => {
    await simulation.nodes[0]?.network.stop();
    expect((await type("bob", "offer storage")).text).toMatch(/keeps nothing for others/);
    expect((await type("bob", "offer storage 2GiB", "n")).code).toBe(130);
    expect((await type("bob", "offer storage 2GiB --dry-run")).text).toMatch(/sealed shards, which you cannot read/);
    expect((await type("bob", "offer storage")).text).toMatch(/keeps nothing for others/);
    expect((await type("bob", "offer storage much")).text).toMatch(/is no size/);
    expect((await type("bob", "offer storage 1kB")).text).toMatch(/from 16 MiB to 1 TiB/);
    expect((await type("bob", "offer storage 2GiB")).text).toMatch(/keeps 0 B for others, and 2\.0 GiB at most/);
    annsFiles.set("a.txt", new Uint8Array(1_000));
    await simulation.run(60_000);
    expect((await type("ann", "share a.txt --yes")).text).toMatch(/A node keeps it for 30 days/);
    const told = await type("bob", "offer storage --json");
    expect(JSON.parse(told.text)).toEqual({ offeredBytes: 2_147_483_648, keptBytes: expect.any(Number) });
    expect((await type("bob", "offer storage off")).text).toMatch(/Deletes .* for others\. .*keeps nothing/s);
  });
});
