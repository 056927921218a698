/**
 * A state and a block of about a thousand simple payments on it, really signed: what the block benchmarks apply.
 * @module
 */
import { bigEndian } from "#protocol/codec/bytes.ts";
import type { Sha256 } from "#protocol/codec/hash.ts";
import type { ExecutionContext } from "#protocol/ledger/apply.ts";
import type { Block } from "#protocol/ledger/block.ts";
import { type PreparedTransaction, prepareTransaction } from "#protocol/ledger/prepared.ts";
import { namespace } from "#protocol/ledger/state-key.ts";
import { emptyStateTree, type StateTree, type StateWrite } from "#protocol/ledger/state-tree.ts";
import { createSha256Kernel } from "../../platform/wasm/sha256-kernel.ts";
import { bodyOf, coin, firstRewardNano, signed, TestLedger, testContext, testKey } from "../ledger-fixtures.ts";

const firstOutputs = 64;
const fanned = 16;
const outputsEach = 63;
const firstNano = 40_000_000n;
const secondNano = 600_000n;
/** About what an output takes. */
const fillerBytes = 100;

/** A context whose cache knows the signatures of all these transactions, as after they have been in the pool. */
export function verifiedContext(prepared: readonly PreparedTransaction[]): ExecutionContext {
  const context = testContext();
  for (const { leafHash } of prepared) context.signatures.add(leafHash);
  return context;
}

/** A block to apply to a state, both as a node has them. */
export interface PaymentBlock {
  readonly state: StateTree;
  readonly block: Block;
  readonly prepared: readonly PreparedTransaction[];
}

/** Entries like those of outputs, to make a state large. */
function* fillers(count: number, sha256: Sha256): Generator<StateWrite> {
  for (let i = 0; i < count; i++) {
    const key = sha256(bigEndian(i, 8));
    key[0] = namespace.output;
    yield { key, value: new Uint8Array(fillerBytes).fill(i) };
  }
}

/**
 * The block, on a state of at least so many entries; every payment has one input and one output. The state is on the
 * kernel's hash, its root known.
 */
export async function paymentBlock(entries = 0): Promise<PaymentBlock> {
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
  const { sha256 } = await createSha256Kernel();
  ledger.state = emptyStateTree(sha256).update([
    ...[...ledger.state.entries()].map(([key, value]) => ({ key, value })),
    ...fillers(entries, sha256),
  ]);
  ledger.state.root();
  const { state } = ledger;
  const { block } = ledger.build(testKey(2), payments);
  const prepared = block.transactions.map((transaction) => prepareTransaction(transaction));
  return { state, block, prepared };
}
