/**
 * What a page can tell the shell about its browser.
 * @module
 */
import { accepted, type Result } from "#protocol/result.ts";
import type { RunningCipher } from "#sdk/files.ts";
import type { ByteSource } from "#sdk/home-files.ts";
import type { InstalledApp } from "#sdk/installed-app.ts";
import type { SamplingUnits } from "#sdk/units.ts";
import { createGuestCatalogue } from "#veil/guest-catalogue.ts";
import type { ProgramRunner } from "#veil/run.ts";
import { blobOf, sourceOfBlob } from "./blob-source.ts";
import { lateHomeFiles } from "./home-files/late-files.ts";
import { ofBuild } from "./installed/builds.ts";
import { createPasskeys, pageHost } from "./passkeys.ts";
import { createProgramBudgets } from "./program-budgets.ts";
import { createProgramGrants } from "./program-grants.ts";
import { browserEntropy } from "./system.ts";
import { breathe } from "./turns.ts";
import { createVaultStore } from "./vault-store.ts";

const historyKey = "aether-history";
const settingsKey = "aether-settings";
const tourKey = "aether-tour";
const keysSeenKey = "aether-keys-seen";

/** What was kept under a key; null if nothing that can be read. */
function loadKept(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function keep(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A full disk costs history and settings, nothing else.
  }
}

function loadHistory(): readonly string[] {
  const kept = loadKept(historyKey);
  return Array.isArray(kept) ? kept.filter((line): line is string => typeof line === "string") : [];
}

/** Asks the browser to keep this page's data when space runs short; it may ask the user, or decide by itself. */
async function askToPersist(): Promise<boolean> {
  try {
    return (await navigator.storage?.persist?.()) ?? false;
  } catch {
    return false;
  }
}

/** Gets programs that come with the app, of the build that runs here: a newer one's list names other files. */
function guestFiles(build: number | null) {
  return async (file: string): Promise<Uint8Array | undefined> => {
    const answer = await fetch(ofBuild(`/guests/${file}`, build)).catch(() => null);
    return answer?.ok === true ? new Uint8Array(await answer.arrayBuffer()) : undefined;
  };
}

async function exampleProgram(name: string): Promise<string | null> {
  const answer = await fetch(`programs/${name}.asm`).catch(() => null);
  return answer?.ok === true ? answer.text() : null;
}

/** Lets the user choose a file; null if none was. */
function chosen(accept: string): Promise<File | null> {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = accept;
  return new Promise((resolve) => {
    input.addEventListener("cancel", () => resolve(null), { once: true });
    input.addEventListener("change", () => resolve(input.files?.[0] ?? null), { once: true });
    input.click();
  });
}

async function chooseFile(accept: string): Promise<{ readonly name: string; readonly content: ByteSource } | null> {
  const file = await chosen(accept);
  return file === null ? null : { name: file.name, content: sourceOfBlob(file) };
}

async function openFile(
  accept: string,
  mostBytes: number,
): Promise<{ readonly name: string; readonly bytes: Uint8Array } | null> {
  const file = await chooseFile(accept);
  // One byte too many shows that it is too long, without gigabytes in memory.
  const bytes = await file?.content.read(0, mostBytes + 1);
  return file !== null && bytes?.ok === true ? { name: file.name, bytes: bytes.value } : null;
}

function saveBlob(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

function saveFile(name: string, bytes: Uint8Array): void {
  saveBlob(name, new Blob([bytes.slice()], { type: "application/octet-stream" }));
}

async function saveSource(name: string, content: ByteSource): Promise<Result<void>> {
  const blob = await blobOf(content);
  if (blob.ok) saveBlob(name, blob.value);
  return blob.ok ? accepted(undefined) : blob;
}

/** What the page has started for the shell. */
interface PageServices {
  readonly units: SamplingUnits;
  readonly runner: ProgramRunner;
  isolation(): Promise<Result<null>>;
  readonly app: InstalledApp;
  startFileCipher(): RunningCipher;
}

/** Facts and services of this page. */
export function pageEnvironment(version: string, services: PageServices) {
  const { units, runner, isolation, app, startFileCipher } = services;
  const asked = askToPersist();
  const feature = (name: string, there: boolean) => ({ name, there, why: "this browser does not offer it here" });
  return {
    version,
    passkeys: createPasskeys(pageHost(window)),
    app,
    units,
    runner,
    isolation,
    startFileCipher,
    nowMs: () => Date.now(),
    randomBytes: (length: number) => browserEntropy.bytes(length),
    breathe,
    history: { load: loadHistory, save: (lines: readonly string[]) => keep(historyKey, lines) },
    settings: { load: () => loadKept(settingsKey), save: (value: unknown) => keep(settingsKey, value) },
    tour: { load: () => loadKept(tourKey), save: (value: unknown) => keep(tourKey, value) },
    keysSeen: {
      load: () => loadKept(keysSeenKey),
      save: (sinceMs: number | null) => keep(keysSeenKey, sinceMs),
    },
    files: lateHomeFiles(async () => (await import("./home-files.ts")).openHomeFiles("aether-home", () => Date.now())),
    programBudgets: createProgramBudgets(createVaultStore("aether-programs"), () => Date.now()),
    programGrants: createProgramGrants(createVaultStore("aether-grants")),
    programs: createGuestCatalogue(guestFiles(app.state().build)),
    exampleProgram,
    openFile,
    chooseFile,
    saveFile,
    saveSource,
    storage: async () => {
      const estimate = await navigator.storage?.estimate?.();
      if (estimate === undefined) return null;
      // The browser may be asking the user: until there is an answer, what stands counts.
      const persisted = await Promise.race([asked, navigator.storage.persisted?.() ?? false]);
      return { usedBytes: estimate.usage ?? 0, quotaBytes: estimate.quota ?? 0, persisted };
    },
    features: [
      feature("secure page", window.isSecureContext),
      feature("WebRTC", "RTCPeerConnection" in window),
      feature("IndexedDB", "indexedDB" in window),
      feature("WebAssembly", "WebAssembly" in window),
      feature("tab locks", "locks" in navigator),
    ],
  };
}
