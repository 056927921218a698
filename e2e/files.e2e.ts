/**
 * Files that outlive the tab: six tabs keep one between them, its owner goes for good, two of the six go, and a profile that
 * has never been here opens the link. FILE_MIB: its size, if not the usual one.
 */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { violations } from "./accessibility.ts";
import {
  desktop,
  endAll,
  noBlocks,
  openProfile,
  type Profile,
  phone,
  type Seed,
  startSeed,
  type Tab,
} from "./harness.ts";
import { makeIdentity, passphrase, reopened, takeIn, until } from "./steps.ts";

const mebibytes = Number(process.env.FILE_MIB ?? 2);
const keepers = 6;

let seed: Seed;
const serving: { readonly profile: Profile; readonly tab: Tab }[] = [];
let link = "";
let digest = "";

interface Peer {
  readonly seed: boolean;
  readonly direct: boolean;
}

interface Standing {
  readonly missing: number;
  readonly mayLeave: number;
}

async function keptBytes(tab: Tab): Promise<number> {
  return (await tab.json<{ keptBytes: number }>("offer storage")).keptBytes;
}

/** Opens the link in a profile that has never been here, and compares. */
async function opens(path: string): Promise<void> {
  const profile = await openProfile();
  const tab = await profile.open(seed.url);
  const before = performance.now();
  await tab.command(`get ${link} ${path}`, /is among your files now/);
  console.log(`get of ${mebibytes} MiB: ${Math.round(performance.now() - before)} ms from the prompt`);
  await tab.command(`sha256 < ${path}`, new RegExp(`^${digest}\\b`, "m"));
  await profile.close();
}

beforeAll(async () => {
  seed = await startSeed({ flags: [...noBlocks, "--keep", "0"] });
  for (let i = 0; i < keepers; i++) {
    const profile = await openProfile();
    const tab = await profile.open(seed.url);
    await tab.command("offer storage 256MiB --yes", /keeps 0 B for others, and 256\.0 MiB at most/);
    serving.push({ profile, tab });
  }
});

afterAll(endAll);

describe("a file among six tabs that keep it", () => {
  // The first, for then nothing else is kept, and nothing made anew, that would have to be told apart.
  it("is kept for its owner by name through a crash of the browser, and let go with its key by all six", async () => {
    const first = await openProfile();
    const tab = await first.open(seed.url);
    await takeIn(tab, randomBytes(400_000), "own.bin");
    await makeIdentity(tab);
    await until<Peer[]>(tab, "peers", (peers) => peers.filter((peer) => peer.direct && !peer.seed).length >= keepers);
    const kept = () => Promise.all(serving.map(({ tab: keeper }) => keptBytes(keeper)));
    await tab.command("put own.bin --yes", /own\.bin\s+is\s+kept\s+among\s+peers:\s+6\s+nodes\s+keep\s+it/);
    expect((await kept()).every((bytes) => bytes > 0)).toBe(true);
    const { profile, tab: again } = await reopened(first, seed.url);
    await again.command("get own.bin back.bin", /Passphrase\s+to\s+unlock/);
    await again.command(passphrase, /back\.bin,\s+\S+\s+KiB,\s+is\s+among\s+your\s+files\s+now/);
    await again.type("open files");
    await again.page.getByRole("button", { name: "Delete own.bin among peers" }).waitFor();
    await again.page.getByRole("button", { name: "Where own.bin is" }).click();
    await again.page.getByRole("img", { name: "1 piece: any two or more" }).waitFor();
    expect(await violations(again.page)).toEqual([]);
    await again.picture("files-4-window");
    await again.page.getByRole("button", { name: "Share with certain people: own.bin" }).click();
    await again.page.getByLabel("With whom: addresses or @names, spaces between").fill("@nobody");
    await again.page.getByRole("region", { name: "Files" }).getByRole("button", { name: "Share", exact: true }).click();
    await again.waitFor(/share own\.bin --kept --with @nobody --send/);
    await again.waitFor(/nobody/);
    await again.page.setViewportSize(phone);
    expect(await again.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(phone.width);
    expect(await violations(again.page)).toEqual([]);
    await again.picture("files-4-phone");
    await again.page.setViewportSize(desktop);
    await until<Peer[]>(again, "peers", (peers) => peers.filter((peer) => peer.direct && !peer.seed).length >= keepers);
    await again.command("rm own.bin --kept", /Delete own\.bin\?/);
    await again.command("y", /The\s+key\s+of\s+own\.bin\s+is\s+destroyed\.\s+6\s+keepers\s+of\s+6\s+had\s+shards/);
    expect(await kept()).toEqual(serving.map(() => 0));
    expect([tab, again].flatMap(({ errors }) => errors)).toEqual([]);
    await profile.close();
  });

  it("is put by a tab that then closes for good", async () => {
    const profile = await openProfile();
    const tab = await profile.open(seed.url);
    await takeIn(tab, randomBytes(mebibytes * 2 ** 20), "big.bin");
    await tab.command("sha256 < big.bin", /^[0-9a-f]{64}\b/m);
    digest = /^[0-9a-f]{64}\b/m.exec(await tab.transcript())?.[0] ?? "";
    await until<Peer[]>(tab, "peers", (peers) => peers.filter((peer) => peer.direct && !peer.seed).length >= keepers);
    const before = performance.now();
    await tab.command("share big.bin --yes", /#file=\S+/);
    console.log(`share of ${mebibytes} MiB: ${Math.round(performance.now() - before)} ms`);
    const shown = await tab.transcript();
    link = /http\S+#file=\S+/.exec(shown)?.[0] ?? "";
    expect(shown).toMatch(/6 nodes keep it for 30 days: [^.]*; any 2\s+of\s+them\s+may\s+go\./);
    await tab.picture("files-1-shared");
    await profile.close();
    const kept = await Promise.all(serving.map(({ tab: keeper }) => keptBytes(keeper)));
    expect(Math.min(...kept)).toBeGreaterThan(0);
    expect(kept.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThanOrEqual(2 * mebibytes * 2 ** 20);
  });

  it("opens in a profile that has never been here", () => opens("first.bin"));

  it("opens when two of the six have gone, and the four make the lost shards anew", async () => {
    for (const { profile } of serving.splice(0, 2)) await profile.close();
    await opens("second.bin");
    const profile = await openProfile();
    const tab = await profile.open(seed.url);
    await until<Standing>(tab, `get ${link} --where`, ({ missing, mayLeave }) => missing === 0 && mayLeave === 2);
    await tab.command(`get ${link} --where`, /any 2 of them may go/);
    await tab.picture("files-2-mended");
    await profile.close();
  });

  it("opens when two of these four have gone as well; when one more goes it is said which shards are missing", async () => {
    for (const { profile } of serving.splice(0, 2)) await profile.close();
    await opens("third.bin");
    const last = serving.splice(0, 2);
    for (const { profile } of last) await profile.close();
    const profile = await openProfile();
    const tab = await profile.open(seed.url);
    await tab.command(`get ${link} gone.bin`, /None of \d connected peers? has 1 of the file's shards/);
    await tab.picture("files-3-gone");
    await profile.close();
  });
});
