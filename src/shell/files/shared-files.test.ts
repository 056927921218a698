/** `share` and `get`, typed into shells on real nodes that a seed joins. */
import { beforeEach, describe, expect, it } from "vitest";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import type { RunningCipher } from "#sdk/files.ts";
import { testKey } from "#testing/ledger-fixtures.ts";
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
    files: filesIn(who === "ann" ? annsFiles : bobsFiles),
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
  [annsFiles, bobsFiles] = [new Map(), new Map()];
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

  it("goes out of a pipe and into one", async () => {
    const { text } = await type("ann", "echo hello | share - --yes");
    const { text: digest } = await type("bob", `get ${linkIn(text)} - | cat > out.txt`);
    expect(digest).toBe("");
    expect(new TextDecoder().decode(bobsFiles.get("out.txt"))).toBe("hello\n");
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
      expect(text).toMatch(/whoever has the link can read for 30 days\. It cannot be taken back/);
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
    expect((await type("bob", "get notes.txt")).text).toMatch(/This is no link to a file/);
    expect(bobsFiles.size).toBe(0);
    expect(running).toBe(0);
  });
});
