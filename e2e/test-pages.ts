/**
 * Builds a page of src/testing as the app is built, into a folder that goes when the tests end.
 */
import { fileURLToPath } from "node:url";
import { build, type PluginOption } from "vite";
import { temporaryFolder } from "./harness.ts";

/** Builds the page in `src/testing/NAME`; gives the folder to serve. */
export async function buildTestPage(name: string, plugins: readonly PluginOption[] = []): Promise<string> {
  const folder = temporaryFolder();
  await build({
    configFile: false,
    root: fileURLToPath(new URL(`../src/testing/${name}`, import.meta.url)),
    logLevel: "error",
    publicDir: false,
    worker: { format: "es" },
    plugins: [...plugins],
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: "es2023",
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
    },
  });
  return folder;
}
