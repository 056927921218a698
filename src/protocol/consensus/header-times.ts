/**
 * The two bounds on a block's time: above the median of its ancestors, not far ahead of network time.
 * @module
 */
import type { NetworkParameters } from "../parameters.ts";
import { accepted, type Result, rejected } from "../result.ts";

/** Median of some times in milliseconds; of an even number the upper middle. `timesMs` must not be empty. */
export function medianTimeMs(timesMs: readonly number[]): number {
  const sorted = [...timesMs].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] as number;
}

/**
 * Checks a header's time against its newest ancestors' (at most `medianTimeBlocks` of them, any order) and network time.
 * Refuses with `time-too-early` or `time-too-late`; the latter may pass later.
 */
export function validateHeaderTimes(
  timeMs: number,
  ancestorTimesMs: readonly number[],
  networkTimeMs: number,
  parameters: Pick<NetworkParameters, "maximumFutureMs" | "medianTimeBlocks">,
): Result<null> {
  const newest = ancestorTimesMs.slice(-parameters.medianTimeBlocks);
  if (newest.length > 0) {
    const medianMs = medianTimeMs(newest);
    if (timeMs <= medianMs) {
      return rejected("time-too-early", "The block is not younger than the median of its ancestors.", {
        timeMs,
        medianMs,
      });
    }
  }
  const latestMs = networkTimeMs + parameters.maximumFutureMs;
  if (timeMs > latestMs) {
    return rejected("time-too-late", "The block is too far ahead of network time.", { timeMs, latestMs });
  }
  return accepted(null);
}
