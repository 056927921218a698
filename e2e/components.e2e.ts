/**
 * Components in Node and in Chromium: the same units of fuel, the same bytes, the same end.
 */
import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { componentCases, runComponentCases } from "../src/testing/veil/component-cases.ts";
import type { ComponentPage } from "../src/testing/veil/component-page/contract.ts";
import { componentFiles, serveComponentPage } from "../src/testing/veil/component-page-server.ts";
import { endAll, openProfile } from "./harness.ts";

afterAll(endAll);

test("every run of a component is the same in both", async () => {
  const load = async (name: string): Promise<Uint8Array> =>
    new Uint8Array(readFileSync(componentFiles[name as keyof typeof componentFiles]));
  const here = await runComponentCases(load);
  const server = await serveComponentPage();
  const profile = await openProfile();
  try {
    const tab = await profile.open(server.url);
    const there = await tab.page.evaluate(() => (window as unknown as { components: ComponentPage }).components.run());
    expect(there).toEqual(here);
    expect(tab.errors).toEqual([]);
    expect(here.length).toBe(componentCases.length);
    const ends = new Set(here.map(({ end }) => end));
    expect(ends).toEqual(new Set(["exit 0", "exit 1", "trap", "out-of-fuel", "out-of-stack", "too-much-output"]));
  } finally {
    server.close();
  }
});
