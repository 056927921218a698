/**
 * The meter as it ships: bundled, without the test runner's indirections, which make every imported name a look-up and
 * the code three times as slow.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";

/** Exports of `protocol/veil/meter.ts`. */
export type Meter = typeof import("#protocol/veil/meter.ts");

/** Bundles the meter and loads it. */
export async function shippedMeter(): Promise<Meter> {
  const directory = mkdtempSync(join(tmpdir(), "aether-meter-"));
  try {
    await build({
      configFile: false,
      root: fileURLToPath(new URL("../../..", import.meta.url)),
      logLevel: "error",
      publicDir: false,
      ssr: { noExternal: true, target: "node" },
      build: {
        ssr: "src/protocol/veil/meter.ts",
        outDir: directory,
        target: "node20",
        rollupOptions: { output: { entryFileNames: "meter.mjs" } },
      },
    });
    return (await import(/* @vite-ignore */ pathToFileURL(join(directory, "meter.mjs")).href)) as Meter;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
