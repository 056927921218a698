/**
 * Builds `veil.html`: one file with the frame's script and, as text inside it, the script of its workers. Both are
 * bundled from TypeScript into classic scripts: module workers do not start in an opaque origin.
 * @module
 */
import { fileURLToPath } from "node:url";
import { build, type Plugin, type Rolldown } from "vite";
import { veilPagePath, veilPagePolicy } from "../src/seed/veil-policy.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const sandbox = "src/platform/browser/veil/sandbox";

/** The two entries of the page. */
export interface VeilEntries {
  readonly frame: string;
  readonly worker: string;
}

/** As the app has them; tests put others in their place. */
export const veilEntries: VeilEntries = { frame: `${sandbox}/frame.ts`, worker: `${sandbox}/worker.ts` };

async function classicScript(entry: string): Promise<string> {
  const bundles = await build({
    configFile: false,
    root,
    logLevel: "error",
    publicDir: false,
    build: {
      write: false,
      target: "es2023",
      minify: true,
      lib: { entry, formats: ["iife"], name: "veil" },
    },
  });
  const [bundle] = bundles as Rolldown.RolldownOutput[];
  if (bundle === undefined) throw new Error(`${entry} was not bundled`);
  return bundle.output[0].code.trim();
}

/** The page as text. */
async function buildVeilPage({ frame, worker }: VeilEntries): Promise<string> {
  const workerScript = await classicScript(worker);
  const frameScript = await classicScript(frame);
  // What would end or confuse a script element; in a string it can be written otherwise, in code it does not occur.
  if (/<\/script|<!--/i.test(frameScript)) throw new Error(`${frame} cannot stand inside a page`);
  const text = JSON.stringify(workerScript).replaceAll("<", "\\u003c");
  const script = `const veilWorkerScript=${text};\n${frameScript}`;
  const policy = veilPagePolicy(script);
  return [
    "<!doctype html>",
    '<meta charset="utf-8">',
    `<meta http-equiv="content-security-policy" content="${policy}">`,
    "<title>AetherChain sandbox</title>",
    `<script>${script}</script>`,
    "",
  ].join("\n");
}

/** Adds the page to what a build writes. */
export function veilPage(entries: VeilEntries = veilEntries): Plugin {
  return {
    name: "veil-page",
    apply: "build",
    async generateBundle() {
      this.emitFile({ type: "asset", fileName: veilPagePath.slice(1), source: await buildVeilPage(entries) });
    },
  };
}
