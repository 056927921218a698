import { describe, expect, it } from "vitest";
import { vrfProve } from "#protocol/crypto/vrf.ts";
import { MemoryStore } from "../platform/memory/memory-store.ts";
import { BlockMaker, type MadeBlock } from "../testing/block-maker.ts";
import { feed, lateMs, openChain } from "../testing/chain-fixtures.ts";
import { payment, requestOf, testKey } from "../testing/ledger-fixtures.ts";

const alice = testKey(1);
const bob = testKey(2);
const maker = new BlockMaker();
const common = maker.run(maker.genesis, 3);
const tip = common.at(-1) as MadeBlock;

describe("chain", () => {
  it("a foreign body under a good header is refused and does not spoil the block", async () => {
    const chain = await openChain(new MemoryStore());
    await feed(chain, common);
    const good = maker.make(tip, [requestOf(bob, 1n)]);
    const forged = {
      header: good.block.header,
      transactions: [requestOf(bob, 2n).transaction],
      work: good.block.work,
      certificate: null,
    };
    await chain.addHeaders([good.block.header], lateMs);
    expect(await chain.addBodies([forged])).toMatchObject({ ok: false, code: "wrong-transaction-root" });
    expect(await chain.addBodies([good.block])).toEqual({ ok: true, value: null });
    expect(chain.head.hash).toEqual(good.hash);
  });

  it("a foreign body on a side branch does not spoil it either", async () => {
    const chain = await openChain(new MemoryStore());
    await feed(chain, common);
    await feed(chain, maker.run(tip, 1));
    const side = maker.make(tip, [requestOf(bob, 1n)], bob);
    const next = maker.make(side, [], bob);
    await chain.addHeaders([side.block.header], lateMs);
    expect((await chain.addBodies([{ ...side.block, transactions: [] }])).ok).toBe(false);
    expect(await feed(chain, [side, next])).toEqual({ ok: true, value: null });
    expect(chain.head.hash).toEqual(next.hash);
  });

  it("every forged beacon among headers that arrive together is found", async () => {
    const chain = await openChain(new MemoryStore());
    await feed(chain, common);
    const forge = (parent: MadeBlock) => maker.make(parent, [], bob, { beacon: vrfProve(bob.secret, alice.keyHash) });
    const [decoy, forged] = [forge(maker.genesis), forge(tip)];
    const headers = [decoy.block.header, forged.block.header];
    expect(await chain.addHeaders(headers, lateMs)).toMatchObject({ code: "wrong-beacon" });
    expect(await chain.addBlock(forged.block, lateMs)).toMatchObject({ code: "wrong-beacon" });
    expect(chain.head.hash).toEqual(tip.hash);
  });

  it("a transaction whose block was undone survives a crash right after", async () => {
    const store = new MemoryStore();
    let undone = 0;
    const chain = await openChain(store, ({ disconnected }) => {
      undone += disconnected.length;
    });
    await feed(chain, common);
    const [coin] = chain.coins.coinsOf(alice.keyHash);
    if (coin === undefined) throw new Error("no coin");
    const paid = payment(alice, coin.outPoint, coin.output.amount, bob.lock);
    await feed(chain, [maker.make(tip, [paid])]);
    expect((await store.range("pool", { limit: 9 })).length).toBe(0);
    const [first, second] = maker.run(tip, 2, bob);
    // The second makes the branch heavier, whichever hash the first has.
    await feed(chain, [first, second] as MadeBlock[]);
    expect(undone).toBe(1);
    expect((await store.range("pool", { limit: 9 })).map(([id]) => id)).toEqual([paid.id]);
  });
});
