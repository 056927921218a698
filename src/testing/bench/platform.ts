/**
 * What the measured bodies need of the platform they run on. The same bodies run in Node and in a browser's worker.
 * @module
 */
import type { SignatureCheck } from "#protocol/crypto/signature.ts";
import type { ComputeThread } from "../../platform/wasm/pool-worker.ts";
import type { MeasuredRow } from "./row.ts";

/** The platform a benchmark runs on. */
export interface BenchPlatform {
  /** Starts one compute thread. */
  readonly spawn: () => ComputeThread;
  /** Threads of the pool. */
  readonly threads: number;
  /** `tiny-secp256k1` on one check, or null where it cannot be loaded. */
  readonly tinySecp256k1: ((check: SignatureCheck) => boolean) | null;
  /** Memory in use after a full collection, or null where a page cannot know it. */
  readonly memoryBytes: (() => number) | null;
  /** The meter as it ships: a test runner's indirections make it several times as slow. */
  readonly meterModule: typeof import("#protocol/veil/meter.ts").meterModule;
  /** The module of the library that our erasure code is measured against. */
  readonly referenceErasureCode: () => Promise<Uint8Array>;
  /** A module of more than a megabyte that a compiler made. */
  readonly largeModule: () => Promise<Uint8Array>;
}

/** One benchmark. */
export type BenchBody = (platform: BenchPlatform) => Promise<readonly MeasuredRow[]>;
