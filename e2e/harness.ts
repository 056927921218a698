/**
 * Drives the real thing: a seed process as `npm start` runs it, and Chromium profiles whose tabs are typed into and read
 * like a person would (keyboard in, accessible log out).
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { dev } from "#protocol/parameters.ts";
import { patienceMs } from "./patience.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Everything a test started, ended in reverse order by {@link endAll}. */
const endings: (() => Promise<void> | void)[] = [];

/** Does something at the end of the test, before what was started earlier is ended. */
export function atEnd(end: () => void): void {
  endings.push(end);
}

/** Ends what the test started. */
export async function endAll(): Promise<void> {
  for (const end of endings.splice(0).reverse()) await end();
}

/** A folder that is deleted at the end of the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "aether-e2e-"));
  endings.push(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  return folder;
}

/** A port nobody listens on right now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

/** A running seed. */
export interface Seed {
  readonly url: string;
  readonly port: number;
  readonly dataDirectory: string;
  /** Everything it printed. */
  output(): string;
  /** Ends it with a signal and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

function exited(child: ChildProcess): Promise<void> {
  return child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once("exit", () => resolve()));
}

/** Fails with what a seed has said if something never happens; a test that only timed out would not tell which. */
async function within(done: Promise<void>, late: string, output: () => string): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<void>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${late}:\n${output()}`)), patienceMs);
  });
  await Promise.race([done, tooLate]).finally(() => clearTimeout(timer));
}

/** For a seed that makes no blocks, where a test needs none: their proofs take a core. */
export const noBlocks = ["--threads", "0"] as const;

/** How much memory the seed of a network that has begun lends, on whatever machine. */
export const lending = ["--lend", "2048"] as const;

interface SeedStart {
  readonly port?: number;
  readonly dataDirectory?: string;
  readonly flags?: readonly string[];
  /** Another build's. */
  readonly script?: string;
  /** Whether its network has begun, with {@link begunNetwork}; otherwise it starts from the genesis. */
  readonly begun?: boolean;
}

/** Starts a seed and waits for the line with its URL. */
export async function startSeed(options: SeedStart = {}): Promise<Seed> {
  const port = options.port ?? (await freePort());
  const dataDirectory = options.dataDirectory ?? (options.begun === true ? await begunNetwork() : temporaryFolder());
  const args = [
    options.script ?? join(root, "dist/seed/main.js"),
    "--port",
    String(port),
    "--data",
    dataDirectory,
    ...(options.flags ?? []),
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const stop = async (signal: NodeJS.Signals = "SIGTERM"): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await within(exited(child), `the seed did not end on ${signal}`, () => output);
  };
  endings.push(() => stop("SIGKILL"));
  const started = new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes(`http://127.0.0.1:${port}`)) resolve();
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => reject(new Error(`the seed ended with ${code}:\n${output}`)));
  });
  await within(started, "the seed did not start", () => output);
  return { url: `http://127.0.0.1:${port}/`, port, dataDirectory, output: () => output, stop };
}

/** Whether a seed has its stake, and its faucet what it is to hold: then it makes blocks only when something waits. */
async function rests(seed: Seed): Promise<boolean> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "node_status" });
  const response = await fetch(`${seed.url}rpc`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  const { result } = (await response.json()) as {
    result: { height: number; headTimeMs: number; work: { stage: string } };
  };
  const pauseMs = dev.development?.pendingBlockMs ?? 0;
  return result.height > 0 && result.work.stage === "ready" && Date.now() - result.headTimeMs > 10 * pauseMs;
}

/**
 * A data directory of a seed whose network has begun. The first blocks of a chain are proved one after another, most of a
 * core for most of a minute: they are made once for each build, and every test's seed gets a copy.
 */
async function begunNetwork(): Promise<string> {
  const kept = join(root, "dist/begun-network");
  const build = readFileSync(join(root, "dist/.built-from"), "utf8");
  const stamp = join(kept, "built-from");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== build) {
    const dataDirectory = mkdtempSync(join(root, "dist/beginning-"));
    const seed = await startSeed({ dataDirectory, flags: lending });
    while (!(await rests(seed))) await new Promise((resolve) => setTimeout(resolve, 250));
    await seed.stop();
    writeFileSync(join(dataDirectory, "built-from"), build);
    rmSync(kept, { recursive: true, force: true });
    renameSync(dataDirectory, kept);
  }
  const folder = temporaryFolder();
  cpSync(kept, folder, { recursive: true });
  return folder;
}

const chromiumFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // A machine without a default route has no other candidates; real machines need none of these.
  "--allow-loopback-in-peer-connection",
];

/** A Chromium profile: its own process, storage and identity. */
export interface Profile {
  readonly context: BrowserContext;
  readonly folder: string;
  open(url: string): Promise<Tab>;
  close(): Promise<void>;
  /** Id of the browser process. */
  processId(): number;
  /** Ends the whole browser at once, as a crash would. */
  kill(): Promise<void>;
}

/** Id of the browser process that this test started on a profile folder. */
function browserProcess(folder: string): number {
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    let command = "";
    try {
      command = readFileSync(`/proc/${entry}/cmdline`, "utf8");
    } catch {
      // It ended while we looked.
    }
    if (command.includes(`--user-data-dir=${folder}`) && !command.includes("--type=")) return Number(entry);
  }
  throw new Error(`no browser runs on ${folder}`);
}

/** Size of a phone in portrait. */
export const phone = { width: 360, height: 740 } as const;

/** Size of a laptop's window. */
export const desktop = { width: 1280, height: 800 } as const;

/** Starts a profile; giving a folder of an earlier one re-opens it. `flags` are more of the command line's. */
export async function openProfile(
  options: {
    folder?: string;
    viewport?: { width: number; height: number };
    flags?: readonly string[];
    /** Whether its screen is touched, as a phone's. */
    touch?: boolean;
    /** Whether the app is kept for a start without a network: that costs a profile as much as all of its start besides. */
    isKept?: boolean;
  } = {},
): Promise<Profile> {
  const folder = options.folder ?? temporaryFolder();
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
    headless: true,
    args: [...chromiumFlags, ...(options.flags ?? [])],
    viewport: options.viewport ?? desktop,
    hasTouch: options.touch ?? false,
    serviceWorkers: options.isKept === true ? "allow" : "block",
    permissions: ["microphone", "camera"],
  });
  context.setDefaultTimeout(patienceMs);
  // The browser offers to install whenever it thinks fit: keys would be made behind one question more, or not.
  await context.addInitScript(() => {
    addEventListener("beforeinstallprompt", (event) => event.stopImmediatePropagation(), true);
  });
  const close = async (): Promise<void> => {
    await context.close().catch(() => undefined);
  };
  endings.push(close);
  return {
    context,
    folder,
    open: async (url) => {
      const page = await context.newPage();
      const tab = new Tab(page);
      await page.goto(url);
      return tab;
    },
    close,
    processId: () => browserProcess(folder),
    kill: async () => {
      process.kill(browserProcess(folder), "SIGKILL");
      await close();
    },
  };
}

/** An end of the transcript: its length, and how often it had been cleared; null: however often. */
interface Place {
  readonly length: number;
  readonly cleared: string | null;
}

const beginning: Place = { length: 0, cleared: null };

/**
 * What the transcript has said from a place on, if it matches; what was cleared since is no part of it. Runs in the page, and
 * often: it reads the lines one by one, `innerText` would have all of them laid out anew each time.
 */
function heard({ source, flags, length, cleared }: { source: string; flags: string } & Place) {
  const log = document.querySelector<HTMLElement>('[data-region="transcript"]');
  const times = log?.dataset["cleared"] ?? "";
  const lines = [...(log?.children ?? [])].map((line) => line.textContent ?? "").filter((line) => line !== "");
  const shown = lines.join("\n").slice(cleared === null || cleared === times ? length : 0);
  return new RegExp(source, flags).test(shown) ? { shown, cleared: times } : null;
}

/** One tab of the app. */
export class Tab {
  readonly page: Page;
  /** Errors the page reported; a test may demand that there are none. */
  readonly errors: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.errors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") this.errors.push(message.text());
    });
  }

  /** Everything the shell has said, as a screen reader gets it. */
  async transcript(): Promise<string> {
    return (await this.said()).shown;
  }

  private async said(): Promise<{ shown: string; cleared: string }> {
    await this.page.locator('[data-region="transcript"]').waitFor({ state: "attached" });
    const said = await this.page.evaluate(heard, { source: "", flags: "", ...beginning });
    return said ?? { shown: "", cleared: "" };
  }

  /** Takes a picture where `E2E_PICTURES` names a folder: a person may want to look at what the tests saw. */
  async picture(name: string): Promise<void> {
    const folder = process.env["E2E_PICTURES"];
    if (folder !== undefined) await this.page.screenshot({ path: `${folder}/${name}.png` });
  }

  /** Waits until the transcript, from `from` on, matches. */
  async waitFor(pattern: RegExp, { from = beginning }: { from?: number | Place } = {}): Promise<string> {
    const place = typeof from === "number" ? { ...beginning, length: from } : from;
    try {
      const wanted = { source: pattern.source, flags: pattern.flags, ...place };
      const found = await this.page.waitForFunction(heard, wanted, { polling: 50 });
      return ((await found.jsonValue()) as { shown: string }).shown;
    } catch (error) {
      throw new Error(`${pattern} did not appear:\n${await this.transcript()}`, { cause: error });
    }
  }

  /** Types a line and presses Enter. */
  async type(line: string): Promise<void> {
    await this.page.locator(".xterm-helper-textarea").focus();
    await this.page.keyboard.type(line);
    await this.page.keyboard.press("Enter");
  }

  /** Runs a command and returns what it printed once `pattern` is there. */
  async command(line: string, pattern: RegExp): Promise<string> {
    const { shown, cleared } = await this.said();
    const from = { length: shown.length, cleared };
    await this.type(line);
    return this.waitFor(pattern, { from });
  }

  /** Runs a command with `--json` and returns its object. */
  async json<T>(line: string): Promise<T> {
    const printed = await this.command(`${line} --json`, /\{.*\}|\[.*\]/);
    const found = printed.split("\n").find((candidate) => /^\s*[[{].*[\]}]\s*$/.test(candidate));
    if (found === undefined) throw new Error(`no JSON in:\n${printed}`);
    return JSON.parse(found) as T;
  }
}
