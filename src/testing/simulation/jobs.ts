/**
 * Many seeds in processes of their own: one that throws ends its process, not the run, and several use several processors.
 * @module
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Outcome } from "./summary.ts";

/** A run that is over. */
export interface Played {
  readonly outcome: Outcome;
  readonly tookMs: number;
}

/** Seeds for one process. */
interface Portion {
  readonly first: number;
  readonly count: number;
}

/** What every run of many is started with. */
export interface JobParts {
  /** The script of the simulator, and its arguments but for the seeds. */
  readonly script: string;
  readonly options: readonly string[];
  /** Processes at once. */
  readonly jobs: number;
  /** Hears of each run as it ends, in whatever order. */
  onPlayed(played: Played): void;
}

/** A line that a process prints for each run. */
export function lineOf(played: Played): string {
  return `${JSON.stringify(played)}\n`;
}

/** Plays a portion in one process; gives what is left of it if the process ended early. */
async function playPortion(
  { first, count }: Portion,
  { script, options, onPlayed }: JobParts,
): Promise<Portion | null> {
  const seeds = ["--seed", String(first), "--seeds", String(count), "--lines"];
  const child = spawn(process.execPath, [script, ...options, ...seeds], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let next = first;
  for await (const line of createInterface({ input: child.stdout })) {
    const played = JSON.parse(line) as Played;
    next = played.outcome.seed + 1;
    onPlayed(played);
  }
  await ended;
  if (next >= first + count) return null;
  if (next === first) throw new Error(`The process for seed ${first} ended without a word.`);
  return { first: next, count: first + count - next };
}

/** Plays so many seeds of a scenario; all outcomes, in the order of their seeds. */
export async function playSeeds(firstSeed: number, count: number, parts: JobParts): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const onPlayed = (played: Played): void => {
    outcomes.push(played.outcome);
    parts.onPlayed(played);
  };
  const size = Math.ceil(count / parts.jobs);
  const waiting: Portion[] = [];
  for (let first = firstSeed; first < firstSeed + count; first += size)
    waiting.push({ first, count: Math.min(size, firstSeed + count - first) });
  const work = async (): Promise<void> => {
    for (let portion = waiting.shift(); portion !== undefined; portion = waiting.shift()) {
      const left = await playPortion(portion, { ...parts, onPlayed });
      if (left !== null) waiting.unshift(left);
    }
  };
  await Promise.all(Array.from({ length: parts.jobs }, work));
  return outcomes.sort((a, b) => a.seed - b.seed);
}
