/**
 * What windows and the service worker say to each other, and the one number they both read: the newest build that has
 * ever run here.
 * @module
 */
import { readBuild } from "./builds.ts";

/** From a window: take over now; say which build you are (answered on the port that comes along). */
export type WindowWord = { readonly type: "activate" } | { readonly type: "which" };

/** From the worker: its build; that the server offers an older build, which is refused. */
export type WorkerWord = { readonly type: "build" | "refused"; readonly build: number };

const recordCache = "aether-builds";
const recordKey = "/newest-build";

/** The newest build that has run here; null if none has. */
export async function readNewestBuild(caches: CacheStorage): Promise<number | null> {
  if (!(await caches.has(recordCache))) return null;
  const found = await (await caches.open(recordCache)).match(recordKey);
  return found === undefined ? null : readBuild(await found.text());
}

/** Remembers that a build has run; never a smaller number. */
export async function writeNewestBuild(caches: CacheStorage, build: number): Promise<void> {
  const newest = await readNewestBuild(caches);
  if (newest === null || build > newest)
    await (await caches.open(recordCache)).put(recordKey, new Response(`${build}`));
}
