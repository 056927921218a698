/**
 * Benchmarks in Node: threads from the seed's own script, built for the run.
 * @module
 */
import { readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { startComputeThread } from "../../platform/node/compute-threads.ts";
import { buildComputeThread } from "../compute-thread-build.ts";
import { shippedMeter } from "../veil/shipped-meter.ts";
import type { BenchBody } from "./platform.ts";
import type { BenchRow } from "./row.ts";

/** A function that collects all garbage and tells what is left. */
function memoryCounter(): () => number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  return () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
}

/** A file of a package. */
const readModule = (path: string): Uint8Array =>
  readFileSync(new URL(`../../../node_modules/${path}`, import.meta.url));

/** Runs a benchmark on Node's platform and clears up after it. */
export async function runOnNode(body: BenchBody): Promise<readonly BenchRow[]> {
  const { script, directory } = await buildComputeThread();
  const { meterModule } = await shippedMeter();
  const tiny = await import("tiny-secp256k1");
  try {
    const rows = await body({
      spawn: () => startComputeThread(script),
      threads: Math.min(4, availableParallelism()),
      tinySecp256k1: ({ digest, signature, publicKey }) => tiny.verify(digest, publicKey, signature, true),
      memoryBytes: memoryCounter(),
      meterModule,
      referenceErasureCode: async () =>
        readModule("@digitaldefiance/reed-solomon-erasure.wasm/dist/reed_solomon_erasure_bg.wasm"),
      largeModule: async () => readModule("tiny-secp256k1/lib/secp256k1.wasm"),
    });
    return rows.map((row) => ({ ...row, where: `Node ${process.versions.node}` }));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
