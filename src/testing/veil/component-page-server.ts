/**
 * Builds and serves the page that runs components, with components beside it.
 */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildTestPage } from "../../../e2e/test-pages.ts";
import { serveFolder } from "../serve-folder.ts";

/** Where the committed components are, by name. */
export const componentFiles = {
  wc: "guests/wc/wc.wasm",
  words: "guests/words/words.wasm",
  "wasi-probe": "src/testing/veil/wasi-probe.wasm",
} as const;

/** Serves the page; `more` are components by name. */
export async function serveComponentPage(more: Readonly<Record<string, Uint8Array>> = {}) {
  const folder = await buildTestPage("veil/component-page");
  for (const [name, path] of Object.entries(componentFiles)) copyFileSync(path, join(folder, `${name}.wasm`));
  for (const [name, bytes] of Object.entries(more)) writeFileSync(join(folder, `${name}.wasm`), bytes);
  return serveFolder(folder, {});
}
