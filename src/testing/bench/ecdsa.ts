/**
 * ECDSA verification of a block's signatures: the pool against every implementation on one thread, and against itself
 * with one thread.
 * @module
 */
import { type SignatureCheck, verifySignature } from "#protocol/crypto/signature.ts";
import { type ComputePool, createComputePool } from "../../platform/wasm/compute-pool.ts";
import { createWasmSignatureCheck } from "../../platform/wasm/secp256k1.ts";
import { mixedBatch } from "../signature-batch.ts";
import type { BenchPlatform } from "./platform.ts";
import { atLeastTimes, type Contender, compared, type MeasuredRow, medianOfRounds, medianRates } from "./row.ts";

const blockChecks = 1_000;
/** The slow reference gets fewer: its rate is what counts. */
const referenceChecks = 100;

/** Rows for signature checks. */
export async function measureEcdsa(platform: BenchPlatform): Promise<MeasuredRow[]> {
  const { checks, expected } = mixedBatch(blockChecks);
  const wasm = await createWasmSignatureCheck();
  const poolOf = (threads: number): ComputePool => createComputePool(platform.spawn, threads, () => performance.now());
  const [pool, single] = [poolOf(platform.threads), poolOf(1)];
  const pooled =
    ({ signatureVerifier }: ComputePool): Contender =>
    async () => {
      const answers = await signatureVerifier.verifyBatch(checks);
      if (answers.some((answer, i) => answer !== expected[i])) throw new Error("a wrong answer");
      return answers.length;
    };
  const oneByOne =
    (check: (check: SignatureCheck) => boolean, count: number): Contender =>
    () => {
      for (let i = 0; i < count; i++) {
        if (check(checks[i] as SignatureCheck) !== expected[i]) throw new Error("a wrong answer");
      }
      return count;
    };
  const { tinySecp256k1, threads } = platform;
  try {
    const rates = await medianRates({
      pool: pooled(pool),
      single: pooled(single),
      wasm: oneByOne(wasm, blockChecks),
      noble: oneByOne(verifySignature, referenceChecks),
      tiny: tinySecp256k1 === null ? () => Number.NaN : oneByOne(tinySecp256k1, blockChecks),
    });
    const row = {
      name: `ECDSA verify, block of ${blockChecks}, pool of ${threads} threads`,
      unit: "signatures/s",
      method: `one in five is bad and all answers are checked; ${referenceChecks} signatures for noble; ${medianOfRounds}`,
    };
    const tiny =
      tinySecp256k1 === null
        ? { ...row, value: rates.pool, method: `rival tiny-secp256k1 cannot be loaded here; ${row.method}` }
        : compared({ ...row, goals: atLeastTimes(1.5) }, rates.pool, { name: "tiny-secp256k1", value: rates.tiny });
    return [
      compared({ ...row, goals: atLeastTimes(10) }, rates.pool, { name: "@noble/curves", value: rates.noble }),
      compared({ ...row, goals: atLeastTimes(1.5) }, rates.pool, {
        name: "@bitauth/libauth, one thread",
        value: rates.wasm,
      }),
      tiny,
      compared({ ...row, goals: atLeastTimes(1.6) }, rates.pool, { name: "pool of 1 thread", value: rates.single }),
    ];
  } finally {
    pool.close();
    single.close();
  }
}
