import { applyBlock } from "#protocol/ledger/apply.ts";
import { prepareTransaction } from "#protocol/ledger/prepared.ts";
import { emptyStateTree } from "#protocol/ledger/state-tree.ts";
import { createWasmSignatureCheck } from "../../platform/wasm/secp256k1.ts";
import { createSha256Kernel } from "../../platform/wasm/sha256-kernel.ts";
import { bodyOf, coin, signed, TestLedger, testContext, testKey } from "../ledger-fixtures.ts";
import { type BenchRow, compared, medianOfRounds, medianRates } from "./row.ts";

/** One block of about a thousand simple payments, with and without the signature cache. */
export async function run(): Promise<BenchRow[]> {
  const ledger = new TestLedger();
  const alice = testKey(1);
  const reward = ledger.mine(alice);
  const outputs = Array.from({ length: 64 }, () => coin(40_000_000n, alice.lock));
  const fan = signed(bodyOf({ inputs: [reward], outputs, feeNano: 2_800_000_000n - 64n * 40_000_000n }), alice);
  ledger.mine(alice, [fan]);
  const second = Array.from({ length: 16 }, (_, i) => {
    const parts = Array.from({ length: 63 }, () => coin(600_000n, alice.lock));
    return signed(
      bodyOf({ inputs: [{ txId: fan.id, index: i }], outputs: parts, feeNano: 40_000_000n - 63n * 600_000n }),
      alice,
    );
  });
  ledger.mine(alice, second);
  const payments = second.flatMap((transaction) =>
    transaction.transaction.outputs.map((_, index) =>
      signed(bodyOf({ inputs: [{ txId: transaction.id, index }], outputs: [coin(590_000n, alice.lock)] }), alice),
    ),
  );
  const { block } = ledger.build(testKey(2), payments);
  const count = block.transactions.length;
  const { sha256: fast } = await createSha256Kernel();
  const state = emptyStateTree(fast).update([...ledger.state.entries()].map(([key, value]) => ({ key, value })));
  state.root();
  const prepared = block.transactions.map((transaction) => prepareTransaction(transaction));
  const cached = testContext();
  for (const { leafHash } of prepared) cached.signatures.add(leafHash);
  const wasm = await createWasmSignatureCheck();
  const execute = (context: ReturnType<typeof testContext>): void => {
    const applied = applyBlock(state, block, context, prepared);
    if (!applied.ok) throw new Error(applied.message);
    for (const { checks } of applied.value.unverified) if (!checks.every(wasm)) throw new Error("bad signature");
  };
  const rates = await medianRates({
    cached: () => {
      execute(cached);
      return count;
    },
    uncached: () => {
      execute(testContext());
      return count;
    },
  });
  const row = { unit: "tx/s", method: `state root included; ${medianOfRounds}` };
  return [
    compared({ ...row, name: `block apply, ${count} simple payments verified before` }, rates.cached, {
      name: "without the cache, one WASM thread",
      value: rates.uncached,
    }),
  ];
}
