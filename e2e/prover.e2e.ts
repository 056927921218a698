/**
 * Block proofs in a real Chromium: the app's proving worker under the app's policy, its files in the origin-private file
 * system, stopped in the middle, and a tab that is closed while it proves.
 */
import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ProofRun, ProverPage } from "../src/testing/prover-page/contract.ts";
import { type ServedFolder, serveFolder } from "../src/testing/serve-folder.ts";
import { endAll, openProfile, type Tab } from "./harness.ts";
import { buildTestPage } from "./test-pages.ts";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
let server: ServedFolder;

beforeAll(async () => {
  const folder = await buildTestPage("prover-page");
  cpSync(path("../public/circuits"), `${folder}/circuits`, { recursive: true });
  server = await serveFolder(folder);
});
afterAll(async () => {
  server.close();
  await endAll();
});

function prove(tab: Tab, height: number, cancelAt?: string): Promise<ProofRun> {
  return tab.page.evaluate(([at, stage]) => (window as unknown as { prover: ProverPage }).prover.prove(at, stage), [
    height,
    cancelAt,
  ] as const);
}

it("proves under the app's policy, downloads once, and leaves the page responsive", async () => {
  const profile = await openProfile();
  const tab = await profile.open(server.url);
  const cold = await prove(tab, 1);
  expect(cold).toMatchObject({ outcome: "proved", verified: true, stages: ["load", "expand", "witness", "prove"] });
  const downloads = (): number => server.requests.filter((url) => url.startsWith("/circuits/")).length;
  expect(downloads()).toBe(2);

  expect((await prove(tab, 2, "prove")).outcome).toMatch(/^cancelled/);
  const warm = await prove(tab, 3);
  expect(warm).toMatchObject({ outcome: "proved", verified: true, stages: ["load", "witness", "prove"] });
  expect(downloads()).toBe(2);
  // Proving on this thread would keep it for most of that time in one piece; on a busy machine any thread waits a little.
  expect(warm.longestStallMs).toBeLessThan(warm.ms / 4);

  const times = await tab.page.evaluate(() => (window as unknown as { prover: ProverPage }).prover.verifyTimes());
  console.log(
    `proof cold ${Math.round(cold.ms)} ms, warm ${Math.round(warm.ms)} ms, longest stall ${Math.round(warm.longestStallMs)} ms; ` +
      `verify ${times.singleMs.toFixed(1)} ms alone, ${times.batchedMs.toFixed(1)} ms each of 16`,
  );
  expect(tab.errors).toEqual([]);
});

it("survives a browser that is killed while it loads and while it proves", async () => {
  let profile = await openProfile();
  // What is kept is whole or fetched again; once the key has been kept there is no more to expand.
  for (const [stage, thenProve] of [
    ["load", false],
    ["expand", true],
    ["prove", true],
  ] as const) {
    const tab = await profile.open(server.url);
    const reached = tab.page.waitForEvent("console", { predicate: (message) => message.text() === `stage ${stage}` });
    await tab.page.evaluate(() => {
      void (window as unknown as { prover: ProverPage }).prover.prove(4);
    });
    await reached;
    await profile.kill();
    profile = await openProfile({ folder: profile.folder });
    if (!thenProve) continue;
    const again = await profile.open(server.url);
    expect(await prove(again, 6)).toMatchObject({ outcome: "proved", verified: true });
    await again.page.close();
  }
});

it("refuses, and leaves the page as it was, when the engine gives its memory no more", async () => {
  const profile = await openProfile({ flags: ["--js-flags=--wasm-max-mem-pages=100"] });
  const tab = await profile.open(server.url);
  for (const height of [1, 2]) {
    const run = await prove(tab, height);
    expect(run.outcome).toMatch(/^out-of-memory: .*RangeError: WebAssembly\.Memory\.grow/);
    expect(run.stages).toContain("prove");
    expect(run.longestStallMs).toBeLessThan(run.ms / 4);
  }
  expect(tab.errors).toEqual([]);
  await profile.close();
  // The same profile with memory again: what it had kept is whole.
  const again = await (await openProfile({ folder: profile.folder })).open(server.url);
  expect(await prove(again, 3)).toMatchObject({
    outcome: "proved",
    verified: true,
    stages: ["load", "witness", "prove"],
  });
});
