/**
 * Builds the seed's threads as they ship, into a folder of its own, so that tests and benchmarks run real threads
 * without a build before them.
 * @module
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";

/** A built script and the folder to delete afterwards. */
export interface BuiltThread {
  readonly script: URL;
  readonly directory: string;
}

/** Bundles `src/seed/compute-thread.ts`, or the entry of another thread there, with all it imports. */
export async function buildComputeThread(entry = "compute-thread"): Promise<BuiltThread> {
  const directory = mkdtempSync(join(tmpdir(), "aether-thread-"));
  await build({
    configFile: false,
    root: fileURLToPath(new URL("../..", import.meta.url)),
    logLevel: "error",
    publicDir: false,
    ssr: { noExternal: true, target: "node" },
    build: {
      ssr: `src/seed/${entry}.ts`,
      outDir: directory,
      emptyOutDir: true,
      target: "node20",
      rollupOptions: { output: { entryFileNames: "thread.mjs" } },
    },
  });
  return { script: pathToFileURL(join(directory, "thread.mjs")), directory };
}
