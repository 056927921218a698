/**
 * What an idle tab costs: processor time and memory of its process, workers included, while the network just runs.
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";
import { startSeed } from "../../../../e2e/harness.ts";
import { browserName } from "../browser-platform.ts";
import type { BenchRow } from "../row.ts";
import { openWatched, whenHeight, whenNoted } from "./observer.ts";
import { processFigures, type Sample, watchProcess } from "./process-samples.ts";

const sampleEveryMs = 5_000;
/** A new seed mines without pause until its faucet has its reserve, and takes no less than this for it. */
const busyBlocks = 16;

/** Rows of idling for some minutes. */
export async function measureIdle(minutes: number): Promise<BenchRow[]> {
  const seed = await startSeed();
  const [watched, other] = [await openWatched(seed.url), await openWatched(seed.url)];
  await whenNoted(watched, "direct");
  await whenHeight(watched, busyBlocks);
  const { sample } = await watchProcess(watched);
  const samples = [await sample()];
  const [first] = samples as [Sample];
  const endMs = first.atMs + minutes * 60_000;
  while (performance.now() < endMs) {
    await pause(Math.min(sampleEveryMs, endMs - performance.now()));
    samples.push(await sample());
  }
  const figures = processFigures(samples);
  const where = browserName(watched.tab);
  await watched.profile.close();
  await other.profile.close();
  await seed.stop();
  const method = `${minutes} minutes, joined to a seed and directly to one tab, when a block a minute is all that happens; the page's own process with all its workers, every ${sampleEveryMs / 1_000} s`;
  return [
    {
      name: "idle tab, processor",
      ...figures.processor,
      goals: [{ of: "value" as const, atMost: 5 }],
      method: `${method}; from the browser's count of processor time`,
    },
    {
      name: "idle tab, memory",
      ...figures.memory,
      goals: [{ of: "value" as const, atMost: 250 }],
      method: `${method}; median proportional set size of the second half`,
    },
    {
      name: "idle tab, growth of memory",
      ...figures.growth,
      goals: [{ of: "value" as const, atMost: 1 }],
      method: `${method}; least squares over the second half`,
    },
  ].map((row) => ({ ...row, where }));
}
