/**
 * A browser that is killed (SIGKILL) at random moments of what it does: nothing that was acknowledged is lost, and nothing is
 * there by half. One profile puts, gets, saves, edits and pays; another keeps others' shards, and is killed while it makes
 * lost ones anew. KILLS: how many ends, if not the usual few; KILL_SEED: which moments.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "../src/protocol/codec/hash.ts";
import { Random } from "../src/testing/random.ts";
import { endAll, openProfile, type Profile, type Seed, startSeed, type Tab } from "./harness.ts";
import { makeIdentity, reopened, takeIn, unlock, until } from "./steps.ts";

const kills = Number(process.env["KILLS"] ?? 6);
const killSeed = Number(process.env["KILL_SEED"] ?? 1);
const random = new Random(killSeed);

/** What the person has been told is done. */
const told = {
  /** By path, the SHA-256 in hexadecimal: files in the browser, and among peers. */
  saved: new Map<string, string>(),
  kept: new Map<string, string>(),
  lines: [] as string[],
  height: 0,
};

let seed: Seed;
let profile: Profile;
let tab: Tab;
let did = "";
/** A tab that keeps others' files. */
let keeper: { profile: Profile; tab: Tab };
let number = 0;

const hexOf = (bytes: Uint8Array): string => Buffer.from(sha256(bytes)).toString("hex");
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const documents = () => tab.page.getByRole("region", { name: "Documents", exact: true });

/** Takes a new file in, which counts from then on. */
async function newFile(): Promise<{ readonly path: string; readonly hash: string }> {
  const bytes = random.bytes(random.between(1, 1_500_000));
  const path = `f${++number}.bin`;
  await takeIn(tab, bytes, path);
  const hash = hexOf(bytes);
  told.saved.set(path, hash);
  return { path, hash };
}

/** Something that is begun; resolves once the person is told that it is done, and never if the browser has ended. */
interface Action {
  readonly name: string;
  /** How long it takes at most, about: the end comes before or soon after. */
  readonly tookMs: number;
  /** What has to be there before it begins. */
  prepare?(): Promise<() => Promise<void>>;
}

const never = new Promise<void>(() => undefined);

/** What has been said, in this life of the page, that shows that it is done. */
const heard = (pattern: RegExp): Promise<unknown> => tab.waitFor(pattern).catch(() => never);

const actions: readonly Required<Action>[] = [
  {
    name: "put",
    tookMs: 1_500,
    prepare: async () => {
      const { path, hash } = await newFile();
      return async () => {
        await tab.type(`put ${path} --yes`);
        await heard(new RegExp(`${path.replace(".", "\\.")}\\s+is\\s+kept\\s+among\\s+peers`));
        told.kept.set(path, hash);
      };
    },
  },
  {
    name: "get",
    tookMs: 1_200,
    prepare: () => {
      const all = [...told.kept];
      const [from, hash] = all[random.between(0, all.length - 1)] as [string, string];
      const path = `g${++number}.bin`;
      return Promise.resolve(async () => {
        await tab.type(`get ${from} ${path}`);
        await heard(new RegExp(`^${path.replace(".", "\\.")},.*is\\s+among\\s+your\\s+files\\s+now`, "m"));
        told.saved.set(path, hash);
      });
    },
  },
  {
    name: "save",
    tookMs: 400,
    prepare: () => {
      const [path, words] = [`s${++number}.txt`, `words ${number} `.repeat(random.between(1, 200)).trim()];
      return Promise.resolve(async () => {
        await tab.type(`echo "${words}" > ${path} && echo saved-${path}`);
        await heard(new RegExp(`^saved-${path.replace(".", "\\.")}`, "m"));
        told.saved.set(path, hexOf(new TextEncoder().encode(`${words}\n`)));
      });
    },
  },
  {
    name: "edit",
    tookMs: 2_000,
    prepare: async () => {
      await tab.type("edit diary");
      const text = documents().getByRole("textbox", { name: /^Text of / });
      await text.waitFor();
      return async () => {
        for (let i = 0; i < 6; i++) {
          const line = `line ${++number}`;
          await text.focus();
          await tab.page.keyboard.press("Control+End");
          await tab.page.keyboard.type(`${line}\n`);
          await documents()
            .getByText(/^Saved here/)
            .waitFor();
          told.lines.push(line);
        }
      };
    },
  },
  {
    name: "block commit",
    tookMs: 6_000,
    prepare: () =>
      Promise.resolve(async () => {
        await tab.type(`pay ${did} 0.0${random.between(1, 9)} --yes`);
        await heard(/In\s+block\s+\d+/);
        told.height = Math.max(told.height, Number(/In\s+block\s+(\d+)/.exec(await tab.transcript())?.[1] ?? 0));
      }),
  },
];

/** What a file of the browser is, by its own reckoning. */
async function hashOf(path: string): Promise<string> {
  const said = await tab.command(`sha256 < ${path}`, /^[0-9a-f]{64}\b|no file|refused/m);
  return /^[0-9a-f]{64}\b/m.exec(said)?.[0] ?? said;
}

/** All that was acknowledged is there, whole, and nothing else has come. */
async function check(isLast: boolean): Promise<void> {
  await until<{ height: number }>(tab, "status", ({ height }) => height >= told.height);
  const files = await tab.json<readonly { path: string }[]>("ls");
  const paths = files.map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining([...told.saved.keys()]));
  const kept = (await tab.json<readonly { name: string }[]>("ls --kept")).map(({ name }) => name);
  expect(kept).toEqual(expect.arrayContaining([...told.kept.keys()]));
  // What was not acknowledged may be there; then it is whole, which the end looks at.
  for (const name of kept) if (!told.kept.has(name)) told.kept.set(name, told.saved.get(name) as string);
  const newest = [...told.saved].slice(isLast ? 0 : -1);
  for (const [path, hash] of newest) expect(await hashOf(path), path).toBe(hash);
  if (told.lines.length > 0) {
    const { text } = await tab.json<{ text: string }>("edit diary --print");
    const lines = text.split("\n").filter((line) => line !== "");
    expect(lines).toEqual(expect.arrayContaining(told.lines));
    expect(new Set(lines).size, "a line came twice").toBe(lines.length);
  }
  expect(await tab.transcript()).not.toMatch(/damaged|corrupt|could not be read/i);
}

async function killAndReturn(): Promise<void> {
  ({ profile, tab } = await reopened(profile, seed.url));
  await unlock(tab);
}

beforeAll(async () => {
  seed = await startSeed({ begun: true });
  const keeping = await openProfile();
  keeper = { profile: keeping, tab: await keeping.open(seed.url) };
  await keeper.tab.command("offer storage 256MiB --yes", /keeps 0 B for others/);
  profile = await openProfile();
  tab = await profile.open(seed.url);
  ({ did } = await makeIdentity(tab));
  await tab.command("faucet", /Paid\. You have/);
  const { path, hash } = await newFile();
  await tab.command(`put ${path} --yes`, /is\s+kept\s+among\s+peers/);
  told.kept.set(path, hash);
});

afterAll(endAll);

describe(`a browser that is killed ${kills} times, moments of seed ${killSeed}`, () => {
  it("has all that it acknowledged, whole, whenever it comes back", async () => {
    const counts = new Map<string, { kills: number; acknowledged: number }>();
    for (let i = 0; i < kills; i++) {
      const action = actions[i % actions.length] as Required<Action>;
      const begin = await action.prepare();
      const before = JSON.stringify([told.kept.size, told.saved.size, told.lines.length, told.height]);
      const done = begin().catch(() => undefined);
      // The end comes at a moment of its own, whatever the action has come to.
      await Promise.race([pause(random.between(0, action.tookMs)), done.then(() => pause(random.between(0, 50)))]);
      const isDone = before !== JSON.stringify([told.kept.size, told.saved.size, told.lines.length, told.height]);
      const count = counts.get(action.name) ?? { kills: 0, acknowledged: 0 };
      counts.set(action.name, { kills: count.kills + 1, acknowledged: count.acknowledged + (isDone ? 1 : 0) });
      await killAndReturn();
      await check(false);
    }
    await check(true);
    for (const [name, hash] of told.kept) {
      const path = `k${++number}.bin`;
      await tab.command(
        `get ${name} ${path}`,
        new RegExp(`^${path.replace(".", "\\.")},.*among\\s+your\\s+files`, "m"),
      );
      expect(await hashOf(path), name).toBe(hash);
    }
    console.log(
      `killed: ${[...counts].map(([name, one]) => `${name} ${one.kills}, done ${one.acknowledged}`).join("; ")}`,
    );
    expect(tab.errors).toEqual([]);
  });

  it("makes lost shards anew though it is killed while it does, and what it keeps can be had", async () => {
    interface Standing {
      readonly missing: number;
      readonly keepers: readonly string[];
    }
    const [name] = [...told.kept.keys()];
    for (let i = 0; i < Math.max(1, Math.floor(kills / 10)); i++) {
      await killAndReturn();
      // Another keeper comes, is given its part, and goes for good.
      const other = await openProfile();
      const leaving = await other.open(seed.url);
      await leaving.command("offer storage 256MiB --yes", /keeps 0 B for others/);
      await until<Standing>(tab, `get ${name} --where`, ({ keepers }) => keepers.length === 3);
      await other.kill();
      await pause(random.between(0, 12_000));
      keeper = await reopened(keeper.profile, seed.url);
      await until<Standing>(
        tab,
        `get ${name} --where`,
        ({ missing, keepers }) => missing === 0 && keepers.length === 2,
      );
      const path = `r${++number}.bin`;
      await tab.command(`get ${name} ${path}`, /among\s+your\s+files/);
      expect(await hashOf(path)).toBe(told.kept.get(name as string));
    }
    expect(keeper.tab.errors).toEqual([]);
  });
});
