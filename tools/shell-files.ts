/**
 * What the service worker is told of a build: its number, which the page carries in a meta element, and its files with
 * their digests. Read from what was written, so this comes last (tools/build.mjs).
 * @module
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import { gatewayPolicy } from "../src/interchange/gateway/policy.ts";
import type { ShellBuild, ShellFile } from "../src/platform/browser/installed/shell-worker.ts";
import { veilFramePolicy, veilPagePath } from "../src/seed/veil-policy.ts";

/**
 * Left to others: proving keys are kept by the prover (prover-files.ts), pictures for the manifest by the browser, and
 * whoever kept the worker's own script could never be renewed.
 */
const leftOut = /^\/(circuits\/|screenshots\/|icons\/|shell\.png$|service-worker\.js$)/;

/** Files for who asks for them: compilers of components, megabytes that few need. */
const onDemand = /^\/assets\/(newest-|jco-|transpile|browser-|js-component-bindgen)/;

const metaPattern = /<meta name="aether-build" content="(\d+)"/;

/** Seconds of Unix time: of the sources if whoever builds says so, as for builds that can be repeated; else of now. */
function buildNumber(): string {
  return process.env.SOURCE_DATE_EPOCH ?? `${Math.floor(Date.now() / 1_000)}`;
}

/** Writes the build's number into the page. */
export function buildMeta(): Plugin {
  return {
    name: "aether-build-meta",
    apply: "build",
    transformIndexHtml: () => [
      { tag: "meta", attrs: { name: "aether-build", content: buildNumber() }, injectTo: "head" },
    ],
  };
}

/** Number and files of the app in a folder. */
export function shellBuild(folder: string): ShellBuild {
  const precached: ShellFile[] = [];
  const later: ShellFile[] = [];
  const visit = (path: string, at: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const url = `${at}/${entry.name}`;
      if (entry.isDirectory()) visit(join(path, entry.name), url);
      else if (!leftOut.test(url))
        (onDemand.test(url) ? later : precached).push(shellFile(join(path, entry.name), url));
    }
  };
  visit(folder, "");
  const number = metaPattern.exec(readFileSync(join(folder, "index.html"), "utf8"))?.[1];
  if (number === undefined) throw new Error(`${folder}/index.html does not say which build it is`);
  const sandbox = { url: veilPagePath, policy: veilFramePolicy };
  return { build: Number(number), precached, onDemand: later, sandbox, publicPolicy: gatewayPolicy };
}

function shellFile(path: string, url: string): ShellFile {
  const digest = createHash("sha256").update(readFileSync(path)).digest("base64");
  return { url, revision: url.startsWith("/assets/") ? null : digest, integrity: `sha256-${digest}` };
}
