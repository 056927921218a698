/**
 * How long something takes at best, told so that it means the same on slower machines and beside other work.
 * @module
 */

/** Only what is slow takes so many: under a load that lasts for seconds thirty were met by no quiet moment. */
const mostRuns = 100;

/** Runs until {@link readItems} is compiled and has met a quiet moment. */
const yardstickRuns = 20;

/** What {@link readItems} takes at best on the machine whose milliseconds the limits mean (2 cores of 2.6 GHz, quiet). */
const yardstickMs = 3.25;

/**
 * How much more than on a quiet machine is still believed: beside other work, what goes through megabytes is slowed down
 * by more than twice as much as the yardstick, whose data stays in the caches. What is to be found here is code that is
 * not linear in its input, which takes hundreds of times too long.
 */
const allowance = 3;

const items = new Uint8Array(1_048_576).fill(15);

/** The simplest decoder there is, of a mebibyte of items of 15 bytes that tell their lengths: the yardstick. */
function readItems(): unknown {
  const found = [];
  for (let at = 0; at < items.length; ) {
    const length = items[at] ?? 0;
    let sum = 0;
    for (let i = 1; i <= length; i++) sum = (Math.imul(sum, 31) + (items[at + i] ?? 0)) | 0;
    found.push({ at, length, sum });
    at += 1 + length;
  }
  return found;
}

/** By wall clock or by processor time, whichever is shorter: other processes share the cores, and only ever add. */
function timeMs(action: () => void): number {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return Math.min(performance.now() - startedMs, (user + system) / 1_000);
}

/**
 * Whether something takes less than `mostMs`, in milliseconds of a quiet machine like ours: an account of it if not. It
 * is measured against the simplest decoder there is, in the same moments, because a slow machine or a neighbour on the
 * other half of a core slows down both. Ends as soon as it was quick enough once.
 */
export function slowness(action: () => void, mostMs: number): string | null {
  for (let run = 0; run < yardstickRuns; run++) readItems();
  let before = timeMs(readItems);
  let best = { ratio: Number.POSITIVE_INFINITY, ms: 0, yardstick: before };
  for (let run = 0; run < mostRuns; run++) {
    const ms = timeMs(action);
    const after = timeMs(readItems);
    // The better of the two: one that was disturbed would excuse anything.
    const yardstick = Math.min(before, after);
    if (ms / yardstick < best.ratio) best = { ratio: ms / yardstick, ms, yardstick };
    if (best.ratio < (allowance * mostMs) / yardstickMs) return null;
    before = after;
  }
  const scaled = (best.ratio * yardstickMs).toFixed(1);
  return `${best.ms.toFixed(1)} ms at best, where the yardstick took ${best.yardstick.toFixed(1)}: ${scaled} ms of ${mostMs}`;
}
