/**
 * A siege of voters in Node and in a real Chromium: the same seed must lead to the same events in the same order, told by one
 * hash over all of them, and to the same report to the last digit.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ServedFolder, serveFolder } from "../src/testing/serve-folder.ts";
import { parseScenario } from "../src/testing/simulation/scenario.ts";
import { playScenario } from "../src/testing/simulation/story.ts";
import type { SimulationPage } from "../src/testing/simulation-page/contract.ts";
import { endAll, openProfile, type Tab } from "./harness.ts";
import { buildTestPage } from "./test-pages.ts";

let server: ServedFolder;
let tab: Tab;

beforeAll(async () => {
  const folder = await buildTestPage("simulation-page");
  server = await serveFolder(folder);
  tab = await (await openProfile()).open(server.url);
});
afterAll(async () => {
  server.close();
  await endAll();
});

type Page = { simulation: SimulationPage };

it("a siege leaves the same trace in Node and in Chromium", async () => {
  const file = new URL("../src/testing/scenarios/siege.json", import.meta.url);
  const text = JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), durationMs: 20_000 });
  const scenario = parseScenario(text);
  if (!scenario.ok) throw new Error(scenario.message);
  const ours = await playScenario(scenario.value, 5);
  const theirs: unknown = JSON.parse(
    await tab.page.evaluate((given) => (window as unknown as Page).simulation.play(given, 5), text),
  );
  expect(ours.violations).toEqual([]);
  expect(Object.keys(ours.faults).length).toBeGreaterThan(10);
  expect(theirs).toMatchObject({ traceHash: ours.traceHash });
  expect(theirs).toEqual(JSON.parse(JSON.stringify(ours)));
  const other: unknown = JSON.parse(
    await tab.page.evaluate((given) => (window as unknown as Page).simulation.play(given, 6), text),
  );
  expect(other).not.toMatchObject({ traceHash: ours.traceHash });
});
