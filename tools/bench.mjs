/**
 * `npm run bench [-- name …]`: runs all benchmarks, or some by name, in Node and in a real Chromium; prints a table and
 * one line of JSON.
 * @module
 */
import { join } from "node:path";
import { ensureBuilt } from "./build.mjs";
import { findChromium } from "./chromium.mjs";
import { ensureInstalled, root, run } from "./install.mjs";

ensureInstalled();
ensureBuilt();
const bin = (...path) => join(root, "node_modules", ...path);
const env = { ...process.env, CHROMIUM_PATH: await findChromium(), BENCH: process.argv.slice(2).join(" ") };
run(process.execPath, [bin("vite", "bin", "vite.js"), "build", "--mode", "bench", "--logLevel", "warn"], {
  env: { ...env, NODE_ENV: "production" },
});
run(process.execPath, [bin("vitest", "vitest.mjs"), "run", "--config", "src/testing/bench/vitest.config.ts"], { env });
