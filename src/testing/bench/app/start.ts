/**
 * What somebody waits for who opens the page: the first paint and a prompt that takes what is typed, on an empty profile,
 * again, and without a network; and how long the thread that paints is held on the way. Another build, if one is given,
 * takes turns with this one.
 * @module
 */
import { join } from "node:path";
import type { Page } from "playwright-core";
import { noBlocks, openProfile, startSeed } from "../../../../e2e/harness.ts";
import { type BenchRow, median, sampled } from "../row.ts";

const rounds = 7;

/** A task that holds the thread longer is one that people notice. */
const longTaskMs = 50;

const visits = ["cold", "warm", "offline"] as const;

type Visit = (typeof visits)[number];

/** Milliseconds. */
interface Times {
  readonly paint: number;
  readonly prompt: number;
  /** The longest task of the window until its node has a peer, or until the prompt where it finds none. */
  readonly longestTask: number;
}

type Noted = typeof globalThis & { promptAtMs?: number; tasksMs: number[] };

/** Runs in the page before its own scripts; must stand alone. */
function note(): void {
  const noted = globalThis as Noted;
  noted.tasksMs = [0];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) noted.tasksMs.push(duration);
  }).observe({ type: "longtask", buffered: true });
  new MutationObserver((_, observer) => {
    if (!document.querySelector(".xterm-rows")?.textContent?.includes("›")) return;
    noted.promptAtMs = performance.now();
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true, characterData: true });
}

const hasPeer = (): boolean => /Peers\s*[1-9]/.test(document.querySelector("header")?.innerText ?? "");

async function timesOf(page: Page, visit: Visit): Promise<Times> {
  await page.waitForFunction(() => (globalThis as Noted).promptAtMs !== undefined);
  if (visit !== "offline") await page.waitForFunction(hasPeer);
  return page.evaluate(() => {
    const { promptAtMs, tasksMs } = globalThis as Noted;
    const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
    return { paint: paint ?? Number.NaN, prompt: promptAtMs ?? Number.NaN, longestTask: Math.max(...tasksMs) };
  });
}

/** Opens the page three times in a new profile. */
async function visitAll(url: string): Promise<Record<Visit, Times>> {
  // What it keeps for an offline start is part of what is measured.
  const { context, close } = await openProfile({ isKept: true });
  await context.addInitScript(note);
  const open = async (visit: Visit): Promise<Times> => {
    const page = await context.newPage();
    await page.goto(url, { waitUntil: "commit" });
    const times = await timesOf(page, visit);
    // The next visit is answered from what the service worker keeps.
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.close();
    return times;
  };
  const cold = await open("cold");
  const warm = await open("warm");
  await context.setOffline(true);
  const offline = await open("offline");
  await close();
  return { cold, warm, offline };
}

const wanted: Readonly<
  Record<keyof Times, { readonly name: string; readonly goals: Readonly<Record<Visit, number>> }>
> = {
  paint: { name: "first contentful paint", goals: { cold: 1_000, warm: 1_000, offline: 1_000 } },
  prompt: { name: "prompt that takes keys", goals: { cold: 1_000, warm: 500, offline: 500 } },
  longestTask: {
    name: "longest task of the window",
    goals: { cold: longTaskMs, warm: longTaskMs, offline: longTaskMs },
  },
};

/** Rows of opening the page; `against` is the root of another checkout that is built. */
export async function measureStart(against: string | null): Promise<BenchRow[]> {
  const builds = [undefined, ...(against === null ? [] : [join(against, "dist/seed/main.js")])];
  // A seed is another machine than its visitor's, so it computes nothing here: a block's proof takes a core.
  const seeds = await Promise.all(
    builds.map((script) => startSeed({ flags: noBlocks, ...(script === undefined ? {} : { script }) })),
  );
  const taken: Record<Visit, Times>[][] = seeds.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { url }] of seeds.entries()) taken[i]?.push(await visitAll(url));
  }
  for (const seed of seeds) await seed.stop();
  const [ours = [], others] = taken;
  const method =
    "a new browser process and profile each round, then the same profile again, then without a network; the seed makes no blocks";
  return visits.flatMap((visit) =>
    (Object.keys(wanted) as (keyof Times)[]).map((figure) => {
      const { name, goals } = wanted[figure];
      const samples = (of: readonly Record<Visit, Times>[]): number[] => of.map((times) => times[visit][figure]);
      const row = sampled(
        { name: `${visit}: ${name}`, unit: "ms", method, goals: [{ of: "value", atMost: goals[visit] }] },
        samples(ours),
      );
      const rival = others === undefined ? null : { name: "the other build", value: median(samples(others)) };
      return { ...row, where: "Chromium", ...(rival === null ? {} : { rival, ratio: row.value / rival.value }) };
    }),
  );
}
