/**
 * The programs of guests/ in a real Chromium, by dist/conformance.js under the app's own policy: every run gives the output,
 * fuel and memory that are pinned, which are those of Node.
 */
import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { afterAll, expect, it } from "vitest";
import { serveFolder } from "#testing/serve-folder.ts";
import { guestRuns, optionsOf } from "#testing/veil/guest-runs.ts";
import { endAll, temporaryFolder } from "./harness.ts";

afterAll(endAll);

/** What the page is told to run. */
interface PageRun {
  readonly line: string;
  readonly file: string;
  readonly inputBase64: string;
}

/** What of the module is used. */
interface Conformance {
  readonly runGuest: typeof import("#platform/veil/run-guest.ts").runGuest;
  readonly capabilities: typeof import("#veil/run.ts").capabilities;
}

/** Runs in the page. */
async function runAll({ runs, options }: { runs: readonly PageRun[]; options: { fuel: number; memoryPages: number } }) {
  const { runGuest, capabilities } = (globalThis as unknown as { conformance: Conformance }).conformance;
  const results: unknown[] = [];
  for (const { line, file, inputBase64 } of runs) {
    const bytes = new Uint8Array(await (await fetch(`/guests/${file}`)).arrayBuffer());
    const input = Uint8Array.from(atob(inputBase64), (character) => character.charCodeAt(0));
    const run = { ...options, capabilities, input: { arguments: line.split(" "), input } };
    const { exit, stdout, fuelUsed, memoryPeakPages } = await runGuest(bytes, run);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", stdout as Uint8Array<ArrayBuffer>));
    const output = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    results.push({ line, exit, output, fuelUsed, memoryPeakPages });
  }
  return results;
}

it("gives in Chromium what it gives in Node, to the unit and the byte", async () => {
  const folder = temporaryFolder();
  cpSync("dist/conformance.js", join(folder, "conformance.js"));
  cpSync("dist/app/guests", join(folder, "guests"), { recursive: true });
  writeFileSync(join(folder, "main.js"), 'import * as all from "./conformance.js"; globalThis.conformance = all;');
  writeFileSync(
    join(folder, "index.html"),
    '<!doctype html><title>guests</title><script type="module" src="main.js"></script>',
  );
  const files = readdirSync("dist/app/guests");
  const server = await serveFolder(folder);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium" });
  try {
    const page = await browser.newPage();
    await page.goto(server.url);
    const runs = guestRuns.map(({ line, input }) => {
      const file = files.find((each) => each.startsWith(`${line.split(" ")[0]}.`)) as string;
      return { line, file, inputBase64: Buffer.from(input).toString("base64") };
    });
    const { fuel, memoryPages } = optionsOf({ line: "", input: new Uint8Array(0) });
    const results = await page.evaluate(runAll, { runs, options: { fuel, memoryPages } });
    expect(results).toEqual(JSON.parse(readFileSync("guests/golden-runs.json", "utf8")));
  } finally {
    await browser.close();
    server.close();
  }
});

it("runs components in Node from the built module alone, with jco from node_modules", () => {
  const script = `import("./dist/conformance.js").then(async ({ runGuest, capabilities }) => {
    const bytes = require("node:fs").readFileSync("guests/wc/wc.wasm");
    const input = { arguments: ["wc", "-"], input: Buffer.from("one two\\nthree") };
    const ran = await runGuest(bytes, { fuel: 1e9, memoryPages: 64, capabilities, input });
    const refused = await runGuest(bytes, { fuel: 1e9, memoryPages: 64, capabilities: [] });
    const starved = await runGuest(bytes, { fuel: 1e4, memoryPages: 64, capabilities, input });
    const lines = [ran, refused, starved].map(({ exit, stdout, fuelUsed, trap }) =>
      ({ exit, stdout: Buffer.from(stdout).toString(), fuelUsed, trap }));
    console.log(JSON.stringify(lines));
  });`;
  const [ran, refused, starved] = JSON.parse(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" })) as [
    object,
    object,
    object,
  ];
  expect(ran).toEqual({ exit: 0, stdout: "1 3 13 -\n", fuelUsed: expect.any(Number), trap: null });
  expect(refused).toMatchObject({ exit: null, fuelUsed: 0, trap: expect.stringMatching(/^not-granted: /) });
  expect(starved).toMatchObject({ exit: null, fuelUsed: 1e4, trap: "out-of-fuel" });
});
