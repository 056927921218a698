/**
 * Lighthouse 11 over the built app on a seed of its own, on the desktop and the mobile profile: prints the score of each
 * category and every audit that is not green, and ends with 1 if a goal is missed. Its 132 packages are no dependency of
 * ours: they are installed beside the checkout (.cache/lighthouse) when this is first run. `node tools/lighthouse.mjs`.
 * @module
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
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

/** Starts a seed; gives its address and its end. */
async function startSeed() {
  const folder = mkdtempSync(join(tmpdir(), "aether-lighthouse-"));
  const args = [join(root, "dist/seed/main.js"), "--port", "0", "--data", folder];
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

function report(profile, { categories, audits }) {
  let missed = 0;
  for (const [id, goal] of Object.entries(goals)) {
    const score = Math.round((categories[id].score ?? 0) * 100);
    if (score < goal) missed++;
    process.stdout.write(`${profile.padEnd(8)} ${id.padEnd(15)} ${String(score).padStart(3)}  (goal ${goal})\n`);
    for (const { id: audit, weight } of categories[id].auditRefs) {
      const { score: passed, title, displayValue = "" } = audits[audit];
      if (weight > 0 && passed !== null && passed < 0.9)
        process.stdout.write(`           ${audit}: ${title} ${displayValue}\n`);
    }
  }
  return missed;
}

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
    const options = { port: chrome.port, logLevel: "error", onlyCategories: Object.keys(goals) };
    const { lhr } = await lighthouse(seed.url, options, config);
    missed += report(profile, lhr);
  }
} finally {
  chrome.kill();
  await seed.stop();
}
process.exit(missed === 0 ? 0 : 1);
