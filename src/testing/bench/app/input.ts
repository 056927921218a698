/**
 * What somebody who types feels of the work beside them: from a key to its letter on the screen, and the tasks that hold the
 * window's thread, while a node joins and takes the chain in, rests, and makes blocks.
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";
import { startSeed } from "../../../../e2e/harness.ts";
import { makeIdentity } from "../../../../e2e/steps.ts";
import { Random } from "../../random.ts";
import { browserName } from "../browser-platform.ts";
import { type BenchRow, type MeasuredRow, sampled } from "../row.ts";
import { headHeight } from "./coins.ts";
import { type Doing, doingNow, type Echo, type Seen, takeSeen, typeBurst, watchEcho } from "./echo-watch.ts";
import { openWatched, type WatchedTab, whenHeight } from "./observer.ts";

const goalMs = 50;
const newcomers = 5;
const lettersPerBurst = 12;
const restingBursts = 15;
/** Each way of making blocks is watched for so long. */
const producingMs = 40_000;
/** Longer than the pause for typing lasts after the last key, so that there is work for the first keys of each burst. */
const quietMs = 2_500;

/** A new seed mines without pause until its faucet has its reserve, and takes no less than this for it. */
const busyBlocks = 16;

/** The seed is asked this often whether its chain is long enough. */
const askHeightEveryMs = 1_000;

/** From key to key: quick typing, never in step with frames. */
const random = new Random(1);
const betweenMs = (): number => 80 + (random.next32() % 80);

function echoRow(name: string, echoes: readonly Echo[], method: string): MeasuredRow {
  const goals = [{ of: "p95", atMost: goalMs }] as const;
  const figures = { name: `key to its letter on the screen, ${name}`, unit: "ms", method, goals };
  return sampled(
    figures,
    echoes.map(({ latencyMs }) => latencyMs),
  );
}

function longTaskRow(name: string, { longTasks }: Seen, method: string): MeasuredRow {
  return {
    name: `longest task of the window, ${name}`,
    unit: "ms",
    value: Math.max(0, ...longTasks.map(({ tookMs }) => tookMs)),
    goals: [{ of: "value", atMost: goalMs }],
    method: `${method}; ${longTasks.length} above 50 ms`,
  };
}

const how = "from the key's event to the end of the frame that shows its letter, keys pressed through the browser";

/** Newcomers type from the first prompt on, until they have the chain. */
async function joining(url: string): Promise<readonly MeasuredRow[]> {
  const echoes: Echo[] = [];
  const longTasks: Seen["longTasks"][number][] = [];
  for (let i = 0; i < newcomers; i++) {
    const watched = await openWatched(url);
    const { page } = watched.tab;
    await watchEcho(page);
    let synced = false;
    const whenSynced = whenHeight(watched, busyBlocks).then(() => {
      synced = true;
    });
    do await typeBurst(page, lettersPerBurst, betweenMs);
    while (!synced);
    await whenSynced;
    const seen = await takeSeen(page);
    echoes.push(...seen.echoes);
    longTasks.push(...seen.longTasks);
    await watched.profile.close();
  }
  const method = `${newcomers} new profiles, from the prompt until ${busyBlocks} blocks with their proofs are taken in`;
  return [
    echoRow("while the chain is taken in", echoes, `${how}; ${method}`),
    longTaskRow("while the chain is taken in", { echoes, longTasks }, method),
  ];
}

async function resting({ tab: { page } }: WatchedTab): Promise<readonly MeasuredRow[]> {
  await takeSeen(page);
  for (let burst = 0; burst < restingBursts; burst++) await typeBurst(page, lettersPerBurst, betweenMs);
  const seen = await takeSeen(page);
  const method = "a joined tab that makes no blocks";
  return [echoRow("at rest", seen.echoes, `${how}; ${method}`), longTaskRow("at rest", seen, method)];
}

/** Bursts of typing while blocks are made under the given caps. */
async function producing({ tab }: WatchedTab, caps: string): Promise<Seen> {
  const { page } = tab;
  await tab.command(`activity cap ${caps}`, /while you type: \w+/);
  await tab.command("role produce on", /produce\s+on, /);
  await takeSeen(page);
  const endMs = performance.now() + producingMs;
  while (performance.now() < endMs) {
    await typeBurst(page, lettersPerBurst, betweenMs);
    await page.waitForTimeout(quietMs);
    if ((await doingNow(page)) !== "nothing") continue;
    // All that the next block needs is there; begun anew there is work again.
    await tab.command("role produce off", /produce {2}off/);
    await tab.command("role produce on", /produce\s+on, /);
  }
  const seen = await takeSeen(page);
  await tab.command("role produce off", /produce {2}off/);
  return seen;
}

function producingRows(name: string, seen: Seen, stages: readonly Doing[]): readonly MeasuredRow[] {
  const method = `${producingMs / 1_000} s of making blocks, ${lettersPerBurst} keys and then ${quietMs / 1_000} s of quiet, again and again; work begun anew when it is done`;
  const during = stages.map((stage) => {
    const echoes = seen.echoes.filter(({ doing }) => doing === stage);
    return echoRow(`${name}, keys pressed while ${stage}`, echoes, `${how}; ${method}`);
  });
  return [echoRow(name, seen.echoes, `${how}; ${method}`), ...during, longTaskRow(name, seen, method)];
}

/** Rows of typing. */
export async function measureInput(): Promise<BenchRow[]> {
  const first = await startSeed();
  while ((await headHeight(first)) < busyBlocks) await pause(askHeightEveryMs);
  const { dataDirectory, port } = first;
  await first.stop();
  // From now on nobody but the tab works.
  const seed = await startSeed({ dataDirectory, port, flags: ["--threads", "0"] });
  const rows = [...(await joining(seed.url))];
  const watched = await openWatched(seed.url);
  await whenHeight(watched, busyBlocks);
  await watchEcho(watched.tab.page);
  rows.push(...(await resting(watched)));
  await makeIdentity(watched.tab);
  const considerate = await producing(watched, "--cpu 50 --typing pause");
  rows.push(...producingRows("making blocks, paused while typing", considerate, ["paused"]));
  const half = await producing(watched, "--cpu 50 --typing run");
  rows.push(...producingRows("making blocks at 50 %, not paused", half, ["sampling", "proving"]));
  const whole = await producing(watched, "--cpu 100 --typing run");
  rows.push(...producingRows("making blocks at 100 %, not paused", whole, ["sampling", "proving"]));
  const where = browserName(watched.tab);
  await watched.profile.close();
  await seed.stop();
  return rows.map((row) => ({ ...row, where }));
}
