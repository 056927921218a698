import { describe, expect, it } from "vitest";
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { pureSignatureVerifier, signDigest } from "#protocol/crypto/signature.ts";
import { commitCommand } from "#protocol/ledger/command.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import { accepted, rejected } from "#protocol/result.ts";
import { BlockMaker, type MadeBlock } from "#testing/block-maker.ts";
import { lateMs, openChain } from "#testing/chain-fixtures.ts";
import { bodyOf, stamped, type TestKey, testKey } from "#testing/ledger-fixtures.ts";
import { Random } from "#testing/random.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { MemoryStore } from "../platform/memory/memory-store.ts";
import { emulatedVotes } from "../testing/emulated-votes.ts";
import type { Chain } from "./chain.ts";
import { Faucet, faucetMemo } from "./faucet.ts";
import { PoolService } from "./pool-service.ts";

const seed = testKey(50);
const bob = testKey(2);
const newcomer = testKey(3);
const maker = new BlockMaker();

function requestBy(key: TestKey, amountNano: bigint, nonce = 1n): PreparedTransaction {
  const command = { type: "coin.request", amountNano, keyHash: key.keyHash, memo: utf8ToBytes(faucetMemo) } as const;
  return stamped(bodyOf({ command, commitment: commitCommand(command), feeNano: 0n, nonce }));
}

/** A faucet over a real chain and pool. */
async function setUp() {
  const store = new MemoryStore();
  const parts: { pool?: PoolService; faucet?: Faucet } = {};
  const chain: Chain = await openChain(store, (change) => {
    void parts.pool?.onHead(change);
    parts.faucet?.onHead(change);
  });
  const ports = {
    store,
    signatureVerifier: pureSignatureVerifier,
    votes: emulatedVotes,
    clock: new VirtualClock(lateMs),
  };
  const silent = { onPooled: () => undefined, onReturned: () => undefined, onDropped: () => undefined };
  const pool = new PoolService(chain, ports, silent);
  const key = {
    ...seed,
    sign: (id: Uint8Array) => Promise.resolve(accepted(signDigest(id, seed.secret))),
    stamp: () => Promise.resolve(rejected("cancelled", "The faucet pays fees.")),
  };
  const faucet = new Faucet(chain, pool, key, { entropy: new Random(1), log: () => undefined });
  Object.assign(parts, { pool, faucet });
  await faucet.start();
  const take = async (...blocks: readonly MadeBlock[]): Promise<void> => {
    for (const { block } of blocks) {
      const added = await chain.addBlock(block, lateMs);
      if (!added.ok) throw new Error(added.message);
      await chain.settled();
    }
    // The faucet works in promises of its own; nothing here waits for anything but them.
    await new Promise<void>((resolve) => setImmediate(resolve));
  };
  const payments = () =>
    [...pool.pool.best()]
      .map(({ prepared }) => prepared)
      .filter(({ transaction }) => transaction.command.type === "coin.pay");
  return { take, payments };
}

describe("faucet", () => {
  it("pays a mined request once, and a key once within its blocks", async () => {
    const { take, payments } = await setUp();
    const earned = maker.run(maker.genesis, 3, seed);
    const request = requestBy(newcomer, 1_000n);
    const asked = maker.make(earned.at(-1) as MadeBlock, [request], seed);
    await take(...earned, asked);
    const [payment, ...others] = payments();
    expect(others).toEqual([]);
    expect(payment?.transaction.outputs[0]).toMatchObject({ amount: 1_000n, lock: newcomer.lock });
    const paid = maker.make(asked, [payment as PreparedTransaction], bob);
    await take(paid, maker.make(paid, [requestBy(newcomer, 1_000n, 2n)], bob));
    expect(payments()).toEqual([]);
  });

  it("pays again when its payment was undone and cannot come back", async () => {
    const { take, payments } = await setUp();
    const earned = maker.run(maker.genesis, 3, seed);
    const fork = earned.at(-1) as MadeBlock;
    const request = requestBy(newcomer, 10_000_000_000n);
    const asked = maker.make(fork, [request], seed);
    await take(...earned, asked);
    const [first] = payments();
    expect(first?.transaction.inputs.length).toBe(4);
    await take(maker.make(asked, [first as PreparedTransaction], bob));
    expect(payments()).toEqual([]);
    // On the other branch the fourth coin is somebody else's; only with the sixth block there are four again.
    const other = maker.make(fork, [request], bob);
    const longer = maker.make(other, [], bob);
    await take(other, longer);
    expect(payments()).toEqual([]);
    await take(maker.make(longer, [], seed));
    const [second] = payments();
    expect(second?.transaction.outputs[0]).toMatchObject({ amount: 10_000_000_000n, lock: newcomer.lock });
    expect(second?.id).not.toEqual(first?.id);
  });

  it("does not pay twice when its payment waits again after a reorganisation", async () => {
    const { take, payments } = await setUp();
    const earned = maker.run(maker.genesis, 3, seed);
    const request = requestBy(newcomer, 1_000n);
    const asked = maker.make(earned.at(-1) as MadeBlock, [request], seed);
    await take(...earned, asked);
    const [payment] = payments();
    await take(maker.make(asked, [payment as PreparedTransaction], bob));
    await take(...maker.run(asked, 2, testKey(9)));
    expect(payments().map(({ id }) => id)).toEqual([payment?.id]);
  });
});
