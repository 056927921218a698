/**
 * A tab's storage when it goes wrong, in a real Chromium: no room, records that were damaged behind the node's back. What
 * was acknowledged must survive, the user must be told, and the tab must mend itself where it can.
 */
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { CDPSession } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { networkIdOf } from "#protocol/consensus/genesis.ts";
import { SignatureCache } from "#protocol/ledger/signature-cache.ts";
import { dev } from "#protocol/parameters.ts";
import { poseidon } from "#protocol/proofs/poseidon.ts";
import { SegmentStatements } from "../src/node/segment-statements.ts";
import { WorkPreparation } from "../src/node/work-preparation.ts";
import { startComputeThread } from "../src/platform/node/compute-threads.ts";
import { openLevelStore } from "../src/platform/node/level-store.ts";
import { systemClock, systemEntropy } from "../src/platform/node/system.ts";
import { createEmulatedSampler } from "../src/platform/wasm/emulated-sampler.ts";
import { createSegmentProver } from "../src/platform/wasm/prover.ts";
import { createSamplerKernel } from "../src/platform/wasm/sampler-kernel.ts";
import { createSha256Kernel } from "../src/platform/wasm/sha256-kernel.ts";
import { BlockMaker, type MadeBlock } from "../src/testing/block-maker.ts";
import { feed, openChain } from "../src/testing/chain-fixtures.ts";
import { testKey } from "../src/testing/ledger-fixtures.ts";
import { endAll, openProfile, type Profile, type Seed, startSeed, type Tab, temporaryFolder } from "./harness.ts";
import { makeIdentity, passphrase, until } from "./steps.ts";

/** More than a full device keeps whole. */
const blocks = 35;

const searchSlice = 1 << 20;

let seed: Seed;
let profile: Profile;
let tab: Tab;
let devtools: CDPSession;

const built = (path: string): string => fileURLToPath(new URL(`../dist/${path}`, import.meta.url));

/** The work of blocks as the seed does it: a tab takes nothing else. */
async function realWork(keptFolder: string): Promise<WorkPreparation> {
  const data = { publishedFolder: built("app/circuits"), keptFolder };
  const thread = () => startComputeThread(pathToFileURL(built("seed/prover-thread.js")), { workerData: data });
  return new WorkPreparation({
    prover: createSegmentProver(thread),
    sampler: createEmulatedSampler({
      kernel: await createSamplerKernel(),
      entropy: systemEntropy,
      pause: () => Promise.resolve(),
    }),
    clock: systemClock,
    statements: new SegmentStatements(poseidon),
    parameters: dev,
  });
}

/** A data directory whose chain is already long: real dev blocks, mined here. */
async function longChain(): Promise<string> {
  const dataDirectory = temporaryFolder();
  const { search } = await createSha256Kernel();
  const maker = new BlockMaker(
    { parameters: dev, networkId: networkIdOf(dev), signatures: new SignatureCache() },
    (preimage, target) => {
      for (let first = 0n; ; first += BigInt(searchSlice)) {
        const nonce = search(preimage, target, first, searchSlice);
        if (nonce !== null) return nonce;
      }
    },
  );
  const work = await realWork(join(dataDirectory, "circuits"));
  const made = [maker.genesis];
  while (made.length <= blocks) {
    const parent = made[made.length - 1] as MadeBlock;
    const done = await work.prepare(parent.state, maker.placeAfter(parent));
    if (!done.ok) throw new Error(done.message);
    made.push(maker.make(parent, [], testKey(1), {}, done.value));
  }
  const store = await openLevelStore(join(dataDirectory, "chain"));
  const chain = await openChain(store, () => undefined, null, dev);
  const fed = await feed(chain, made.slice(1));
  if (!fed.ok) throw new Error(fed.message);
  await store.close();
  return dataDirectory;
}

interface Status {
  readonly height: number;
  readonly notices: readonly string[];
}

interface Finding {
  readonly name: string;
  readonly level: string;
  readonly detail: string;
}

const status = (): Promise<Status> => tab.json<Status>("status");
const availableNano = async (): Promise<string> => (await tab.json<{ availableNano: string }>("balance")).availableNano;
const doctor = async (name: string): Promise<Finding> => {
  const found = (await tab.json<readonly Finding[]>("doctor")).find((finding) => finding.name === name);
  if (found === undefined) throw new Error(`doctor says nothing of ${name}`);
  return found;
};

/** Runs in the page: writes until the browser refuses, and says how many bytes it took. */
async function fillStorage(patienceMs: number): Promise<number> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open("filler", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("filler", { autoIncrement: true });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const put = (sizeBytes: number): Promise<string> =>
    new Promise((resolve) => {
      const transaction = database.transaction("filler", "readwrite", { durability: "strict" });
      transaction.objectStore("filler").put(crypto.getRandomValues(new Uint8Array(sizeBytes)));
      transaction.oncomplete = () => resolve("");
      transaction.onabort = () => resolve(transaction.error?.name ?? "AbortError");
    });
  let written = 0;
  // Chromium looks at its quota again only every half a minute: small writes until it notices.
  for (const end = Date.now() + patienceMs; Date.now() < end; ) {
    const refusal = await put(1_000);
    if (refusal === "QuotaExceededError") {
      database.close();
      return written;
    }
    written += 1_000;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the browser took ${written} bytes and wants more`);
}

/** Runs in the page: changes one record of a table behind the node's back. */
function damage(table: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("aether-dev");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction(table, "readwrite", { durability: "strict" });
      const cursor = transaction.objectStore(table).openCursor();
      cursor.onsuccess = () => cursor.result?.update(Uint8Array.of(1, 2, 3));
      transaction.oncomplete = () => {
        opening.result.close();
        resolve();
      };
      transaction.onabort = () => reject(transaction.error);
    };
  });
}

beforeAll(async () => {
  seed = await startSeed({ dataDirectory: await longChain() });
  profile = await openProfile({ isKept: true });
  tab = await profile.open(seed.url);
  devtools = await profile.context.newCDPSession(tab.page);
  await until<Status>(tab, "status", ({ height }) => height >= blocks);
});

afterAll(endAll);

describe("a tab's storage", () => {
  let did = "";

  it("is shown with its quota, its use, the browser's word on keeping it, and what would go first", async () => {
    expect((await doctor("storage")).detail).toMatch(
      /^[\d.]+ [KM]iB of [\d.]+ \wiB used, (kept until you delete it|the browser was asked to keep it and may still evict it)$/,
    );
    const spare = (await status()).height - 32;
    expect(Number(/the (\d+) oldest of/.exec((await doctor("history")).detail)?.[1] ?? 0)).toBeGreaterThanOrEqual(
      spare,
    );
  });

  it("forgets old blocks when the browser gives no more, says so, and loses nothing it confirmed", async () => {
    // Else the service worker would still be writing, too, beyond what is left: then a browser refuses deletions as well.
    await until<{ offlineStart: string }>(tab, "update", ({ offlineStart }) => offlineStart === "ready");
    did = (await makeIdentity(tab)).did;
    await tab.command("faucet 5", /Paid\. You have 5 AETH/);
    const before = await status();
    const { origin } = new URL(seed.url);
    const { usage } = await devtools.send("Storage.getUsageAndQuota", { origin });
    await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: Math.ceil(usage) + 20_000 });
    await tab.page.evaluate(fillStorage, 90_000);
    await tab.command(`pay ${did} 1 --yes`, /The browser gives this page no more storage/);
    // The next block, a minute after the last, is what the node itself cannot store.
    await until<readonly Finding[]>(tab, "doctor", (findings) =>
      findings.some(({ name, level }) => name === "store" && level === "problem"),
    );
    // Deletions are all that a full browser takes: bodies have gone, headers have not.
    const from = Number(/whole from (\d+) on/.exec((await doctor("history")).detail)?.[1]);
    expect(from).toBeGreaterThan(before.height - 32);
    await tab.command("block 1", /Block 1 is known by its header only: this node keeps whole blocks from \d+ on/);
    expect((await status()).notices.join()).toContain("Nothing that was confirmed to you is lost");

    const { height } = await status();
    await devtools.send("Storage.overrideQuotaForOrigin", { origin });
    await tab.page.reload();
    const after = await until<Status>(tab, "status", (now) => now.height >= height);
    expect(after.notices).toEqual([]);
    expect(await availableNano()).toBe("5000000000");
    await tab.command(`pay ${did} 1 --yes`, /Passphrase to unlock/);
    await tab.command(passphrase, /In block \d+/);
  });

  it.each(["state", "headers", "canonical"])("is mended from peers after a record of %s was damaged", async (table) => {
    const { height } = await status();
    const held = await availableNano();
    await tab.page.evaluate(damage, table);
    await tab.page.reload();
    const mended = await until<Status>(tab, "status", (now) => now.height >= height);
    expect(mended.notices.join()).toMatch(
      /The local database was damaged \(.+\)\..+Keys are kept apart and were not touched/,
    );
    expect(await availableNano()).toBe(held);
    await tab.page.reload();
    const again = await until<Status>(tab, "status", (now) => now.height >= height);
    expect(again.notices).toEqual([]);
    await tab.command("id show", new RegExp(did));
  });
});

/** A second newcomer, who knows a final block from a link. */
describe("a browser that throws the page's data away", () => {
  it("is told of when the page is next opened, with the way back", async () => {
    const robbed = await openProfile();
    const page = await robbed.open(seed.url);
    await makeIdentity(page);
    // As when space runs short: what is kept for the page goes, what it has noted in settings stays.
    await page.page.goto(new URL("/manual/index.html", seed.url).href);
    const cdp = await robbed.context.newCDPSession(page.page);
    const origin = new URL(seed.url).origin;
    await cdp.send("Storage.clearDataForOrigin", { origin, storageTypes: "indexeddb" });
    await page.page.goto(seed.url);
    await page.waitFor(
      /This browser had keys of yours since \d{4}-\d\d-\d\d and has deleted what this page kept.*`id restore`/s,
    );
    expect((await page.json<readonly Finding[]>("doctor")).find(({ name }) => name === "keys")).toMatchObject({
      level: "problem",
    });
    await robbed.close();
  });
});

describe("a tab that starts from a final state", () => {
  it("can be used before the blocks below are there, which then come", async () => {
    const { finalised } = await until<{ finalised: { height: number; hash: string } }>(
      tab,
      "finality",
      (seen) => seen.finalised.height > blocks,
    );
    const other = await openProfile();
    const fresh = await other.open(`${seed.url}#checkpoint=${finalised.height}:${finalised.hash}`);
    await until<Status>(fresh, "status", ({ height }) => height >= finalised.height);
    await fresh.waitFor(/The state was taken over at block \d+/);
    await fresh.command(
      "finality",
      new RegExp(`checkpoint\\s+block ${finalised.height} \\(${finalised.hash.slice(0, 12)}\\), from a link`),
    );
    const { did } = await makeIdentity(fresh);
    await fresh.command("faucet 5", /Paid\. You have 5 AETH/);
    await fresh.command(`pay ${did} 1 --yes`, /In block \d+/);
    await until<readonly Finding[]>(fresh, "doctor", (findings) =>
      findings.some(({ name, detail }) => name === "history" && detail.startsWith("all blocks are kept whole")),
    );
    await fresh.command("block 5", /proof\s+128 B/);
    expect(fresh.errors).toEqual([]);
    await other.close();
  });
});
