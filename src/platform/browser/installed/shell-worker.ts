/**
 * The service worker: keeps the files of each build together, answers from them with or without a network, and lets a
 * newer build wait until the person agrees or all tabs are closed. Files come whole or not at all: each is checked against
 * its digest in the list that was made with the build, and answers keep the security headers they were served with.
 * @module
 */
import { PrecacheController } from "workbox-precaching/PrecacheController.js";
import { answererOf, cacheOfBuild, cachesToDrop, liveBuilds, mayInstall } from "./builds.ts";
import { answerPublic } from "./public-requests.ts";
import { readNewestBuild, type WindowWord, type WorkerWord, writeNewestBuild } from "./worker-words.ts";

/** One file of a build: its path, its digest, and a revision where its name has no hash. */
export interface ShellFile {
  readonly url: string;
  readonly revision: string | null;
  readonly integrity: string;
}

/** What the build tells its worker. */
export interface ShellBuild {
  readonly build: number;
  /** Loaded when the build is installed: everything the app starts and works with. */
  readonly precached: readonly ShellFile[];
  /** Large files that are kept once they were asked for. */
  readonly onDemand: readonly ShellFile[];
  /** The page in which programs run, and the policy that makes its origin opaque. */
  readonly sandbox: { readonly url: string; readonly policy: string };
  /** The policy of files that everybody may read. */
  readonly publicPolicy: string;
}

/** Where the page is in the list. */
const pagePath = "/index.html";

/** Answers requests out of one build's files. */
class BuildFiles {
  readonly paths: ReadonlySet<string>;
  private readonly first: PrecacheController;
  private readonly later: PrecacheController;

  constructor({ build, precached, onDemand }: ShellBuild) {
    this.first = new PrecacheController({ cacheName: cacheOfBuild(build) });
    this.later = new PrecacheController({ cacheName: cacheOfBuild(build) });
    this.first.addToCacheList([...precached]);
    this.later.addToCacheList([...onDemand]);
    this.paths = new Set([...precached, ...onDemand].map(({ url }) => url));
  }

  install(event: ExtendableEvent): Promise<unknown> {
    return this.first.install(event);
  }

  /** The file as it was built; from the network, checked and kept, if it is not here. */
  answer(path: string, event: FetchEvent): Promise<Response> {
    const files = this.first.getCacheKeyForURL(path) === undefined ? this.later : this.first;
    const cacheKey = files.getCacheKeyForURL(path) ?? path;
    const integrity = files.getIntegrityForCacheKey(cacheKey);
    return files.strategy.handle({ request: new Request(path), event, params: { cacheKey, integrity } });
  }
}

async function tellWindows(scope: ServiceWorkerGlobalScope, word: WorkerWord): Promise<void> {
  const windows = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const window of windows) window.postMessage(word);
}

/** Refuses an older build than has run here; else loads all files. */
async function install(scope: ServiceWorkerGlobalScope, build: number, files: BuildFiles, event: ExtendableEvent) {
  const newest = await readNewestBuild(scope.caches);
  if (!mayInstall(build, newest)) {
    await tellWindows(scope, { type: "refused", build });
    throw new Error(`Build ${build} is older than ${newest}, which has run here.`);
  }
  await files.install(event);
}

async function dropOldFiles(scope: ServiceWorkerGlobalScope, build: number): Promise<void> {
  const { held = [] } = await scope.navigator.locks.query();
  const live = liveBuilds(held.map(({ name }) => name ?? ""));
  for (const name of cachesToDrop(await scope.caches.keys(), build, live)) await scope.caches.delete(name);
}

async function activate(scope: ServiceWorkerGlobalScope, build: number): Promise<void> {
  await writeNewestBuild(scope.caches, build);
  await dropOldFiles(scope, build);
  // A first visit's page is looked after at once: what it loads later is of its own build.
  await scope.clients.claim();
}

/** Adds a policy to an answer; with the one that it was served with, the stricter of both holds. */
async function underPolicy(answer: Promise<Response>, policy: string): Promise<Response> {
  const { body, status, statusText, headers } = await answer;
  const stricter = new Headers(headers);
  stricter.append("content-security-policy", policy);
  return new Response(body, { status, statusText, headers: stricter });
}

/** A file of another build, for a tab that still runs it. */
async function fromOlder(scope: ServiceWorkerGlobalScope, request: Request, build: string | null): Promise<Response> {
  const options = { ignoreSearch: build !== null, ignoreVary: true };
  const named = build === null ? {} : { cacheName: cacheOfBuild(Number(build)) };
  return (await scope.caches.match(request.url, { ...options, ...named })) ?? fetch(request);
}

/** Starts the worker. */
export function startShellWorker(scope: ServiceWorkerGlobalScope, shell: ShellBuild): void {
  const { build, sandbox, publicPolicy } = shell;
  const files = new BuildFiles(shell);
  const { origin } = scope.location;
  scope.addEventListener("install", (event) => event.waitUntil(install(scope, build, files, event)));
  scope.addEventListener("activate", (event) => event.waitUntil(activate(scope, build)));
  scope.addEventListener("message", ({ data, ports }) => {
    const word = data as WindowWord;
    if (word.type === "activate") void scope.skipWaiting();
    else if (word.type === "which") ports[0]?.postMessage({ type: "build", build } satisfies WorkerWord);
  });
  scope.addEventListener("fetch", (event) => {
    const { request } = event;
    const { pathname, searchParams } = new URL(request.url);
    // Its frame has no sandbox attribute here (tab-runner.ts), and not every host sends the header.
    const guarded = (answer: Promise<Response>): Promise<Response> =>
      pathname === sandbox.url ? underPolicy(answer, sandbox.policy) : answer;
    switch (answererOf(request, { origin, build, files: files.paths })) {
      case "page":
        event.waitUntil(dropOldFiles(scope, build));
        return event.respondWith(files.answer(pagePath, event));
      case "own":
        return event.respondWith(guarded(files.answer(pathname, event)));
      case "older":
        return event.respondWith(guarded(fromOlder(scope, request, searchParams.get("build"))));
      case "public":
        return event.respondWith(answerPublic(scope, request, publicPolicy));
      case "network-or-page":
        return event.respondWith(fetch(request).catch(() => files.answer(pagePath, event)));
      default:
        return undefined;
    }
  });
}
