/**
 * Block apply against bcoin connecting a block of as many simple payments, both on one thread in Node.
 * @module
 */
import { type AppliedBlock, applyBlock, type ExecutionContext } from "#protocol/ledger/apply.ts";
import { type Block, decodeBlock, encodeBlock } from "#protocol/ledger/block.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import { createWasmSignatureCheck } from "../../platform/wasm/secp256k1.ts";
import { testContext } from "../ledger-fixtures.ts";
import { startBcoin } from "./bcoin.ts";
import { paymentBlock, verifiedContext } from "./payments.ts";
import { atLeastTimes, compared, type MeasuredRow, medianOfRounds, medianRates, turns } from "./row.ts";

/** Rows against bcoin; one row that says so if bcoin is not there. */
export async function measureAgainstBcoin(): Promise<MeasuredRow[]> {
  const { state, block, prepared } = await paymentBlock();
  const count = block.transactions.length;
  const bytes = encodeBlock(block);
  const verified = verifiedContext(prepared);
  const wasm = await createWasmSignatureCheck();
  const apply = (
    given: Block,
    context: ExecutionContext,
    known?: readonly PreparedTransaction[],
  ): AppliedBlock["unverified"] => {
    const applied = applyBlock(state, given, context, known);
    if (!applied.ok) throw new Error(applied.message);
    return applied.value.unverified;
  };
  const cached = (): number => {
    if (apply(block, verified, prepared).length > 0) throw new Error("the cache does not know all signatures");
    return count;
  };
  const unseen = (): number => {
    const decoded = decodeBlock(bytes);
    if (!decoded.ok) throw new Error(decoded.message);
    const unverified = apply(decoded.value, testContext());
    if (unverified.length !== count || !unverified.every(({ checks }) => checks.every(wasm)))
      throw new Error("a signature is missing or wrong");
    return count;
  };
  const head = { unit: "tx/s" };
  const verifiedName = `block apply, ${count} simple payments verified before`;
  const bcoin = await startBcoin(count, turns);
  if (bcoin === null) {
    const rates = await medianRates({ cached });
    const method = `rival bcoin could not run: it is not installed; npm run bench -- bcoin --rivals. ${medianOfRounds}`;
    return [{ ...head, goals: atLeastTimes(3), name: verifiedName, value: rates.cached, method }];
  }
  const rates = await medianRates({
    cached,
    unseen,
    bcoin: () => bcoin.connectNext(),
    bcoinWasm: () => bcoin.connectNextWithWasm(),
  });
  const method = `one thread; bcoin parses the block, checks all signatures, keeps coins and undo data in its database in memory; ${medianOfRounds}`;
  const row = { ...head, method };
  const withWasm = { name: "bcoin with signatures in WebAssembly", value: rates.bcoinWasm };
  return [
    compared({ ...row, goals: atLeastTimes(3), name: verifiedName }, rates.cached, {
      name: "bcoin as npm installs it",
      value: rates.bcoin,
    }),
    compared({ ...row, goals: atLeastTimes(3), name: verifiedName }, rates.cached, withWasm),
    compared(
      { ...row, name: `block of ${count} simple payments decoded, verified and applied` },
      rates.unseen,
      withWasm,
    ),
  ];
}
