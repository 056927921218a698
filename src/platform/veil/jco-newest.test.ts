/**
 * Both versions of jco: the same output, files, end, memory and fuel for every case, unless the newest one is refused.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { componentCases, runComponentCases } from "#testing/veil/component-cases.ts";
import { wrapped } from "#testing/veil/component-maker.ts";
import { componentFiles } from "#testing/veil/component-page-server.ts";
import { composed } from "#testing/veil/composed-component.ts";
import { prepareComponent } from "./transpile.ts";

const words = new Uint8Array(readFileSync(componentFiles.words));

async function load(name: string): Promise<Uint8Array> {
  if (name === "words-inside") return wrapped(words, 2);
  return new Uint8Array(readFileSync(componentFiles[name as keyof typeof componentFiles]));
}

test("programs give the same by the newest jco, for the same fuel", async () => {
  const cases = componentCases.filter(({ program }) => program !== "composed" && program !== "hoarder");
  expect(cases.length).toBeGreaterThan(20);
  const pinned = await runComponentCases(load, { cases });
  expect(await runComponentCases(load, { cases, transpiler: "newest" })).toEqual(pinned);
});

test("what the newest jco gets wrong is refused, and what to do is said", async () => {
  const refused = await prepareComponent(await composed(), 64, "newest");
  expect(refused).toMatchObject({ ok: false, code: "unsupported-feature" });
  expect(refused.ok || refused.message).toContain("The pinned jco may take it. Nothing of it ran.");
});
