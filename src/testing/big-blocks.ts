/**
 * Blocks of any length that are valid: payments to many locks of many keys each, in a chain that begins with a reward.
 * @module
 */
import { compareBytes } from "#protocol/codec/bytes.ts";
import { rewardId } from "#protocol/ledger/apply.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import type { OutPoint } from "#protocol/ledger/transaction.ts";
import { limits } from "#protocol/parameters.ts";
import { BlockMaker, type MadeBlock } from "./block-maker.ts";
import { bodyOf, coin, firstRewardNano, signed, type TestKey, testKey } from "./ledger-fixtures.ts";
import { Random } from "./random.ts";

/** A payment of so many outputs is some 34 KB long. */
const outputs = 60;
const feeNano = 1_000_000n;
const outputNano = 1_000n;

/** Payments of one key that are so long together, or up to one payment longer. */
export function longPayments(from: TestKey, reward: OutPoint, holdsNano: bigint, bytes: number): PreparedTransaction[] {
  const random = new Random(bytes);
  const payments: PreparedTransaction[] = [];
  let input = reward;
  let leftNano = holdsNano;
  for (let made = 0; made < bytes; made += payments.at(-1)?.bytes.length ?? bytes) {
    leftNano -= feeNano + outputNano * BigInt(outputs);
    const keyHashes = (): Uint8Array[] =>
      Array.from({ length: limits.thresholdKeys }, () => random.bytes(32)).sort(compareBytes);
    const many = Array.from({ length: outputs }, () =>
      coin(outputNano, { type: "threshold", required: 1, keyHashes: keyHashes() }),
    );
    const paid = signed(bodyOf({ inputs: [input], outputs: [coin(leftNano, from.lock), ...many], feeNano }), from);
    payments.push(paid);
    input = { txId: paid.id, index: 0 };
  }
  return payments;
}

/** A block that pays the first reward, and one on it whose body is that long, or up to a payment longer. */
export function longBlock(bytes: number): {
  readonly maker: BlockMaker;
  readonly first: MadeBlock;
  readonly long: MadeBlock;
} {
  const maker = new BlockMaker();
  const owner = testKey(1);
  const first = maker.make(maker.genesis, [], owner);
  const reward = { txId: rewardId(maker.genesis.hash, 1), index: 0 };
  return { maker, first, long: maker.make(first, longPayments(owner, reward, firstRewardNano, bytes), owner) };
}
