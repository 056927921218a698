/**
 * Composition root of the service worker: the list of the build's files is put in when everything else is built
 * (tools/shell-files.ts).
 * @module
 */
import { type ShellBuild, startShellWorker } from "../src/platform/browser/installed/shell-worker.ts";

declare const __AETHER_SHELL__: ShellBuild;

startShellWorker(globalThis as unknown as ServiceWorkerGlobalScope, __AETHER_SHELL__);
