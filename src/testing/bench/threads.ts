/**
 * What the measured bodies need of the platform: threads to run on, and the rival that only Node can load.
 * @module
 */
import type { SignatureCheck } from "#protocol/crypto/signature.ts";
import type { ComputeThread } from "../../platform/wasm/pool-worker.ts";

/** The platform a benchmark runs on. */
export interface BenchPlatform {
  /** Starts one compute thread. */
  readonly spawn: () => ComputeThread;
  /** Threads of the pool. */
  readonly threads: number;
  /** `tiny-secp256k1` on one check, or null where it cannot be loaded. */
  readonly tinySecp256k1: ((check: SignatureCheck) => boolean) | null;
}
