/**
 * What a browser really does: its processes, their time on the processor, and their threads, as Linux counts them.
 */
import { readdirSync, readFileSync } from "node:fs";

/** Ticks of a second in /proc; the same on every Linux. */
const ticksPerSecond = 100;

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // It ended while we looked.
    return "";
  }
}

/** A process and all that descend from it. */
function family(root: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    // The name, in brackets, may hold anything; what follows it is numbers.
    const parent = Number(read(`/proc/${entry}/stat`).split(") ").at(-1)?.split(" ")[1]);
    parents.set(Number(entry), parent);
  }
  const members = [root];
  for (const member of members) for (const [child, parent] of parents) if (parent === member) members.push(child);
  return members;
}

/** Threads of workers that live in a browser. */
export function workerThreads(browser: number): number {
  const names = family(browser).flatMap((member) => {
    try {
      return readdirSync(`/proc/${member}/task`).map((task) => read(`/proc/${member}/task/${task}/comm`));
    } catch {
      return [];
    }
  });
  return names.filter((name) => name.startsWith("DedicatedWorker")).length;
}

/** Seconds of processor time that a browser has taken. */
export function processorSeconds(browser: number): number {
  const ticks = family(browser).map((member) => {
    const [user = 0, system = 0] =
      read(`/proc/${member}/stat`).split(") ").at(-1)?.split(" ").slice(11, 13).map(Number) ?? [];
    return user + system;
  });
  return ticks.reduce((sum, each) => sum + each, 0) / ticksPerSecond;
}
