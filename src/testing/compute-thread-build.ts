/**
 * Builds the seed's threads as they ship, so that tests and benchmarks run real threads without a build before them.
 * @module
 */
import { bundleForNode, type NodeBundle } from "./node-bundle.ts";

/** Bundles `src/seed/compute-thread.ts`, or the entry of another thread there, with all it imports. */
export function buildComputeThread(entry = "compute-thread"): Promise<NodeBundle> {
  return bundleForNode(`src/seed/${entry}.ts`);
}
