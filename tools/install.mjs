/**
 * Makes a bare checkout ready: checks Node, installs dependencies when they are missing or the lock file changed.
 * Plain JavaScript with Node's own modules only, because it runs before anything is installed.
 * @module
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the checkout. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const leastNode = [20, 19];

/** Prints what is wrong and what to do, and ends with an error. */
export function fail(message) {
  process.stderr.write(`\n${message}\n`);
  process.exit(1);
}

/** Runs a command with the terminal attached; ends the process if it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (result.error) fail(`Could not run ${command}: ${result.error.message}`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** Runs npm on every platform. */
export function npm(args, options = {}) {
  run(process.platform === "win32" ? "npm.cmd" : "npm", args, { shell: process.platform === "win32", ...options });
}

/** Ends with a clear message on a Node that is too old. */
export function requireNode() {
  const [majorPart, minorPart] = process.versions.node.split(".").map(Number);
  const tooOld = majorPart < leastNode[0] || (majorPart === leastNode[0] && minorPart < leastNode[1]);
  if (tooOld) fail(`AetherChain needs Node ${leastNode.join(".")} or newer; this is ${process.versions.node}.`);
}

/** Installs exactly what the lock file says, if that is not what is there. */
export function ensureInstalled() {
  requireNode();
  const stamp = join(root, "node_modules", ".aether-installed");
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  process.stdout.write("Installing dependencies …\n");
  // Not `npm ci`: it refuses a lock file that lacks other platforms' optional binaries, which a mirror may not carry.
  // This installs the locked versions just the same and writes neither file.
  npm(["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(stamp, wanted);
}
