/**
 * Components in Node and in Chromium: the same units of fuel, the same bytes, the same end.
 */
import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { componentCases, runComponentCases } from "../src/testing/veil/component-cases.ts";
import { wrapped } from "../src/testing/veil/component-maker.ts";
import type { ComponentPage } from "../src/testing/veil/component-page/contract.ts";
import { componentFiles, serveComponentPage } from "../src/testing/veil/component-page-server.ts";
import { composed } from "../src/testing/veil/composed-component.ts";
import { endAll, openProfile } from "./harness.ts";

afterAll(endAll);

/** Programs made of components. */
async function madePrograms(): Promise<Readonly<Record<string, Uint8Array>>> {
  return {
    composed: await composed(),
    hoarder: await composed({ run: "(loop $again (drop (call $new (i32.const 1000))) (br $again)) (unreachable)" }),
    "words-inside": await wrapped(new Uint8Array(readFileSync(componentFiles.words)), 2),
  };
}

test("every run of a component is the same in both", async () => {
  const made = await madePrograms();
  const load = async (name: string): Promise<Uint8Array> =>
    made[name] ?? new Uint8Array(readFileSync(componentFiles[name as keyof typeof componentFiles]));
  const here = await runComponentCases(load);
  const server = await serveComponentPage(made);
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
