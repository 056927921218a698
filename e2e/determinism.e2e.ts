/**
 * The same runs in Node and in a real Chromium: 400 generated modules and 300 programs full of NaNs are metered and run in
 * both, and everything must be equal: the metered bytes, the fuel, what the host was told, how calls end, memory.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { DeterminismPage } from "../src/testing/determinism-page/contract.ts";
import { type ServedFolder, serveFolder } from "../src/testing/serve-folder.ts";
import { floatDigest } from "../src/testing/veil/float-programs.ts";
import { readGeneratedSet } from "../src/testing/veil/generated-set.ts";
import { fingerprint } from "../src/testing/veil/observation.ts";
import { endAll, openProfile, type Tab } from "./harness.ts";
import { buildTestPage } from "./test-pages.ts";

let server: ServedFolder;
let tab: Tab;

beforeAll(async () => {
  const folder = await buildTestPage("determinism-page");
  server = await serveFolder(folder);
  tab = await (await openProfile()).open(server.url);
});
afterAll(async () => {
  server.close();
  await endAll();
});

type Page = { determinism: DeterminismPage };

it("400 generated modules run alike in Node and Chromium, to the unit of fuel", async () => {
  const { modules } = readGeneratedSet();
  expect(modules.length).toBe(400);
  const encoded = modules.map(({ bytes }) => Buffer.from(bytes).toString("base64"));
  const theirs: string[] = [];
  for (let from = 0; from < encoded.length; from += 25) {
    const part = encoded.slice(from, from + 25);
    theirs.push(
      ...(await tab.page.evaluate((list) => (window as unknown as Page).determinism.fingerprints(list), part)),
    );
  }
  for (const [i, { seed, bytes }] of modules.entries()) expect(theirs[i], `seed ${seed}`).toBe(fingerprint(bytes));
  // They differ from each other: equal lines would be equal for want of anything in them.
  expect(new Set(theirs).size).toBeGreaterThan(390);
});

it("300 programs full of NaNs leave the same bits in Node and Chromium", async () => {
  const seeds = Array.from({ length: 300 }, (_, i) => i + 1);
  const theirs = await tab.page.evaluate((list) => (window as unknown as Page).determinism.floatDigests(list), seeds);
  expect(theirs).toEqual(seeds.map(floatDigest));
  expect(new Set(theirs).size).toBeGreaterThan(250);
});
