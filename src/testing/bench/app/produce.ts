/**
 * What producing costs its user, and how fast two tabs make blocks: each block with its proof and sample, while somebody
 * types into one of the tabs.
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";
import { toHex } from "#protocol/codec/bytes.ts";
import type { Header } from "#protocol/consensus/header.ts";
import { startSeed } from "../../../../e2e/harness.ts";
import { makeIdentity } from "../../../../e2e/steps.ts";
import { browserName } from "../browser-platform.ts";
import { type BenchRow, sampled } from "../row.ts";
import { blockAt, headHeight, independentPayments } from "./coins.ts";
import { openWatched, sendFrom, type WatchedTab, whenHeight, whenNoted } from "./observer.ts";
import { bytesPerMb, processFigures, type Sample, watchProcess } from "./process-samples.ts";

/** A key is pressed and memory looked at this often. */
const lookEveryMs = 1_000;

/** Enough payments for a block a second, for half an hour. */
const paymentRounds = 30;

type Typed = typeof globalThis & { keyLatenciesMs: number[] };

/** Runs in the page: from the browser's receiving a key to the frame after the page has dealt with it. */
function watchKeys(): void {
  const latencies: number[] = [];
  (globalThis as Typed).keyLatenciesMs = latencies;
  addEventListener(
    "keydown",
    ({ timeStamp }) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        // Messages come after the frame's painting.
        port1.onmessage = () => latencies.push(performance.now() - timeStamp);
        port2.postMessage(null);
      });
    },
    { capture: true },
  );
}

async function producing(url: string, tabs: number): Promise<WatchedTab[]> {
  const all: WatchedTab[] = [];
  for (let i = 0; i < tabs; i++) all.push(await openWatched(url));
  for (const watched of all) await whenNoted(watched, `tabs ${tabs - 1}`);
  for (const { tab } of all) {
    await makeIdentity(tab);
    // A key a second is pressed to measure: a pause for each would leave nothing to measure.
    await tab.command("activity cap --typing run", /while you type: run/);
    await tab.command("role produce on", /produce\s+on, /);
  }
  return all;
}

interface Watching {
  readonly samples: readonly Sample[];
  /** Growth from the middle to the end of what is left when all garbage is collected. */
  readonly heldGrowth: { readonly aliveBytesPerMinute: number; readonly processBytesPerMinute: number };
}

/** Types and samples until the time is over; keeps the pool filled, so that there is always a block to make. */
async function watch(watched: WatchedTab, minutes: number, refill: () => Promise<void>): Promise<Watching> {
  const { page } = watched.tab;
  await page.evaluate(watchKeys);
  const { sample, held } = await watchProcess(watched);
  // A prover that happens to be at work would count with its whole heap.
  const heldAtRest = async () => {
    const atMs = performance.now();
    await watched.tab.command("role produce off", /produce {2}off/);
    const bytes = await held();
    await watched.tab.command("role produce on", /produce\s+on, /);
    return { atMs, ...bytes };
  };
  const samples = [await sample()];
  const endMs = performance.now() + minutes * 60_000;
  const middleMs = performance.now() + minutes * 30_000;
  let middle: Awaited<ReturnType<typeof heldAtRest>> | null = null;
  await page.locator(".xterm-helper-textarea").focus();
  while (performance.now() < endMs) {
    if (middle === null && performance.now() > middleMs) middle = await heldAtRest();
    await page.keyboard.press("a");
    await page.keyboard.press("Backspace");
    await refill();
    await pause(lookEveryMs);
    samples.push(await sample());
  }
  if (middle === null) throw new Error("the time was too short to be halved");
  const end = await heldAtRest();
  const minutesBetween = (end.atMs - middle.atMs) / 60_000;
  const heldGrowth = {
    aliveBytesPerMinute: (end.aliveBytes - middle.aliveBytes) / minutesBetween,
    processBytesPerMinute: (end.processBytes - middle.processBytes) / minutesBetween,
  };
  return { samples, heldGrowth };
}

/** Rows of producing for some minutes. */
export async function measureProduction(minutes: number): Promise<BenchRow[]> {
  const rich = await startSeed();
  const { payments, height } = await independentPayments(rich, paymentRounds);
  await rich.stop();
  const seed = await startSeed({ dataDirectory: rich.dataDirectory, port: rich.port, flags: ["--threads", "0"] });
  const tabs = await producing(seed.url, 2);
  const [watched] = tabs as [WatchedTab, WatchedTab];
  await whenHeight(watched, height);
  const waiting = [...payments];
  let seen = height;
  const send = async (): Promise<void> => {
    const payment = waiting.shift();
    if (payment === undefined) throw new Error("the payments ran out");
    await sendFrom(watched, payment.bytes);
  };
  // Two wait at any time: one for the block being made, one for the next.
  await send();
  await send();
  const watching = await watch(watched, minutes, async () => {
    const head = await headHeight(seed);
    for (; seen < head; seen++) await send();
  });
  const headers: Header[] = [];
  for (let at = height; at <= seen; at++) headers.push((await blockAt(seed, at)).header);
  const latencies = await watched.tab.page.evaluate(() => (globalThis as Typed).keyLatenciesMs);
  const where = browserName(watched.tab);
  for (const { profile } of tabs) await profile.close();
  await seed.stop();
  return rowsOf(minutes, watching, latencies, headers).map((row) => ({ ...row, where }));
}

function rowsOf(
  minutes: number,
  { samples, heldGrowth }: Watching,
  latencies: readonly number[],
  headers: readonly Header[],
): Omit<BenchRow, "where">[] {
  const figures = processFigures(samples);
  const made = headers.slice(1);
  const producers = new Set(made.map(({ proposer }) => toHex(proposer.keyHash)));
  const shares = [...producers].map((one) => made.filter(({ proposer }) => toHex(proposer.keyHash) === one).length);
  const method = `${minutes} minutes, two tabs and a seed that does not produce on one machine, payments always waiting`;
  const collected = `${method}; from the middle to the end, each time with no block in the making and all garbage collected`;
  const intervals = made.map(({ timeMs }, index) => (timeMs - (headers[index] as Header).timeMs) / 1_000);
  return [
    sampled(
      {
        name: "block interval on dev, two producing tabs",
        unit: "s",
        method: `${method}; by the headers' times; blocks by producer: ${shares.join(" and ")}`,
      },
      intervals,
    ),
    sampled(
      {
        name: "producing tab, key to frame",
        unit: "ms",
        goals: [{ of: "p95", atMost: 50 }],
        method: `${method}; from the key's event to the end of the frame that follows it`,
      },
      latencies,
    ),
    {
      name: "producing tab, memory",
      ...figures.memory,
      method: `${method}; median proportional set size of the second half, page and workers`,
    },
    {
      name: "producing tab, growth of memory",
      ...figures.growth,
      method: `${method}; least squares over the second half, garbage included`,
    },
    {
      name: "producing tab, growth of what is alive in its heaps",
      unit: "MB/min",
      value: heldGrowth.aliveBytesPerMinute / bytesPerMb,
      goals: [{ of: "value", atMost: 1 }],
      method: `${collected}; heaps of all threads, buffers included`,
    },
    {
      name: "producing tab, growth of its process without garbage",
      unit: "MB/min",
      value: heldGrowth.processBytesPerMinute / bytesPerMb,
      method: `${collected}; proportional set size`,
    },
    {
      name: "producing tab, processor",
      ...figures.processor,
      method: `${method}; page and workers`,
    },
  ];
}
