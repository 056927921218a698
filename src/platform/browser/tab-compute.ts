/**
 * What a tab computes with: verification and nonces on a pool of threads, prover and sampler on threads of their own. Making
 * blocks keeps to its share; verifying is never held back.
 * @module
 */
import type { BlockSampler, ComputeShare, Pace, SegmentProver } from "#node/ports.ts";
import { type ComputePool, createComputePool } from "../wasm/compute-pool.ts";
import { createSegmentProver } from "../wasm/prover.ts";
import { WorkPace } from "../wasm/work-pace.ts";
import { computeThread } from "./compute-threads.ts";
import { browserClock } from "./system.ts";
import { emulatedUnitOnDemand } from "./unit-ports.ts";

/** Starts the threads; only the composition root knows their scripts. */
export interface TabThreads {
  compute(): Worker;
  prover(): Worker;
  sampler(): Worker;
}

/** The node's compute ports in a tab. */
export interface TabCompute extends Omit<ComputePool, "close"> {
  readonly segmentProver: SegmentProver;
  readonly sampler: BlockSampler;
  readonly pace: Pace;
}

/** Starts them. `warn` hears, in words for the user, of threads that end by themselves. */
export function createTabCompute(
  threads: TabThreads,
  share: ComputeShare,
  warn: (message: string) => void,
): TabCompute {
  /** Leaves cores for the window and the node itself. */
  const count = Math.max(1, Math.min(4, navigator.hardwareConcurrency - 1));
  const pool = createComputePool(
    () => computeThread(threads.compute()),
    count,
    () => performance.now(),
    {
      searchShare: () => share.share(),
      onThreadDeath: (reason, left) => warn(`A compute thread ended (${reason}); ${left} go on.`),
    },
  );
  return {
    ...pool,
    segmentProver: createSegmentProver(() => computeThread(threads.prover()), share),
    sampler: emulatedUnitOnDemand(() => threads.sampler()),
    pace: new WorkPace(share, browserClock),
  };
}
