/**
 * Other people's programs in a real Chromium: they run, they end in time whatever they do, and neither they nor scripts in
 * their place reach anything. A server of somebody else counts what reaches it: nothing does.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServedFolder } from "../src/testing/serve-folder.ts";
import { textModule } from "../src/testing/veil/text-module.ts";
import type { PageReport } from "../src/testing/veil-page/contract.ts";
import { veilEntries } from "../tools/veil-page.ts";
import { endAll, openProfile, type Profile, type Tab } from "./harness.ts";
import { escapes, forbiddenThings, hostileGlue, lies, pollutions } from "./veil-attacks.ts";
import { type Outsider, run, serveVeilPage, startOutsider } from "./veil-steps.ts";

let app: ServedFolder;
/** The app's sandbox, except that it waits for what glue promises. */
let patient: ServedFolder;
let takenOver: ServedFolder;
let outsider: Outsider;
let profile: Profile;
let tab: Tab;

beforeAll(async () => {
  app = await serveVeilPage();
  patient = await serveVeilPage({ ...veilEntries, worker: "src/testing/veil-page/patient-worker.ts" });
  takenOver = await serveVeilPage({ ...veilEntries, worker: "src/testing/veil-page/compromised-worker.ts" });
  outsider = await startOutsider();
  profile = await openProfile();
  tab = await profile.open(app.url);
});
afterAll(async () => {
  for (const server of [app, patient, takenOver, outsider]) server.close();
  await endAll();
});

/** A program of the world `aether:os`: one page of memory, `write` and `write-error` as `$write` and `$complain`. */
function program(run: string, more = ""): number[] {
  return [
    ...textModule(`(module
    (import "aether:os/output@0.1.0" "write" (func $write (param i32 i32)))
    (import "aether:os/output@0.1.0" "write-error" (func $complain (param i32 i32)))
    (memory (export "memory") 1) (data (i32.const 8) "hello") ${more}
    (func (export "run") (result i32) ${run}))`),
  ];
}

const hello = program("(call $write (i32.const 8) (i32.const 5)) (i32.const 7)");
const endless = program("(loop (br 0)) (i32.const 0)");

/** A body so many times over. */
function repeated(times: number, body: string): number[] {
  return program(`(local $i i32) (loop ${body}
    (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${times})))) (i32.const 0)`);
}
const writing = (times: number): number[] => repeated(times, "(call $write (i32.const 0) (i32.const 65536))");
const growing = (times: number): number[] => repeated(times, "(drop (memory.grow (i32.const 1)))");
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

  it.each([
    ["a loop", endless],
    ["calls of the host", program("(loop (call $write (i32.const 8) (i32.const 0)) (br 0)) (i32.const 0)")],
    ["growing memory that is refused", program("(loop (drop (memory.grow (i32.const 1))) (br 0)) (i32.const 0)")],
    [
      "filling memory",
      program("(loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br 0)) (i32.const 0)"),
    ],
  ])("is stopped by the clock within 2.5 s: %s", async (_name, code) => {
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
async function attack(page: Tab, attacks: Readonly<Record<string, string>>) {
  const glue = hostileGlue(attacks, { outside: outsider.url, inside: app.url });
  const { end, longestTaskMs: stall } = await run(page, { program: glue });
  expect(stall).toBeLessThan(longestTaskMs);
  const [, tried, through] = /tried (\d+), through: \[(.*)/.exec("message" in end ? end.message : "") ?? [];
  return { tried: Number(tried), through: through?.replace(/\]$/, "") };
}

describe("a greedy program", () => {
  const deep = program("(call $down)", "(func $down (result i32) (i32.add (call $down) (i32.const 1)))");
  it.each<[string, number[], Partial<PageReport>]>([
    ["256 MiB of output", writing(4_096), { end: { type: "too-much-output" }, outputBytes: 1_048_576 }],
    ["endless recursion", deep, { end: { type: "out-of-stack" } }],
    ["all memory it may have", growing(1_000), { end: { type: "exit", code: 0 }, memoryPeakPages: 256 }],
  ])("gets no more than its limit: %s", async (_name, code, expected) => {
    const report = await run(tab, { program: code, limits: { fuel: everything } });
    expect(report).toMatchObject(expected);
    expect(report.longestTaskMs).toBeLessThan(longestTaskMs);
  });
});

describe("a component", () => {
  const wc = [...readFileSync(new URL("../guests/wc/wc.wasm", import.meta.url))];

  it("is taken apart, metered and run; the second time from the cache", async () => {
    const request = { program: wc, input: "one two\nthree\n", limits: { wallMs: 30_000 } };
    const cold = await run(tab, request);
    expect(cold).toMatchObject({ end: { type: "exit", code: 0 }, errorOutput: "" });
    expect(cold.output.trim().split(/\s+/).slice(0, 3)).toEqual(["2", "3", "14"]);
    const cached = await run(tab, request);
    expect(cached).toMatchObject({ end: cold.end, output: cold.output, fuelUsed: cold.fuelUsed });
    console.log(`component cold ${cold.ms.toFixed(0)} ms, cached ${cached.ms.toFixed(0)} ms`);
    expect(Math.max(cold.longestTaskMs, cached.longestTaskMs)).toBeLessThan(longestTaskMs);
  });

  it("is refused what it was not granted", async () => {
    const report = await run(tab, { program: wc, capabilities: [] });
    expect(report.end).toMatchObject({ type: "refused", code: "not-granted" });
  });
});

describe("a script in the place of a component's glue", () => {
  let page: Tab;
  beforeAll(async () => {
    page = await profile.open(patient.url);
  });

  it.each([
    ["gets out nowhere", escapes],
    ["finds no clock, no chance, nothing to talk to", forbiddenThings],
    ["changes nothing that the host stands on", pollutions],
  ])("%s", async (_name, attacks) => {
    const seen = patient.requests.length;
    expect(await attack(page, attacks)).toEqual({ tried: Object.keys(attacks).length, through: "" });
    expect(outsider.contacts()).toBe(0);
    const own = patient.requests.slice(seen).filter((path) => path !== "/veil.html" && !path.startsWith("/assets/"));
    expect(own).toEqual([]);
  });

  it.each([
    ["when it is loaded", "(() => { for (;;); })()"],
    ["when it is called", "() => { for (;;); }"],
  ])("is stopped by the clock within 2.5 s: %s", async (_name, glue) => {
    const report = await run(tab, { program: glue, limits: { wallMs: 300 } });
    expect(report.end).toEqual({ type: "out-of-time" });
    expect(report.ms).toBeLessThan(2_800);
    expect(report.longestTaskMs).toBeLessThan(longestTaskMs);
  });

  it("cannot leave its brackets: nothing of the sandbox's own script is in its scope", async () => {
    const glue = "0); const Map = 1, Uint8Array = 2, WebAssembly = 3; (() => 0";
    const report = await run(page, { program: glue });
    expect(report.end).toMatchObject({ type: "node-fault", message: expect.stringMatching(/already been declared/) });
  });

  it("cannot hinder the next run", async () => {
    expect(await run(tab, { program: hello })).toMatchObject({ end: { type: "exit", code: 7 }, output: "hello" });
    expect([...tab.errors, ...page.errors]).toEqual([]);
  });
});

describe("a worker that was taken over", () => {
  let page: Tab;
  beforeAll(async () => {
    page = await profile.open(takenOver.url);
  });

  it("gets out nowhere all the same: origin and policy hold", async () => {
    expect(await attack(page, escapes)).toEqual({ tried: Object.keys(escapes).length, through: "" });
    expect(outsider.contacts()).toBe(0);
  });

  it("would have found what the app's has not: the tries are real", async () => {
    expect((await attack(page, forbiddenThings)).through?.split("; ").length).toBeGreaterThan(30);
    const missed: string[] = [];
    for (const [name, body] of Object.entries(pollutions)) {
      if ((await attack(page, { [name]: body })).through === "") missed.push(name);
    }
    expect(missed).toEqual([]);
  });

  it.each(Object.entries(lies))("is not believed, and keeps nobody waiting: %s", async (_name, body) => {
    const report = await run(page, { program: `async (port) => { ${body} }`, limits: { wallMs: 4_000 } });
    expect(report.end.type).toBe("node-fault");
    expect(report.outputBytes).toBeLessThanOrEqual(1_048_576);
    expect(report.longestTaskMs).toBeLessThan(longestTaskMs);
    const next = await run(page, { program: "async () => 'still here'" });
    expect(next.end).toEqual({ type: "trap", message: "still here" });
  });

  it.each([
    ["says nothing", "new Promise(() => {})"],
    ["closes itself", "(close(), new Promise(() => {}))"],
  ])("is ended in time when it %s", async (_name, what) => {
    const report = await run(page, { program: `async () => ${what}`, limits: { wallMs: 300 } });
    expect(report.end).toEqual({ type: "out-of-time" });
    expect(report.ms).toBeLessThan(2_800);
  });
});

describe("the attacks themselves", () => {
  it("come through where there is no sandbox", async () => {
    const page = await profile.open(outsider.url);
    const before = outsider.contacts();
    const names = ["fetch", "XMLHttpRequest", "importScripts", "import()", "Worker from outside", "indexedDB", "eval"];
    const tries = Object.fromEntries(names.map((name) => [name, escapes[name] as string]));
    const glue = hostileGlue(tries, { outside: outsider.url, inside: outsider.url });
    const said = await page.page.evaluate(
      (text) =>
        new Promise<string>((resolve) => {
          const script = `(${text})().catch((error) => postMessage(error.message))`;
          const worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
          worker.onmessage = ({ data }: MessageEvent) => {
            if (typeof data === "string") resolve(data);
          };
        }),
      glue,
    );
    expect(said).toBe(`tried ${names.length}, through: [${names.join("; ")}]`);
    expect(outsider.contacts()).toBeGreaterThan(before);
    await page.page.close();
  });
});

describe("the frame", () => {
  it("has an opaque origin and no way out, even for a script of its own", async () => {
    const frame = tab.page.frames().find((one) => one.url().endsWith("/veil.html"));
    const before = outsider.contacts();
    const found = await frame?.evaluate(async (outside) => {
      const got: string[] = [];
      const attempt = async (name: string, action: () => unknown): Promise<void> => {
        try {
          if (await action()) got.push(name);
        } catch {
          // As it should be.
        }
      };
      const scope = globalThis as unknown as Record<string, new (...given: unknown[]) => unknown>;
      await attempt("origin", () => origin !== "null");
      await attempt("parent", () => parent.document);
      await attempt("storage", () => localStorage);
      await attempt("cookies", () => document.cookie === "x");
      await attempt("webrtc", () => new (scope.RTCPeerConnection as never as new () => unknown)());
      await attempt("top", () => {
        (top as Window).location.href = outside;
      });
      await attempt("popup", () => scope.open !== undefined);
      await attempt("nested frame", () => {
        const nested = document.createElement("iframe");
        nested.src = outside;
        document.documentElement.append(nested);
      });
      await attempt("image", () => {
        const image = new Image();
        image.src = outside;
        return new Promise((resolve, reject) => {
          image.onload = resolve;
          image.onerror = reject;
        });
      });
      await attempt("style", () => {
        const link = document.createElement("link");
        link.rel = "stylesheet";
        link.href = outside;
        document.documentElement.append(link);
      });
      await attempt("form", () => {
        const form = document.createElement("form");
        form.action = outside;
        document.documentElement.append(form);
        form.submit();
      });
      return got;
    }, outsider.url);
    expect(found).toEqual([]);
    // The page around it lets it go nowhere either.
    await frame?.evaluate((outside) => location.assign(outside), outsider.url);
    await tab.page.waitForFunction(() => performance.now() > 0);
    expect(await run(await profile.open(app.url), { program: hello })).toMatchObject({ output: "hello" });
    expect(outsider.contacts()).toBe(before);
  });
});
