/**
 * `npm run simulate -- --scenario FILE --seed N --nodes K --json`: builds the simulator (a third of a second) and runs it.
 * @module
 */
import { join } from "node:path";
import { ensureInstalled, root, run } from "./install.mjs";

ensureInstalled();
const vite = join(root, "node_modules", "vite", "bin", "vite.js");
// What it prints may be JSON for another program, so the build keeps silent.
run(process.execPath, [vite, "build", "--mode", "simulate", "--logLevel", "error"], {
  stdio: ["ignore", "ignore", "inherit"],
});
// Most of what a simulation makes dies young: with the usual 16 MiB for the young it is copied and copied.
const room = "--max-semi-space-size=64";
run(process.execPath, [room, join(root, "dist", "simulate", "main.js"), ...process.argv.slice(2)]);
