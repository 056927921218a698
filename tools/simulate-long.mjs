/**
 * `npm run simulate:long`: the simulations that take minutes, one after the other; ends with 1 at the end if one failed.
 * @module
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureInstalled, root } from "./install.mjs";

/** Arguments of `npm run simulate`, one line a run. */
const scenario = (name) => ["--scenario", join("src", "testing", "scenarios", `${name}.json`)];
const runs = [
  ["--economics", "--long"],
  ["--sybils"],
  [...scenario("votes"), "--nodes", "7-31", "--seeds", "100"],
  [...scenario("false-votes"), "--nodes", "7-31", "--seed", "101", "--seeds", "100"],
  [...scenario("false-votes"), "--seeds", "20", "--real-votes"],
  [...scenario("votes"), "--nodes", "200"],
];

ensureInstalled();
let failed = 0;
for (const run of runs) {
  process.stdout.write(`simulate ${run.join(" ")}\n`);
  const { status } = spawnSync(process.execPath, [join(root, "tools", "simulate.mjs"), ...run], { stdio: "inherit" });
  if (status !== 0) failed++;
}
process.exit(failed === 0 ? 0 : 1);
