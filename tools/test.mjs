/**
 * `npm test`: everything, from a bare checkout. Installs, checks, builds, runs unit, property, contract and simulator
 * tests, then the browser tests in a real Chromium. `npm test -- --only=unit` (or check, browser) runs one part.
 * @module
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ensureBuilt } from "./build.mjs";
import { findChromium } from "./chromium.mjs";
import { ensureInstalled, fail, root, run } from "./install.mjs";

const parts = ["check", "unit", "browser"];
const only = process.argv.find((argument) => argument.startsWith("--only="))?.slice("--only=".length);
if (only !== undefined && !parts.includes(only)) fail(`--only takes one of ${parts.join(", ")}.`);
const wanted = (part) => only === undefined || only === part;

ensureInstalled();
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
// The build comes first: checks weigh it and compare generated files with it.
ensureBuilt();
if (wanted("check")) run(process.execPath, [join(root, "tools", "check.mjs")]);
if (wanted("unit")) run(process.execPath, [vitest, "run", "--config", "vitest.config.ts"]);
if (wanted("browser")) {
  // What a person would have seen is kept beside the results.
  const pictures = process.env.E2E_PICTURES ?? join(root, "test-results", "pictures");
  mkdirSync(pictures, { recursive: true });
  const env = { ...process.env, CHROMIUM_PATH: await findChromium(), E2E_PICTURES: pictures };
  run(process.execPath, [vitest, "run", "--config", "e2e/vitest.config.ts"], { env });
}
