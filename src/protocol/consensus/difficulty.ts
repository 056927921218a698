/**
 * Difficulty: fixed on `dev`; on `main` a retarget every 10 blocks over the newest 200 intervals, weighted by work. (The
 * white paper multiplies the old difficulty by the window's mean interval, which counts each slow block twenty times.)
 * @module
 */
import { compareBytes } from "../codec/bytes.ts";
import type { NetworkParameters } from "../parameters.ts";
import { medianTimeMs } from "./header-times.ts";
import { targetOfWork, workOfTarget } from "./work.ts";

/** What the rule needs of an ancestor. */
export interface RetargetPoint {
  readonly timeMs: number;
  readonly target: Uint8Array;
}

/** Number of ancestors (parent included) that {@link requiredTarget} wants for a block at `height`. */
export function retargetAncestors(parameters: NetworkParameters, height: number): number {
  const { retarget, medianTimeBlocks } = parameters;
  if (retarget === null || height % retarget.everyBlocks !== 0) return 1;
  return Math.min(height, retarget.windowIntervals + medianTimeBlocks);
}

/**
 * The exact target a block at `height` must carry. `ancestors` are the newest ones in ascending order, the parent last,
 * at least {@link retargetAncestors} of them. Both ends of the window are medians of the times ending there, so that a
 * lone false timestamp moves nothing (no time warp).
 */
export function requiredTarget(
  parameters: NetworkParameters,
  height: number,
  ancestors: readonly RetargetPoint[],
): Uint8Array {
  const parent = ancestors[ancestors.length - 1];
  if (parent === undefined || parameters.retarget === null) return parameters.initialTarget;
  const { everyBlocks, windowIntervals, maximumStep } = parameters.retarget;
  const intervals = Math.min(windowIntervals, height - 1);
  if (height % everyBlocks !== 0 || intervals < 1) return parent.target;

  const last = ancestors.length - 1;
  const medianEndingAt = (index: number): number =>
    medianTimeMs(
      ancestors.slice(Math.max(0, index + 1 - parameters.medianTimeBlocks), index + 1).map((point) => point.timeMs),
    );
  const elapsedMs = Math.max(1, medianEndingAt(last) - medianEndingAt(last - intervals));
  let windowWork = 0n;
  for (const point of ancestors.slice(-intervals)) windowWork += workOfTarget(point.target);

  const parentWork = workOfTarget(parent.target);
  const step = BigInt(maximumStep);
  let work = (windowWork * BigInt(parameters.blockIntervalMs)) / BigInt(elapsedMs);
  if (work > parentWork * step) work = parentWork * step;
  if (work * step < parentWork) work = parentWork / step;
  const target = targetOfWork(work < 1n ? 1n : work);
  return compareBytes(target, parameters.initialTarget) > 0 ? parameters.initialTarget : target;
}
