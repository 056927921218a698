/**
 * `npm start`: installs and builds when needed, then becomes the seed node. Flags go to the seed (`npm start -- --help`).
 * @module
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureBuilt } from "./build.mjs";
import { ensureInstalled, root } from "./install.mjs";

ensureInstalled();
ensureBuilt();

const seed = spawn(process.execPath, [join(root, "dist", "seed", "main.js"), ...process.argv.slice(2)], {
  stdio: "inherit",
});
// The terminal sends Ctrl-C to both processes; this one only waits for the seed to close its database.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => seed.kill(signal));
seed.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
