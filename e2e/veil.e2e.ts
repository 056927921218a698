/**
 * Other people's programs in a real Chromium: they run, they end in time whatever they do, and neither they nor scripts in
 * their place reach anything. A server of somebody else counts what reaches it: nothing does.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServedFolder } from "../src/testing/serve-folder.ts";
import type { PageRequest } from "../src/testing/veil-page/contract.ts";
import { veilEntries } from "../tools/veil-page.ts";
import { endAll, openProfile, type Profile, type Tab } from "./harness.ts";
import { escapes, forbiddenThings, hostileGlue, pollutions } from "./veil-attacks.ts";
import { type Outsider, run, serveVeilPage, startOutsider, wasm } from "./veil-steps.ts";

let app: ServedFolder;
let takenOver: ServedFolder;
let outsider: Outsider;
let profile: Profile;
let tab: Tab;

beforeAll(async () => {
  app = await serveVeilPage();
  takenOver = await serveVeilPage({ ...veilEntries, worker: "src/testing/veil-page/compromised-worker.ts" });
  outsider = await startOutsider();
  profile = await openProfile();
  tab = await profile.open(app.url);
});
afterAll(async () => {
  for (const server of [app, takenOver, outsider]) server.close();
  await endAll();
});

/** A program of the world `aether:os`: one page of memory, `write` and `write-error` as `$write` and `$complain`. */
function program(run: string, more = ""): number[] {
  return wasm(`(module
    (import "aether:os/output@0.1.0" "write" (func $write (param i32 i32)))
    (import "aether:os/output@0.1.0" "write-error" (func $complain (param i32 i32)))
    (memory (export "memory") 1) (data (i32.const 8) "hello") ${more}
    (func (export "run") (result i32) ${run}))`);
}

const hello = program("(call $write (i32.const 8) (i32.const 5)) (i32.const 7)");
const endless = program("(loop (br 0)) (i32.const 0)");
const everything = Number.MAX_SAFE_INTEGER;

/** A tab may be kept for a moment, but nobody may notice it. */
const longestTaskMs = 200;

describe("a program", () => {
  it("runs cold and from the pool, and gives the same both times", async () => {
    const [cold, pooled] = [await run(tab, { program: hello }), await run(tab, { program: hello })];
    expect(cold).toMatchObject({
      end: { type: "exit", code: 7 },
      output: "hello",
      errorOutput: "",
      memoryPeakPages: 1,
    });
    expect(pooled).toEqual({ ...cold, pieces: pooled.pieces, ms: pooled.ms, longestTaskMs: pooled.longestTaskMs });
    console.log(`cold ${cold.ms.toFixed(0)} ms, pooled ${pooled.ms.toFixed(1)} ms`);
  });

  it("is heard while it runs, in the order in which it writes", async () => {
    const code = `(call $write (i32.const 8) (i32.const 2)) (call $complain (i32.const 8) (i32.const 5))
      (call $write (i32.const 10) (i32.const 3)) (loop (br 0)) (i32.const 0)`;
    const report = await run(tab, { program: program(code), limits: { fuel: everything, wallMs: 1_000 } });
    expect(report).toMatchObject({ end: { type: "out-of-time" }, output: "hello", errorOutput: "hello" });
    expect(report.pieces.map(({ bytes }) => bytes)).toEqual([2, 5, 3]);
    expect(report.pieces[2]?.atMs).toBeLessThan(600);
  });

  it("is refused what it was not granted, and nothing of it runs", async () => {
    const report = await run(tab, { program: hello, capabilities: ["input"] });
    expect(report.end).toMatchObject({ type: "refused", code: "not-granted" });
    const greedy = await run(tab, { program: hello, limits: { outputBytes: 2 ** 30 } });
    expect(greedy.end).toMatchObject({ type: "refused", code: "out-of-range" });
    const broken = await run(tab, { program: hello.slice(0, -1) });
    expect(broken.end).toMatchObject({ type: "refused", code: "truncated" });
  });
});

describe("a program without end", () => {
  it("is stopped by fuel", async () => {
    const report = await run(tab, { program: endless, limits: { fuel: 300_000_000 } });
    expect(report).toMatchObject({ end: { type: "out-of-fuel" }, fuelUsed: 300_000_000 });
    expect(report.longestTaskMs).toBeLessThan(longestTaskMs);
  });

  it.each([["a loop", endless]])("is stopped by the clock within 2.5 s: %s", async (_name, code) => {
    const wallMs = 300;
    const report = await run(tab, { program: code, limits: { fuel: everything, wallMs } });
    expect(report.end).toEqual({ type: "out-of-time" });
    expect(report.ms).toBeLessThan(wallMs + 2_500);
    expect(report.longestTaskMs).toBeLessThan(longestTaskMs);
  });

  it("is stopped from outside at once, with what it has written", async () => {
    const code = program("(call $write (i32.const 8) (i32.const 5)) (loop (br 0)) (i32.const 0)");
    const report = await run(tab, { program: code, limits: { fuel: everything }, kill: "first-output" });
    expect(report).toMatchObject({ end: { type: "killed" }, output: "hello" });
    expect(report.msAfterKill).toBeLessThan(500);
    expect(report.longestTaskMs).toBeLessThan(longestTaskMs);
  });
});

/** Tries attacks where glue runs; gives their number and the names of those that came through. */
async function attack(tab: Tab, attacks: Readonly<Record<string, string>>, limits: PageRequest["limits"] = {}) {
  const glue = hostileGlue(attacks, { outside: outsider.url, inside: app.url });
  const { end, longestTaskMs: stall } = await run(tab, { program: glue, limits });
  expect(stall).toBeLessThan(longestTaskMs);
  const [, tried, through] = /tried (\d+), through: \[(.*)\]/.exec("message" in end ? end.message : "") ?? [];
  return { tried: Number(tried), through };
}

describe("a script in the place of a component's glue", () => {
  it.each([
    ["gets out nowhere", escapes],
    ["finds no clock, no chance, nothing to talk to", forbiddenThings],
    ["changes nothing that the host stands on", pollutions],
  ])("%s", async (_name, attacks) => {
    const seen = app.requests.length;
    expect(await attack(tab, attacks)).toEqual({ tried: Object.keys(attacks).length, through: "" });
    expect(outsider.connections()).toBe(0);
    expect(app.requests.slice(seen).filter((path) => !path.startsWith("/assets/"))).toEqual([]);
  });

  it("is stopped by the clock within 2.5 s", async () => {
    const report = await run(tab, { program: "async () => { for (;;); }", limits: { wallMs: 300 } });
    expect(report.end).toEqual({ type: "out-of-time" });
    expect(report.ms).toBeLessThan(2_800);
    expect(report.longestTaskMs).toBeLessThan(longestTaskMs);
  });

  it("cannot hinder the next run", async () => {
    expect(await run(tab, { program: hello })).toMatchObject({ end: { type: "exit", code: 7 }, output: "hello" });
    expect(tab.errors).toEqual([]);
  });
});

describe("a worker that was taken over", () => {
  it("gets out nowhere all the same: origin and policy hold", async () => {
    const page = await profile.open(takenOver.url);
    expect(await attack(page, escapes)).toEqual({ tried: Object.keys(escapes).length, through: "" });
    expect(outsider.connections()).toBe(0);
    await page.page.close();
  });
});
