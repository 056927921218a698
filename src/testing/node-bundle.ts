/**
 * Bundles a source file for Node as it ships, into a folder of its own, so that tests and benchmarks need no build before.
 * @module
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";

/** A bundle and the folder to delete afterwards. */
export interface NodeBundle {
  readonly script: URL;
  readonly directory: string;
}

/** Bundles a file, named from the project's folder, with all it imports. */
export async function bundleForNode(source: string): Promise<NodeBundle> {
  const directory = mkdtempSync(join(tmpdir(), "aether-bundle-"));
  await build({
    configFile: false,
    root: fileURLToPath(new URL("../..", import.meta.url)),
    logLevel: "error",
    publicDir: false,
    ssr: { noExternal: true, target: "node" },
    build: {
      ssr: source,
      outDir: directory,
      emptyOutDir: true,
      target: "node20",
      rollupOptions: { output: { entryFileNames: "bundle.mjs" } },
    },
  });
  return { script: pathToFileURL(join(directory, "bundle.mjs")), directory };
}
