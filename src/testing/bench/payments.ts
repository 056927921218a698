/**
 * A state and a block of about a thousand simple payments on it, really signed: what the block benchmarks apply.
 * @module
 */
import type { Block } from "#protocol/ledger/block.ts";
import { type PreparedTransaction, prepareTransaction } from "#protocol/ledger/prepared.ts";
import type { StateTree } from "#protocol/ledger/state-tree.ts";
import { bodyOf, coin, firstRewardNano, signed, TestLedger, testKey } from "../ledger-fixtures.ts";

const firstOutputs = 64;
const fanned = 16;
const outputsEach = 63;
const firstNano = 40_000_000n;
const secondNano = 600_000n;

/** A block to apply to a state. */
export interface PaymentBlock {
  readonly state: StateTree;
  readonly block: Block;
  readonly prepared: readonly PreparedTransaction[];
}

/** The block; every payment has one input and one output. */
export function paymentBlock(): PaymentBlock {
  const ledger = new TestLedger();
  const alice = testKey(1);
  const reward = ledger.mine(alice);
  const outputs = Array.from({ length: firstOutputs }, () => coin(firstNano, alice.lock));
  const fan = signed(
    bodyOf({ inputs: [reward], outputs, feeNano: firstRewardNano - BigInt(firstOutputs) * firstNano }),
    alice,
  );
  ledger.mine(alice, [fan]);
  const second = Array.from({ length: fanned }, (_, index) => {
    const parts = Array.from({ length: outputsEach }, () => coin(secondNano, alice.lock));
    const feeNano = firstNano - BigInt(outputsEach) * secondNano;
    return signed(bodyOf({ inputs: [{ txId: fan.id, index }], outputs: parts, feeNano }), alice);
  });
  ledger.mine(alice, second);
  const payments = second.flatMap((transaction) =>
    transaction.transaction.outputs.map((_, index) =>
      signed(
        bodyOf({ inputs: [{ txId: transaction.id, index }], outputs: [coin(secondNano - 10_000n, alice.lock)] }),
        alice,
      ),
    ),
  );
  const { block } = ledger.build(testKey(2), payments);
  const prepared = block.transactions.map((transaction) => prepareTransaction(transaction));
  return { state: ledger.state, block, prepared };
}
