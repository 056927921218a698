/**
 * ECDSA verification of a block's signatures: the pool against every implementation on one thread.
 * @module
 */
import { type SignatureCheck, verifySignature } from "#protocol/crypto/signature.ts";
import { createComputePool } from "../../platform/wasm/compute-pool.ts";
import { createWasmSignatureCheck } from "../../platform/wasm/secp256k1.ts";
import { mixedBatch } from "../signature-batch.ts";
import { type BenchRow, type Contender, compared, medianOfRounds, medianRates } from "./row.ts";
import type { BenchPlatform } from "./threads.ts";

const blockChecks = 1_000;
/** The slow reference gets fewer: its rate is what counts. */
const referenceChecks = 100;

/** Rows for signature checks. */
export async function measureEcdsa(platform: BenchPlatform): Promise<BenchRow[]> {
  const { checks, expected } = mixedBatch(blockChecks);
  const wasm = await createWasmSignatureCheck();
  const pool = createComputePool(platform.spawn, platform.threads, () => performance.now());
  const oneByOne =
    (check: (check: SignatureCheck) => boolean, count: number): Contender =>
    () => {
      for (let i = 0; i < count; i++) {
        if (check(checks[i] as SignatureCheck) !== expected[i]) throw new Error("a wrong answer");
      }
      return count;
    };
  const { tinySecp256k1 } = platform;
  try {
    const rates = await medianRates({
      pool: async () => {
        const answers = await pool.signatureVerifier.verifyBatch(checks);
        if (answers.some((answer, i) => answer !== expected[i])) throw new Error("a wrong answer");
        return answers.length;
      },
      wasm: oneByOne(wasm, blockChecks),
      noble: oneByOne(verifySignature, referenceChecks),
      tiny: tinySecp256k1 === null ? () => Number.NaN : oneByOne(tinySecp256k1, blockChecks),
    });
    const row = {
      name: `ECDSA verify, block of ${blockChecks}, pool of ${platform.threads} threads`,
      unit: "signatures/s",
      method: `one in five is bad and all answers are checked; ${referenceChecks} signatures for noble; ${medianOfRounds}`,
    };
    const rows = [
      compared({ ...row, goal: 10 }, rates.pool, { name: "@noble/curves", value: rates.noble }),
      compared({ ...row, goal: 1.5 }, rates.pool, { name: "@bitauth/libauth, one thread", value: rates.wasm }),
    ];
    if (tinySecp256k1 === null) {
      return [
        ...rows,
        { ...row, value: rates.pool, method: `rival tiny-secp256k1 cannot be loaded here; ${row.method}` },
      ];
    }
    return [...rows, compared({ ...row, goal: 1.5 }, rates.pool, { name: "tiny-secp256k1", value: rates.tiny })];
  } finally {
    pool.close();
  }
}
