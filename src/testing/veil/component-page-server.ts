/**
 * Builds and serves the page that runs components, with components beside it.
 */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { temporaryFolder } from "../../../e2e/harness.ts";
import { serveFolder } from "../serve-folder.ts";

/** Where the committed components are, by name. */
export const componentFiles = {
  wc: "guests/wc/wc.wasm",
  words: "guests/words/words.wasm",
  "wasi-probe": "src/testing/veil/wasi-probe.wasm",
} as const;

/** Serves the page; `more` are components by name. */
export async function serveComponentPage(more: Readonly<Record<string, Uint8Array>> = {}) {
  const folder = temporaryFolder();
  await build({
    configFile: false,
    root: fileURLToPath(new URL("component-page", import.meta.url)),
    logLevel: "error",
    publicDir: false,
    worker: { format: "es" },
    build: { outDir: folder, emptyOutDir: true, target: "es2023", modulePreload: { polyfill: false } },
  });
  for (const [name, path] of Object.entries(componentFiles)) copyFileSync(path, join(folder, `${name}.wasm`));
  for (const [name, bytes] of Object.entries(more)) writeFileSync(join(folder, `${name}.wasm`), bytes);
  return serveFolder(folder, {});
}
