/**
 * Builds what runs: the app (dist/app) with the programs that come with it and its service worker, the seed (dist/seed) and the conformance module (dist/conformance.js).
 * `ensureBuilt` does it only when a source file changed since the last build.
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureInstalled, root, run } from "./install.mjs";

const inputs = [
  ...["src", "workers", "public", "guests", "index.html", "vite.config.ts", "package-lock.json"],
  ...[
    "tools/build.mjs",
    "tools/build-guests.mjs",
    "tools/compile-hints.ts",
    "tools/first-frame.ts",
    "tools/manual-pages.ts",
    "tools/plain-order.ts",
    "tools/shell-files.ts",
    "tools/veil-page.ts",
  ],
];
const stamp = join(root, "dist", ".built-from");

/** SHA-256 over names and contents of everything a build reads, tests left out. */
function fingerprint() {
  const hash = createHash("sha256");
  const visit = (path) => {
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) visit(join(path, name));
    } else if (!/\.test\.tsx?$/.test(path)) {
      hash.update(path.slice(root.length)).update("\0").update(readFileSync(path)).update("\0");
    }
  };
  for (const input of inputs) visit(join(root, input));
  return hash.digest("hex");
}

/** Builds everything. */
export function build() {
  const vite = join(root, "node_modules", "vite", "bin", "vite.js");
  const sources = fingerprint();
  const viteBuild = (mode) =>
    run(process.execPath, [vite, "build", "--mode", mode, "--logLevel", "warn"], {
      env: { ...process.env, NODE_ENV: "production" },
    });
  for (const mode of ["app", "seed", "conformance"]) viteBuild(mode);
  run(process.execPath, [join(root, "tools", "build-guests.mjs")]);
  // Last: it carries the list of everything that was written.
  viteBuild("service-worker");
  mkdirSync(join(root, "dist"), { recursive: true });
  writeFileSync(stamp, sources);
}

/** Builds if the sources are not those of the last build. */
export function ensureBuilt() {
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint()) return;
  process.stdout.write("Building …\n");
  build();
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  ensureInstalled();
  build();
}
