/**
 * Adds the manual's pages to what a build writes. They are made by the shell's own code, run here, and committed nowhere:
 * what is built is what the commands say.
 * @module
 */
import { fileURLToPath } from "node:url";
import { type Plugin, runnerImport } from "vite";

const source = fileURLToPath(new URL("../src/shell/manual/manual-pages.ts", import.meta.url));

/** The plugin. */
export function manualPages(): Plugin {
  return {
    name: "manual-pages",
    apply: "build",
    async generateBundle() {
      const { module } = await runnerImport<typeof import("../src/shell/manual/manual-pages.ts")>(
        source,
        // Else Node would be asked for `#…`, and it reads no TypeScript.
        { configFile: false, logLevel: "error", resolve: { noExternal: [/^#/] } },
      );
      for (const [path, page] of module.manualPages()) {
        this.emitFile({ type: "asset", fileName: path.slice(1), source: page });
      }
    },
  };
}
