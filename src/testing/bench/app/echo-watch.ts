/**
 * Watches, in a page of the app, how long a key takes to be seen, what the node computes meanwhile, and which tasks hold the
 * window's thread.
 * @module
 */
import type { Page } from "playwright-core";
import type { Watched } from "./observer.ts";

/** What a node was doing when a key was pressed. */
export type Doing = "nothing" | "paused" | "sampling" | "proving" | "searching";

/** A key and when its letter was on the screen. */
export interface Echo {
  readonly doing: Doing;
  readonly latencyMs: number;
}

/** A task of the window that held its thread for more than 50 ms. */
interface LongTask {
  readonly startMs: number;
  readonly tookMs: number;
}

/** What was seen since it was last asked for. */
export interface Seen {
  readonly echoes: readonly Echo[];
  readonly longTasks: readonly LongTask[];
}

interface EchoWatch {
  /** What the node does now, by its newest word. */
  doing: Doing;
  /** Keys count from now on; the line at the prompt must be empty. */
  begin(): void;
  /** Resolves once all counted keys are on the screen. */
  settled(): Promise<void>;
  take(): Seen;
}

type WatchedInput = Watched & { echoWatch: EchoWatch };

/** The letter that is typed. */
export const letter = "a";

/** Runs in the page; must stand alone. `letter` is typed alone at the end of the prompt's line. */
function watchEchoes({ letter, askEveryMs }: { readonly letter: string; readonly askEveryMs: number }): void {
  interface Pressed {
    readonly atMs: number;
    readonly doing: Doing;
    /** Letters on the line when this one is there. */
    readonly number: number;
  }
  const own = globalThis as WatchedInput;
  const rows = document.querySelector(".xterm-rows");
  if (rows === null) throw new Error("there is no terminal");
  let echoes: Echo[] = [];
  let longTasks: LongTask[] = [];
  let pending: Pressed[] = [];
  let number = Number.NaN;
  let whenSettled = (): void => undefined;
  const ends = new RegExp(`(${letter}+)\\s*$`);
  const afterPaint = (painted: readonly Pressed[]): void => {
    const { port1, port2 } = new MessageChannel();
    // The terminal writes its rows in a frame's callback; messages come after that frame's painting.
    port1.onmessage = () => {
      const nowMs = performance.now();
      for (const { doing, atMs } of painted) echoes.push({ doing, latencyMs: nowMs - atMs });
      if (pending.length === 0) whenSettled();
    };
    port2.postMessage(null);
  };
  new MutationObserver(() => {
    if (pending.length === 0) return;
    const shown = ends.exec(rows.textContent ?? "")?.[1]?.length ?? 0;
    const painted = pending.filter(({ number }) => number <= shown);
    if (painted.length === 0) return;
    pending = pending.filter(({ number }) => number > shown);
    afterPaint(painted);
  }).observe(rows, { childList: true, subtree: true, characterData: true });
  addEventListener(
    "keydown",
    (event) => {
      const { key, timeStamp } = event as KeyboardEvent;
      if (key !== letter || Number.isNaN(number)) return;
      pending.push({ atMs: timeStamp, doing: own.echoWatch.doing, number: ++number });
    },
    { capture: true },
  );
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) longTasks.push({ startMs: startTime, tookMs: duration });
  }).observe({ type: "longtask" });
  own.echoWatch = {
    doing: "nothing",
    begin: () => {
      whenSettled = () => undefined;
      number = 0;
    },
    settled: () =>
      new Promise((resolve) => {
        whenSettled = () => {
          number = Number.NaN;
          resolve();
        };
        if (pending.length === 0) whenSettled();
      }),
    take: () => {
      const seen = { echoes, longTasks };
      echoes = [];
      longTasks = [];
      return seen;
    },
  };
  interface Activity {
    readonly pausedFor: string;
    readonly producing: boolean;
    readonly search: { readonly threads: number };
    readonly work: { readonly stage: string };
  }
  const doingOf = ({ producing, pausedFor, search, work }: Activity): Doing => {
    if (!producing) return "nothing";
    if (pausedFor !== "") return "paused";
    if (search.threads > 0) return "searching";
    return work.stage === "sampling" || work.stage === "proving" ? work.stage : "nothing";
  };
  setInterval(async () => {
    const { value } = (await own.observer.ask("activity")) as { readonly value?: Activity };
    if (value !== undefined) own.echoWatch.doing = doingOf(value);
  }, askEveryMs);
}

const terminalField = ".xterm-helper-textarea";

/** The node is asked this often what it does, in every phase alike. */
const askEveryMs = 200;

/** Begins to watch a page whose prompt is there. */
export async function watchEcho(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector(".xterm-rows")?.textContent?.includes("›"));
  // What Playwright brings into the page for this holds its thread for longer than anything of the app.
  await page.locator(terminalField).focus();
  return page.evaluate(watchEchoes, { letter, askEveryMs });
}

/** What the node does now. */
export function doingNow(page: Page): Promise<Doing> {
  return page.evaluate(() => (globalThis as WatchedInput).echoWatch.doing);
}

/** What was seen since this was last asked. */
export function takeSeen(page: Page): Promise<Seen> {
  return page.evaluate(() => (globalThis as WatchedInput).echoWatch.take());
}

/** Types some letters as a quick person does, waits until they are seen, and takes them back. */
export async function typeBurst(page: Page, letters: number, betweenMs: () => number): Promise<void> {
  await page.locator(terminalField).focus();
  await page.evaluate(() => (globalThis as WatchedInput).echoWatch.begin());
  for (let i = 0; i < letters; i++) {
    await page.keyboard.press(letter);
    await page.waitForTimeout(betweenMs());
  }
  await page.evaluate(() => (globalThis as WatchedInput).echoWatch.settled());
  await page.keyboard.press("Control+U");
}
