/**
 * Compute threads in a browser.
 * @module
 */
import type { ComputeThread } from "../wasm/pool-worker.ts";

/** Wraps a worker that serves the compute service. */
export function computeThread(worker: Worker): ComputeThread {
  return {
    port: worker,
    // A worker that could not load, or whose script threw, answers no more; so does one that sends what cannot be read.
    onDeath: (action) => {
      worker.addEventListener("error", (event) => action(event.message || "its script did not load"), { once: true });
      worker.addEventListener("messageerror", () => action("it sent what cannot be read"), { once: true });
    },
    end: () => worker.terminate(),
  };
}
