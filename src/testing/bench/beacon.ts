/**
 * Verification of beacon proofs: the pool against the same code on one thread.
 * @module
 */
import { vrfProve, vrfPublicKey } from "#protocol/crypto/vrf.ts";
import { inThreadBeaconVerifier } from "../../platform/memory/in-thread.ts";
import { createComputePool } from "../../platform/wasm/compute-pool.ts";
import type { BenchPlatform } from "./platform.ts";
import { compared, type MeasuredRow, medianOfRounds, medianRates } from "./row.ts";

const headers = 64;

/** Rows for beacon proofs. */
export async function measureBeacon(platform: BenchPlatform): Promise<MeasuredRow[]> {
  const secret = new Uint8Array(32).fill(7);
  const publicKey = vrfPublicKey(secret);
  const checks = Array.from({ length: headers }, (_, i) => {
    const message = Uint8Array.of(i);
    return { publicKey, message, proof: vrfProve(secret, message) };
  });
  const pool = createComputePool(platform.spawn, platform.threads, () => performance.now());
  const verify = async (verifier: typeof inThreadBeaconVerifier): Promise<number> => {
    const answers = await verifier.verifyBatch(checks);
    if (!answers.every(Boolean)) throw new Error("a wrong answer");
    return answers.length;
  };
  try {
    const rates = await medianRates({
      pool: () => verify(pool.beaconVerifier),
      single: () => verify(inThreadBeaconVerifier),
    });
    const row = {
      name: `beacon proofs verified, batch of ${headers}, pool of ${platform.threads} threads`,
      unit: "proofs/s",
      method: `ECVRF on @noble/curves in both; ${medianOfRounds}`,
    };
    return [compared(row, rates.pool, { name: "one thread", value: rates.single })];
  } finally {
    pool.close();
  }
}
