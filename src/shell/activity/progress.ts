/**
 * How far something is that takes a while, how fast, and when it will be done, by what it says of itself.
 * @module
 */
import type { RunningLine } from "../jobs.ts";

/** What is shown of it. */
export interface Progress {
  /** 0 to 1; null if it does not say. */
  readonly share: number | null;
  /** Milliseconds left at the pace so far; null while that cannot be told. */
  readonly leftMs: number | null;
}

/** Less than this says nothing about a pace. */
const leastMs = 1_000;

/** Progress of which a share was done in so long. */
function atPace(share: number, elapsedMs: number): Progress {
  const isTold = share > 0 && elapsedMs >= leastMs;
  return { share, leftMs: isTold ? (elapsedMs * (1 - share)) / share : null };
}

/** A line by the percentage it shows. */
export function lineProgress({ progress, startedMs }: RunningLine, nowMs: number): Progress {
  const percent = /(\d{1,3}) %/.exec(progress ?? "")?.[1];
  return percent === undefined
    ? { share: null, leftMs: null }
    : atPace(Math.min(100, Number(percent)) / 100, nowMs - startedMs);
}

/** Where taking in the chain was when it was first seen. */
export interface SyncStart {
  readonly atMs: number;
  readonly height: number;
}

/** Taking in the chain: blocks a second since it was first seen, null while that cannot be told. */
export function syncProgress(
  { from, current, target }: { readonly from: number; readonly current: number; readonly target: number },
  start: SyncStart,
  nowMs: number,
): Progress & { readonly perSecond: number | null } {
  const elapsedMs = nowMs - start.atMs;
  const made = current - start.height;
  const perSecond = elapsedMs >= leastMs && made > 0 ? (made * 1_000) / elapsedMs : null;
  const share = target > from ? Math.min(1, Math.max(0, (current - from) / (target - from))) : null;
  return { share, perSecond, leftMs: perSecond === null ? null : ((target - current) * 1_000) / perSecond };
}
