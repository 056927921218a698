/**
 * `npm run bench [-- name]`: runs all benchmarks, or one by name; prints a table and one line of JSON.
 * @module
 */
import { join } from "node:path";
import { ensureInstalled, root, run } from "./install.mjs";

ensureInstalled();
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const config = "src/testing/bench/vitest.config.ts";
run(process.execPath, [vitest, "run", "--config", config], {
  env: { ...process.env, BENCH: process.argv[2] ?? "" },
});
