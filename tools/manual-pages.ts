/**
 * Adds the manual's pages to what a build writes. They are made by the shell's own code, run here, and committed nowhere:
 * what is built is what the commands say.
 * @module
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Plugin, runnerImport } from "vite";

const source = fileURLToPath(new URL("../src/shell/manual/manual-pages.ts", import.meta.url));

/** Its looks: the shell's colours, then what pages need. */
function manualStyle(): string {
  const sheets = ["colours.css", "manual/manual.css"];
  return sheets.map((sheet) => readFileSync(new URL(`../src/shell/${sheet}`, import.meta.url), "utf8")).join("\n");
}

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
      this.emitFile({ type: "asset", fileName: "manual/manual.css", source: manualStyle() });
    },
  };
}
