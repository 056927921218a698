/**
 * What a tab's process takes over time: processor and memory of the page with all its workers.
 * @module
 */
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { median } from "../row.ts";
import { collectGarbage } from "./collect-garbage.ts";
import type { WatchedTab } from "./observer.ts";

/** One look at a process. */
export interface Sample {
  readonly atMs: number;
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

/** Proportional set size of a process: shared pages are counted by halves, thirds, … */
function memoryOf(processId: number): number {
  const rollup = readFileSync(`/proc/${processId}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]) * 1_024;
}

/** After its garbage is collected a process is given this long to give the memory back. */
const returningMs = 3_000;
const lookEveryMs = 500;

/** Watches the process of a tab's page. */
export interface ProcessWatch {
  sample(): Promise<Sample>;
  /**
   * What is left when all garbage of all threads was collected: while there is room, engines let it lie. `aliveBytes` is
   * what the heaps hold then, `processBytes` the least that the process has soon after.
   */
  held(): Promise<{ readonly aliveBytes: number; readonly processBytes: number }>;
}

/** Finds the process of a tab's page. */
export async function watchProcess({ profile, tab }: Pick<WatchedTab, "profile" | "tab">): Promise<ProcessWatch> {
  const browser = profile.context.browser();
  if (browser === null) throw new Error("this profile has no browser to ask");
  const session = await browser.newBrowserCDPSession();
  const renderers = async () => {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    return processInfo.filter(({ type }) => type === "renderer");
  };
  // A profile has a blank page and a spare process besides; ours is the one that has worked most.
  const ours = (await renderers()).toSorted((a, b) => b.cpuTime - a.cpuTime)[0];
  if (ours === undefined) throw new Error("the page has no process");
  const page = await profile.context.newCDPSession(tab.page);
  const sample = async (): Promise<Sample> => {
    const cpuTimeS = (await renderers()).find(({ id }) => id === ours.id)?.cpuTime;
    if (cpuTimeS === undefined) throw new Error("the page's process has gone");
    return { atMs: performance.now(), cpuMs: cpuTimeS * 1_000, memoryBytes: memoryOf(ours.id) };
  };
  const held = async () => {
    const aliveBytes = await collectGarbage(page);
    let least = Number.POSITIVE_INFINITY;
    for (const endMs = performance.now() + returningMs; performance.now() < endMs; ) {
      await pause(lookEveryMs);
      least = Math.min(least, memoryOf(ours.id));
    }
    return { aliveBytes, processBytes: least };
  };
  return { sample, held };
}

/** Bytes per millisecond, by least squares. */
function slope(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const meanMs = mean(({ atMs }) => atMs);
  const meanBytes = mean(({ memoryBytes }) => memoryBytes);
  return (
    mean(({ atMs, memoryBytes }) => (atMs - meanMs) * (memoryBytes - meanBytes)) /
    mean(({ atMs }) => (atMs - meanMs) ** 2)
  );
}

/** Megabytes are decimal in figures. */
export const bytesPerMb = 1_000_000;

/** Processor, memory and growth of memory over the samples, in the order of time; names and goals are the caller's. */
export function processFigures(samples: readonly Sample[]) {
  const [first, last] = [samples[0] as Sample, samples.at(-1) as Sample];
  // What loading has left behind is collected in the first half; growth shows in the second.
  const settled = samples.slice(samples.length >> 1);
  return {
    processor: { unit: "% of a core", value: (100 * (last.cpuMs - first.cpuMs)) / (last.atMs - first.atMs) },
    memory: { unit: "MB", value: median(settled.map(({ memoryBytes }) => memoryBytes)) / bytesPerMb },
    growth: { unit: "MB/min", value: (slope(settled) * 60_000) / bytesPerMb },
  } as const;
}
