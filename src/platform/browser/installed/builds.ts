/**
 * Decisions about builds of the app: which may take over from which, whose files are kept, and who answers a request.
 * Pure, so that they can be tried without a browser; shell-worker.ts obeys them.
 * @module
 */

/** Files of a build, in the Cache API. */
const cachePrefix = "aether-shell-";

/** Held by every tab under the build it runs: who drops files asks for these. */
const lockPrefix = "aether-build/";

/** Builds whose files are kept at once: the one that runs, the one before, and others that tabs still run. */
export const mostBuildsKept = 4;

/** Builds are seconds of Unix time; nothing above is believed. */
const largestBuild = 99_999_999_999;

/** A build's number; null if the text is none. */
export function readBuild(text: string | null | undefined): number | null {
  if (text === null || text === undefined || !/^[1-9]\d{0,10}$/.test(text)) return null;
  const build = Number(text);
  return build <= largestBuild ? build : null;
}

/** The address of a file without a hash in its name, so that a tab gets the one of its own build. */
export function ofBuild(path: string, build: number | null): string {
  return build === null ? path : `${path}?build=${build}`;
}

/** Name of the cache that holds a build's files. */
export function cacheOfBuild(build: number): string {
  return `${cachePrefix}${build}`;
}

/** The build whose files a cache holds; null if it is about something else. */
export function buildOfCache(name: string): number | null {
  return name.startsWith(cachePrefix) ? readBuild(name.slice(cachePrefix.length)) : null;
}

/** Name of the Web Lock that a tab of a build shares for as long as it lives. */
export function lockOfBuild(build: number): string {
  return `${lockPrefix}${build}`;
}

/** The builds that tabs run, by the names of the locks that are held. */
export function liveBuilds(lockNames: readonly string[]): ReadonlySet<number> {
  const builds = lockNames
    .filter((name) => name.startsWith(lockPrefix))
    .map((name) => readBuild(name.slice(lockPrefix.length)));
  return new Set(builds.filter((build) => build !== null));
}

/**
 * Whether a build may be installed where `newest` has run. An older one may not: it may lack a mended fault, and would
 * meet data of a form it does not know. The same again may.
 */
export function mayInstall(build: number, newest: number | null): boolean {
  return newest === null || build >= newest;
}

/** Caches to drop once `own` runs: those of older builds that no tab runs, but for the one before. Newer ones wait. */
export function cachesToDrop(names: readonly string[], own: number, live: ReadonlySet<number>): readonly string[] {
  const older = names
    .map(buildOfCache)
    .filter((build) => build !== null && build < own)
    .sort((a, b) => Number(b) - Number(a)) as number[];
  const [before, ...others] = older;
  const kept = [...(before === undefined ? [] : [before]), ...others.filter((build) => live.has(build))];
  const keptAtMost = new Set(kept.slice(0, mostBuildsKept - 1));
  return older.filter((build) => !keptAtMost.has(build)).map(cacheOfBuild);
}

/** Who answers a request: this build, an older one's files, a tab's node and else the network, it alone, or it and else the page. */
export type Answerer = "page" | "own" | "older" | "public" | "network" | "network-or-page";

/** The part of a request that decides. */
export interface AskedFor {
  readonly method: string;
  readonly mode: string;
  readonly url: string;
}

/** Decides who answers. `files` are the paths of the build's files. */
export function answererOf(
  { method, mode, url }: AskedFor,
  { origin, build, files }: { readonly origin: string; readonly build: number; readonly files: ReadonlySet<string> },
): Answerer {
  const asked = new URL(url);
  if (method !== "GET" || asked.origin !== origin) return "network";
  // Before all else: nothing that strangers chose names files of the app.
  if (asked.pathname === "/ipfs" || asked.pathname.startsWith("/ipfs/")) return "public";
  // Files without a hash in their name say which build they are to be of.
  const named = readBuild(asked.searchParams.get("build"));
  if (named !== null && named !== build) return "older";
  if (asked.pathname === "/" || asked.pathname === "/index.html") return "page";
  if (files.has(asked.pathname)) return "own";
  if (asked.pathname.startsWith("/assets/")) return "older";
  return mode === "navigate" ? "network-or-page" : "network";
}
