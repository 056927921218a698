/**
 * `npm run check`: format and lint, strict types, import table with its canary, dead code, generated files, house style
 * and size budgets. Every failure says how to mend it.
 * @module
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureBuilt } from "./build.mjs";
import { checkStyle } from "./check-style.mjs";
import { ensureInstalled, root } from "./install.mjs";

ensureInstalled();
ensureBuilt();

const bin = (...path) => join(root, "node_modules", ...path);
const rules = join(root, "tools", "dependency-rules.mjs");
const cruiser = [bin("dependency-cruiser", "bin", "dependency-cruise.mjs"), "--config", rules];

/** Runs one tool; returns whether it passed and shows its words only if not. */
function tool(name, args, options = {}) {
  const result = spawnSync(process.execPath, args, { cwd: options.cwd ?? root, encoding: "utf8" });
  const passed = options.accept ? options.accept(result) : result.status === 0;
  process.stdout.write(`${passed ? "ok  " : "FAIL"} ${name}\n`);
  if (!passed) process.stdout.write(`${result.stdout}${result.stderr}\n${options.advice ?? ""}\n`);
  return passed;
}

const results = [
  tool("format and lint", [bin("@biomejs", "biome", "bin", "biome"), "ci", "."], {
    advice: "Mend with: npm run format",
  }),
  tool("types (everything)", [bin("typescript", "bin", "tsc"), "-p", "tsconfig.json"]),
  tool("types (core without DOM and Node)", [bin("typescript", "bin", "tsc"), "-p", "tsconfig.core.json"]),
  tool("import table and cycles", [...cruiser, "src", "workers"]),
  tool("import table: the canary is caught", [...cruiser, "src"], {
    cwd: join(root, "tools", "canary"),
    accept: (result) => result.status !== 0 && result.stdout.includes("protocol-imports"),
    advice: "dependency-cruiser let a forbidden type-only import pass: the import table is not being checked at all.",
  }),
  tool("dead code", [bin("knip", "bin", "knip.js"), "--no-progress"]),
  tool("generated kernels", [join(root, "tools", "build-kernels.mjs"), "--check"], {
    advice: "Mend with: npm run kernels",
  }),
  tool("programs", [join(root, "tools", "build-guests.mjs"), "--check"]),
  tool("size budgets", [bin("size-limit", "bin.js")]),
];

const complaints = checkStyle();
process.stdout.write(`${complaints.length === 0 ? "ok  " : "FAIL"} house style\n`);
for (const complaint of complaints) process.stdout.write(`  ${complaint}\n`);

process.exit(results.every(Boolean) && complaints.length === 0 ? 0 : 1);
