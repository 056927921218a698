/**
 * `npm run bench`: bundles the benchmark for Node and runs it. `-- --json` prints JSON.
 * @module
 */
import { join } from "node:path";
import { ensureInstalled, root, run } from "./install.mjs";

ensureInstalled();
const vite = join(root, "node_modules", "vite", "bin", "vite.js");
run(process.execPath, [vite, "build", "--mode", "bench", "--logLevel", "warn"]);
run(process.execPath, [join(root, ".cache", "bench", "main.js"), ...process.argv.slice(2)]);
