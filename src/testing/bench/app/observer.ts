/**
 * Watches a tab of the app from inside its window without changing it: a script that runs before the page's own notes which
 * peers answer directly, which transactions the node tells of, and which are sent; it can ask the node beside the app. All
 * times are on the machine's one monotonic clock.
 * @module
 */
import { openProfile, type Profile, type Tab } from "../../../../e2e/harness.ts";

/** What the script offers in the window; times are `performance.now()` of that window. */
interface Observer {
  /** Resolves to the time at which something was first noted. */
  when(name: string): Promise<number>;
  /** Hands a signed transaction to the node as the shell does; answers with the time of it. */
  send(bytes: readonly number[]): number;
  /** Asks the node what the shell could ask; only for what takes no arguments. Never answered before there is a node. */
  ask(method: string): Promise<unknown>;
}

/** The window of a watched tab. */
export type Watched = typeof globalThis & { observer: Observer };

/** Runs in the page before its own scripts; must stand alone. */
function observe(): void {
  interface PeerFacts {
    readonly seed: boolean;
    readonly direct: boolean;
    readonly transport: string;
  }
  const times = new Map<string, number>();
  const waiting = new Map<string, (timeMs: number) => void>();
  let node: Worker | null = null;
  // The app's own calls count upwards from 0.
  let lastCall = -1;
  const answers = new Map<number, (value: unknown) => void>();
  const note = (name: string): void => {
    if (times.has(name)) return;
    const nowMs = performance.now();
    times.set(name, nowMs);
    waiting.get(name)?.(nowMs);
  };
  (globalThis as Watched).observer = {
    when: (name) =>
      new Promise((resolve) => {
        const timeMs = times.get(name);
        if (timeMs === undefined) waiting.set(name, resolve);
        else resolve(timeMs);
      }),
    send: (bytes) => {
      const args = [Uint8Array.from(bytes)];
      const nowMs = performance.now();
      node?.postMessage({ kind: "call", id: -1, method: "sendTransaction", args });
      return nowMs;
    },
    ask: (method) =>
      new Promise((resolve) => {
        answers.set(--lastCall, resolve);
        node?.postMessage({ kind: "call", id: lastCall, method, args: [] });
      }),
  };
  const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const onMessage = ({ data }: MessageEvent): void => {
    if (data?.kind === "answer") {
      answers.get(data.id)?.(data.value);
      answers.delete(data.id);
    }
    if (data?.kind === "event" && data.event?.type === "transaction")
      note(`${data.event.standing.state} ${hex(data.event.id)}`);
  };
  const onPeers = (peers: readonly PeerFacts[]): void => {
    for (const { seed, direct, transport } of peers) {
      if (seed) note("seed");
      else if (direct && transport === "webrtc") note("direct");
    }
    note(`tabs ${peers.filter(({ seed, direct }) => direct && !seed).length}`);
  };
  globalThis.Worker = class extends Worker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      if (!String(url).includes("node.worker")) return;
      node = this;
      this.addEventListener("message", onMessage);
    }
  };
  // The window tells the node's worker of every peer that has answered an echo over its own connection.
  const post = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function (this: MessagePort, ...args: [unknown, ...never[]]): void {
    const { event } = (args[0] ?? {}) as { event?: { type: string; peers?: readonly PeerFacts[] } };
    if (event?.type === "peers" && event.peers !== undefined) onPeers(event.peers);
    post.apply(this, args as unknown as Parameters<typeof post>);
  };
}

/** A tab that is watched. */
export interface WatchedTab {
  readonly profile: Profile;
  readonly tab: Tab;
  /** Its window's time 0 on the machine's monotonic clock, in milliseconds. */
  readonly originMs: number;
}

/** Opens the app in a fresh profile, watched from the start. */
export async function openWatched(url: string): Promise<WatchedTab> {
  const profile = await openProfile();
  await profile.context.addInitScript(observe);
  const tab = await profile.open(url);
  // Chromium's ticks are the system's monotonic clock, the same for every process of the machine.
  const session = await profile.context.newCDPSession(tab.page);
  await session.send("Performance.enable", { timeDomain: "timeTicks" });
  const { metrics } = await session.send("Performance.getMetrics");
  await session.detach();
  const started = metrics.find(({ name }) => name === "NavigationStart");
  if (started === undefined) throw new Error("the browser does not tell when navigation started");
  return { profile, tab, originMs: started.value * 1_000 };
}

/** Long, because a busy machine may need it for eight browsers; what has not come by then has failed. */
const mostWaitMs = 120_000;

/**
 * Waits until something has been noted: `seed`, `direct`, `tabs <number>`, `pending <id>`, `included <id>`.
 * Answers with its time since navigation in milliseconds.
 */
export async function whenNoted({ tab }: WatchedTab, name: string): Promise<number> {
  const noted = tab.page.evaluate((wanted) => (globalThis as Watched).observer.when(wanted), name);
  const timeout = new Promise<never>((_, reject) => {
    AbortSignal.timeout(mostWaitMs).addEventListener("abort", () =>
      reject(new Error(`no ${name} in ${mostWaitMs} ms`)),
    );
  });
  return Promise.race([noted, timeout]);
}

/** Hands a signed transaction to a tab's node; answers with its time since navigation. */
export function sendFrom({ tab }: WatchedTab, bytes: Uint8Array): Promise<number> {
  return tab.page.evaluate((sent) => (globalThis as Watched).observer.send(sent), [...bytes]);
}

/** Waits until the page shows at least a height. */
export async function whenHeight({ tab }: WatchedTab, height: number): Promise<void> {
  await tab.page.waitForFunction(
    (wanted) => Number(/Height\s*(\d+)/.exec(document.querySelector("header")?.innerText ?? "")?.[1]) >= wanted,
    height,
    { timeout: mostWaitMs },
  );
}
