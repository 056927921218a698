/**
 * `npm run bench [-- name …]`: runs all benchmarks, or some by name, in Node and in a real Chromium; prints a table and
 * one line of JSON.
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ensureBuilt } from "./build.mjs";
import { findChromium } from "./chromium.mjs";
import { ensureInstalled, fail, npm, root, run } from "./install.mjs";

const usage = `Usage: npm run bench -- [name …] [flags]

  name          only these benchmarks (a wrong name lists them all)
  --minutes N   how long the idle or producing tab is watched  (2)
  --json FILE   writes machine, versions, commit and rows to a file
  --against DIR root of another checkout, built, that takes turns with this one (start)
  --rivals      first installs rivals that are no dependencies (bcoin) into .cache/bench-rivals
`;

/** The command line as the benchmarks take it. */
function settings() {
  try {
    const options = {
      minutes: { type: "string", default: "2" },
      json: { type: "string" },
      against: { type: "string" },
      rivals: { type: "boolean" },
      help: { type: "boolean" },
    };
    const { values, positionals: names } = parseArgs({ options, allowPositionals: true });
    const minutes = Number(values.minutes);
    if (values.help || !(minutes > 0 && minutes <= 60)) fail(usage);
    const jsonFile = values.json === undefined ? null : resolve(values.json);
    const against = values.against === undefined ? null : resolve(values.against);
    return { names, minutes, jsonFile, against, rivals: values.rivals === true };
  } catch (error) {
    fail(`${error.message}\n\n${usage}`);
  }
}

/** Installs what is measured against but not depended on. bcoin keeps its data in memory here and needs no LevelDB. */
function installRivals() {
  const folder = join(root, ".cache", "bench-rivals");
  mkdirSync(folder, { recursive: true });
  const rivals = { bcoin: "1.0.2" };
  const overrides = { leveldown: "npm:empty-npm-package@1.0.0" };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: rivals, overrides }));
  npm(["install", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder });
}

const wanted = settings();
ensureInstalled();
if (wanted.rivals) installRivals();
ensureBuilt();
const bin = (...path) => join(root, "node_modules", ...path);
const env = { ...process.env, CHROMIUM_PATH: await findChromium(), BENCH: JSON.stringify(wanted) };
run(process.execPath, [bin("vite", "bin", "vite.js"), "build", "--mode", "bench", "--logLevel", "warn"], {
  env: { ...env, NODE_ENV: "production" },
});
run(process.execPath, [bin("vitest", "vitest.mjs"), "run", "--config", "src/testing/bench/vitest.config.ts"], { env });
