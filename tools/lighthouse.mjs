/**
 * Lighthouse 11 over the built app on a seed of its own, on the desktop and the mobile profile: prints the score of each
 * category, what each metric of the performance costs, the longest tasks and every audit that is not green, and ends with
 * 1 if a goal is missed. Its 132 packages are no dependency of ours: they are installed beside the checkout
 * (.cache/lighthouse) when this is first run. `node tools/lighthouse.mjs [--runs N] [--only performance,pwa] [--profile mobile]`:
 * of several runs each score and metric is the median.
 * @module
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { ensureBuilt } from "./build.mjs";
import { findChromium } from "./chromium.mjs";
import { ensureInstalled, npm, root } from "./install.mjs";

/** The last version that has the category for installed apps. */
const version = "11.7.1";

/** What issue 6 asks for. */
const goals = { pwa: 100, performance: 95, accessibility: 100, "best-practices": 100 };

const toolFolder = process.env.LIGHTHOUSE_FOLDER ?? join(root, ".cache", "lighthouse");

async function loadLighthouse() {
  const packages = join(toolFolder, "node_modules");
  if (!existsSync(join(packages, "lighthouse"))) {
    mkdirSync(toolFolder, { recursive: true });
    writeFileSync(join(toolFolder, "package.json"), '{ "private": true }\n');
    npm(["install", "--prefix", toolFolder, "--no-audit", "--no-fund", "--loglevel=error", `lighthouse@${version}`]);
  }
  const load = (...path) => import(pathToFileURL(join(packages, ...path)).href);
  const { default: lighthouse, desktopConfig } = await load("lighthouse", "core", "index.js");
  const launcher = await load("chrome-launcher", "dist", "index.js");
  return { lighthouse, desktopConfig, launcher };
}

/** Starts a seed that makes no blocks, as their proofs take a core from the page; gives its address and its end. */
async function startSeed() {
  const folder = mkdtempSync(join(tmpdir(), "aether-lighthouse-"));
  const args = [join(root, "dist/seed/main.js"), "--port", "0", "--threads", "0", "--data", folder];
  const seed = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise((resolve) => {
    seed.stdout.on("data", (chunk) => {
      const found = /http:\/\/\S+/.exec(chunk.toString());
      if (found) resolve(found[0]);
    });
  });
  const stop = async () => {
    seed.kill("SIGKILL");
    await new Promise((resolve) => seed.once("exit", resolve));
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, stop };
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

const tell = (words) => process.stdout.write(`           ${words}\n`);

/** What each metric of the performance is worth, and what it costs here. */
function reportMetrics(all) {
  const { auditRefs } = all[0].categories.performance;
  for (const { id, weight, acronym } of auditRefs) {
    if (weight === 0) continue;
    const score = median(all.map(({ audits }) => audits[id].score ?? 0));
    const values = all.map(({ audits }) => audits[id].numericValue ?? Number.NaN);
    const cost = (weight * (1 - score)).toFixed(1).padStart(4);
    const each =
      all.length === 1 ? "" : `  of ${values.map((value) => value.toFixed(id.includes("shift") ? 3 : 0)).join(", ")}`;
    tell(`${acronym.padEnd(4)} ${String(+median(values).toFixed(3)).padStart(9)}  −${cost} of ${weight}${each}`);
  }
  for (const { url, startTime, duration } of all[0].audits["long-tasks"].details?.items ?? [])
    tell(`task of ${Math.round(duration)} ms at ${Math.round(startTime)} ms: ${url}`);
}

/** Tells the medians of all runs; gives how many goals are missed. */
function report(profile, all) {
  let missed = 0;
  const speeds = all.map(({ environment }) => Math.round(environment.benchmarkIndex)).join(", ");
  process.stdout.write(`${profile.padEnd(8)} speed of this machine by Lighthouse's index: ${speeds}\n`);
  for (const warning of new Set(all.flatMap(({ runWarnings }) => runWarnings))) tell(warning);
  for (const [id, goal] of Object.entries(goals)) {
    if (all[0].categories[id] === undefined) continue;
    const score = Math.round(median(all.map(({ categories }) => categories[id].score ?? 0)) * 100);
    if (score < goal) missed++;
    process.stdout.write(`${profile.padEnd(8)} ${id.padEnd(15)} ${String(score).padStart(3)}  (goal ${goal})\n`);
    if (id === "performance") reportMetrics(all);
    for (const { id: audit, weight } of all[0].categories[id].auditRefs) {
      const { score: passed, title, displayValue = "" } = all[0].audits[audit];
      if (weight > 0 && passed !== null && passed < 0.9) tell(`${audit}: ${title} ${displayValue}`);
    }
  }
  return missed;
}

const { values: wanted } = parseArgs({
  options: {
    runs: { type: "string", default: "1" },
    only: { type: "string", default: Object.keys(goals).join(",") },
    profile: { type: "string" },
  },
});
ensureInstalled();
ensureBuilt();
const { lighthouse, desktopConfig, launcher } = await loadLighthouse();
const seed = await startSeed();
const chrome = await launcher.launch({
  chromePath: await findChromium(),
  chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
let missed = 0;
try {
  for (const [profile, config] of [
    ["desktop", desktopConfig],
    ["mobile", undefined],
  ]) {
    if (wanted.profile !== undefined && wanted.profile !== profile) continue;
    const options = { port: chrome.port, logLevel: "error", onlyCategories: wanted.only.split(",") };
    const all = [];
    while (all.length < Number(wanted.runs)) all.push((await lighthouse(seed.url, options, config)).lhr);
    missed += report(profile, all);
  }
} finally {
  chrome.kill();
  await seed.stop();
}
process.exit(missed === 0 ? 0 : 1);
