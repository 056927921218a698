/**
 * Compute threads in a browser.
 * @module
 */
import type { ComputeThread } from "../wasm/compute-pool.ts";

/** Wraps a worker that serves the compute service. */
export function computeThread(worker: Worker): ComputeThread {
  return {
    port: worker,
    onDeath: (action) => worker.addEventListener("error", action, { once: true }),
    end: () => worker.terminate(),
  };
}
