import { describe, expect, it } from "vitest";
import { pureSignatureVerifier, signDigest } from "#protocol/crypto/signature.ts";
import { searchStamp } from "#protocol/ledger/stamp.ts";
import { type MemoryOffer, standingOffers } from "#protocol/programs/memory-market.ts";
import { accepted } from "#protocol/result.ts";
import { BlockMaker, type MadeBlock } from "#testing/block-maker.ts";
import { lateMs, openChain } from "#testing/chain-fixtures.ts";
import { testKey, testParameters } from "#testing/ledger-fixtures.ts";
import { allocation, mebibyte } from "#testing/memory-fixtures.ts";
import { Random } from "#testing/random.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { MemoryStore } from "../platform/memory/memory-store.ts";
import { emulatedVotes } from "../testing/emulated-votes.ts";
import type { Chain } from "./chain.ts";
import { MemoryProvider } from "./memory-provider.ts";
import { PoolService } from "./pool-service.ts";

const seed = testKey(50);
const maker = new BlockMaker();
const pace = { offerBlocks: 20, renewalBlocks: 10 };
const bytes = 64 * mebibyte;

/** A provider over a real chain and pool; `take` gives the chain a block with what the pool holds. */
async function setUp(lentBytes = bytes + 5) {
  const store = new MemoryStore();
  const parts: { pool?: PoolService; provider?: MemoryProvider } = {};
  const chain: Chain = await openChain(store, (change) => {
    void parts.pool?.onHead(change);
    parts.provider?.tend();
  });
  const ports = {
    store,
    signatureVerifier: pureSignatureVerifier,
    votes: emulatedVotes,
    clock: new VirtualClock(lateMs),
  };
  const silent = { onPooled: () => undefined, onReturned: () => undefined, onDropped: () => undefined };
  const pool = new PoolService(chain, ports, silent);
  const { stampBits } = testParameters.freeLane;
  const key = {
    ...seed,
    sign: (id: Uint8Array) => Promise.resolve(accepted(signDigest(id, seed.secret))),
    stamp: (id: Uint8Array) => Promise.resolve(accepted(searchStamp(id, stampBits, 0, 1 << 20) as Uint8Array)),
  };
  const log: string[] = [];
  const start = (): MemoryProvider =>
    new MemoryProvider(
      chain,
      pool,
      { key, bytes: lentBytes },
      { entropy: new Random(1), log: ({ message }) => log.push(message) },
      pace,
    );
  Object.assign(parts, { pool, provider: start() });
  const settle = async (): Promise<void> => {
    await chain.settled();
    // The provider works in promises of its own; nothing here waits for anything but them.
    await new Promise<void>((resolve) => setImmediate(resolve));
  };
  let tip: MadeBlock = maker.genesis as MadeBlock;
  const take = async (candidates = [...pool.pool.select()]): Promise<void> => {
    tip = maker.make(tip, candidates, seed);
    const added = await chain.addBlock(tip.block, lateMs);
    if (!added.ok) throw new Error(added.message);
    await settle();
  };
  const offers = (): readonly MemoryOffer[] => standingOffers(chain.state, chain.head.height + 1);
  const waiting = (): string[] => [...pool.pool.best()].map(({ prepared }) => prepared.transaction.command.type);
  return { chain, pool, start, take, settle, offers, waiting, log };
}

describe("the memory provider", () => {
  it("offers as soon as it has a coin, once, in whole pages and for nothing", async () => {
    const { take, offers, waiting, start, settle, log } = await setUp();
    await take();
    expect(waiting()).toEqual(["memory.offer"]);
    start().tend();
    await settle();
    expect(waiting()).toEqual(["memory.offer"]);
    await take();
    expect(offers()).toMatchObject([{ provider: seed.keyHash, bytes, freeBytes: bytes, priceNano: 0n }]);
    start().tend();
    await take();
    await take();
    expect(waiting()).toEqual([]);
    expect(offers()).toHaveLength(1);
    expect(log).toEqual([]);
  });

  it("renews in time with what is not lent out, and takes the old offer back", async () => {
    const { chain, take, offers, waiting, pool } = await setUp();
    await take();
    await take();
    const [first] = offers() as [MemoryOffer];
    const [coin] = chain.coins.coinsOf(seed.keyHash);
    if (coin === undefined) throw new Error("nothing was earned");
    const purse = { outPoint: coin.outPoint, amountNano: coin.output.amount };
    await pool.add(allocation(seed, purse, first, mebibyte), null);
    while (first.untilHeight - chain.head.height >= pace.renewalBlocks) await take();
    expect(waiting()).toEqual(["memory.offer"]);
    await take();
    expect(offers()).toHaveLength(2);
    expect(waiting()).toEqual(["memory.withdraw"]);
    await take();
    const [renewed, ...others] = offers() as [MemoryOffer];
    expect(others).toEqual([]);
    expect(renewed.bytes).toBe(bytes - mebibyte);
    expect(renewed.untilHeight).toBeGreaterThan(first.untilHeight);
  });

  it("offers nothing where there is nothing to lend", async () => {
    const { take, waiting } = await setUp(0);
    await take();
    await take();
    expect(waiting()).toEqual([]);
  });
});
