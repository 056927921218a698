/**
 * The platform of a benchmark in Node: threads from the seed's own script, built for the run.
 * @module
 */
import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { startComputeThread } from "../../platform/node/compute-threads.ts";
import { buildComputeThread } from "../compute-thread-build.ts";
import type { BenchPlatform } from "./threads.ts";

/** Runs `body` on Node's platform and clears up after it. */
export async function onNode<T>(body: (platform: BenchPlatform) => Promise<T>): Promise<T> {
  const { script, directory } = await buildComputeThread();
  const tiny = await import("tiny-secp256k1");
  try {
    return await body({
      spawn: () => startComputeThread(script),
      threads: Math.min(4, availableParallelism()),
      tinySecp256k1: ({ digest, signature, publicKey }) => tiny.verify(digest, publicKey, signature, true),
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}
