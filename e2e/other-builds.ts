/**
 * Makes other builds of the app than the one in dist, with what a person sees changed, and seeds that serve them: what
 * an update and a rollback are.
 */
import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type PluginOption } from "vite";
import { shellBuild } from "../tools/shell-files.ts";
import { atEnd } from "./harness.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const app = join(root, "dist", "app");

/** The number of the build in dist. */
export const ownBuild = (): number => shellBuild(app).build;

/** Says `words` where the page's title for the activity pane stands, in a chunk that is loaded later, too. */
function renamed(words: string): PluginOption {
  return {
    name: "renamed",
    transform: (code, id) =>
      id.endsWith("src/shell/text.ts")
        ? code.replaceAll('close: "Close"', `close: ${JSON.stringify(words)}`)
        : undefined,
  };
}

/** Builds the app anew under a number; the close button of its activity pane says `words`. Gives the script of a seed that serves it. */
export async function seedOfBuild(number: number, words: string): Promise<string> {
  // Inside dist, where the seed finds its packages.
  const folder = join(root, "dist", `build-${number}`);
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(folder, { recursive: true });
  const outDir = join(folder, "app");
  const shared = { root, configFile: join(root, "vite.config.ts"), logLevel: "error" } as const;
  const epoch = process.env.SOURCE_DATE_EPOCH;
  process.env.SOURCE_DATE_EPOCH = `${number}`;
  try {
    await build({ ...shared, mode: "app", plugins: [renamed(words)], build: { outDir } });
  } finally {
    if (epoch === undefined) delete process.env.SOURCE_DATE_EPOCH;
    else process.env.SOURCE_DATE_EPOCH = epoch;
  }
  cpSync(join(app, "guests"), join(outDir, "guests"), { recursive: true });
  const define = { __AETHER_SHELL__: JSON.stringify(shellBuild(outDir)) };
  await build({ ...shared, mode: "service-worker", define, build: { outDir } });
  if (!readFileSync(join(outDir, "service-worker.js"), "utf8").includes(`${number}`))
    throw new Error("the worker is of another build");
  cpSync(join(root, "dist", "seed"), join(folder, "seed"), { recursive: true });
  return join(folder, "seed", "main.js");
}
