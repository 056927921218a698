/**
 * One block of about a thousand simple payments: verified before in the pool, and not.
 * @module
 */
import type { SignatureCheck, SignatureVerifier } from "#protocol/crypto/signature.ts";
import { applyBlock, type ExecutionContext } from "#protocol/ledger/apply.ts";
import { createComputePool } from "../../platform/wasm/compute-pool.ts";
import { createWasmSignatureCheck } from "../../platform/wasm/secp256k1.ts";
import { testContext } from "../ledger-fixtures.ts";
import { paymentBlock, verifiedContext } from "./payments.ts";
import type { BenchPlatform } from "./platform.ts";
import { compared, type MeasuredRow, medianOfRounds, medianRates } from "./row.ts";

/** Rows for the application of a block. */
export async function measureApply(platform: BenchPlatform): Promise<MeasuredRow[]> {
  const { state, block, prepared } = await paymentBlock();
  const count = block.transactions.length;
  const verified = verifiedContext(prepared);
  const wasm = await createWasmSignatureCheck();
  const oneThread: SignatureVerifier = { verifyBatch: (checks) => Promise.resolve(checks.map(wasm)) };
  const pool = createComputePool(platform.spawn, platform.threads, () => performance.now());
  const execute = async (context: ExecutionContext, verifier: SignatureVerifier): Promise<number> => {
    const applied = applyBlock(state, block, context, prepared);
    if (!applied.ok) throw new Error(applied.message);
    const checks: SignatureCheck[] = applied.value.unverified.flatMap((transaction) => [...transaction.checks]);
    if (checks.length !== (context === verified ? 0 : count)) throw new Error("a wrong number of signatures");
    if (checks.length > 0 && !(await verifier.verifyBatch(checks)).every(Boolean)) throw new Error("bad signature");
    return count;
  };
  try {
    const rates = await medianRates({
      cached: () => execute(verified, oneThread),
      pool: () => execute(testContext(), pool.signatureVerifier),
      oneThread: () => execute(testContext(), oneThread),
    });
    const row = { unit: "tx/s", method: `state root included; ${medianOfRounds}` };
    const rival = { name: "without the cache, one WASM thread", value: rates.oneThread };
    return [
      compared(
        {
          ...row,
          name: `block apply, ${count} simple payments verified before`,
          goals: [{ of: "value", atLeast: 2_000 }],
        },
        rates.cached,
        rival,
      ),
      compared(
        { ...row, name: `block apply, ${count} simple payments unseen, pool of ${platform.threads} threads` },
        rates.pool,
        rival,
      ),
    ];
  } finally {
    pool.close();
  }
}
