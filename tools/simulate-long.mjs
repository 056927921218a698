/**
 * `npm run simulate:long [-- --jobs N]`: the simulations that take about an hour on one processor, one after the other; ends
 * with 1 at the end if one failed; a goal that is missed is told, too. `--jobs` plays seeds in so many processes at once.
 * @module
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureInstalled, root } from "./install.mjs";

const scenario = (name) => ["--scenario", join("src", "testing", "scenarios", `${name}.json`)];
const at = process.argv.indexOf("--jobs");
const jobs = at === -1 ? [] : ["--jobs", process.argv[at + 1] ?? "1"];
const many = (first, count) => ["--seed", String(first), "--seeds", String(count), ...jobs];

/** Arguments of `npm run simulate`, one line a run. */
const runs = [
  // All faults at once, up to a third of the voters false.
  [...scenario("siege"), "--nodes", "7-31", ...many(1, 200)],
  // One more than a third: conflicts must come, and every one must cost the guilty a third of the stake.
  [...scenario("collusion"), "--nodes", "7-31", ...many(201, 40), "--expect-conflicts", "20"],
  [...scenario("real-curves"), "--nodes", "5-9", ...many(301, 20), "--real-votes", "--real-proofs"],
  // Two hundred voters send forty thousand votes a block: half a minute of faults is enough for one processor.
  [...scenario("siege"), "--nodes", "200-200", "--seed", "1", "--duration", "30"],
  ["--every-write"],
  ["--reorganisation", "1088"],
  [...scenario("votes"), "--nodes", "7-31", ...many(401, 20)],
  [...scenario("false-votes"), "--nodes", "7-31", ...many(501, 20)],
  ["--economics", "--long"],
  ["--sybils"],
  [...scenario("finality"), "--nodes", "4", "--seeds", "3"],
  [...scenario("finality"), "--nodes", "16", "--seeds", "3"],
];
/** Goals, not promises: blocks that follow each other within a second become final together, later than the goal says. */
const goals = [[...scenario("finality"), "--nodes", "64", "--seeds", "3"]];

ensureInstalled();
const failed = [];
const missed = [];
for (const run of [...runs, ...goals]) {
  process.stdout.write(`simulate ${run.join(" ")}\n`);
  const startedMs = Date.now();
  const { status } = spawnSync(process.execPath, [join(root, "tools", "simulate.mjs"), ...run], { stdio: "inherit" });
  process.stdout.write(`${((Date.now() - startedMs) / 60_000).toFixed(1)} minutes\n`);
  if (status !== 0) (goals.includes(run) ? missed : failed).push(run);
}
for (const run of missed) process.stdout.write(`MISSED (a goal) simulate ${run.join(" ")}\n`);
for (const run of failed) process.stdout.write(`FAIL simulate ${run.join(" ")}\n`);
process.exit(failed.length === 0 ? 0 : 1);
