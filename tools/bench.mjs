/**
 * `npm run bench [-- name …]`: runs all benchmarks, or some by name, in Node and in a real Chromium; prints a table and
 * one line of JSON.
 * @module
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ensureBuilt } from "./build.mjs";
import { findChromium } from "./chromium.mjs";
import { ensureInstalled, fail, root, run } from "./install.mjs";

const usage = `Usage: npm run bench -- [name …] [flags]

  name          only these benchmarks (a wrong name lists them all)
  --minutes N   how long the idle tab is watched            (2)
  --json FILE   writes machine, versions, commit and rows to a file
`;

/** The command line as the benchmarks take it. */
function settings() {
  try {
    const options = { minutes: { type: "string", default: "2" }, json: { type: "string" }, help: { type: "boolean" } };
    const { values, positionals: names } = parseArgs({ options, allowPositionals: true });
    const minutes = Number(values.minutes);
    if (values.help || !(minutes > 0 && minutes <= 60)) fail(usage);
    return { names, minutes, jsonFile: values.json === undefined ? null : resolve(values.json) };
  } catch (error) {
    fail(`${error.message}\n\n${usage}`);
  }
}

const wanted = settings();
ensureInstalled();
ensureBuilt();
const bin = (...path) => join(root, "node_modules", ...path);
const env = { ...process.env, CHROMIUM_PATH: await findChromium(), BENCH: JSON.stringify(wanted) };
run(process.execPath, [bin("vite", "bin", "vite.js"), "build", "--mode", "bench", "--logLevel", "warn"], {
  env: { ...env, NODE_ENV: "production" },
});
run(process.execPath, [bin("vitest", "vitest.mjs"), "run", "--config", "src/testing/bench/vitest.config.ts"], { env });
