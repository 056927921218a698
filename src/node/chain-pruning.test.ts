import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rewardId } from "#protocol/ledger/apply.ts";
import { MemoryStore } from "../platform/memory/memory-store.ts";
import { BlockMaker, type MadeBlock } from "../testing/block-maker.ts";
import { feed, lateMs, openChain } from "../testing/chain-fixtures.ts";
import { firstRewardNano, jobPost, payment, requestOf, testKey } from "../testing/ledger-fixtures.ts";
import { VirtualDisk } from "../testing/virtual-disk.ts";
import type { Chain } from "./chain.ts";
import { prunedPerCommit, tightRetention } from "./chain-pruning.ts";
import { keptKey } from "./chain-records.ts";
import { StorageFailure } from "./ports.ts";

const retention = { bodies: 12, undo: 6 };
const silent = (): void => undefined;
const [alice, bob] = [testKey(1), testKey(2)];
const maker = new BlockMaker();
const rows = async (store: MemoryStore | VirtualDisk, table: "headers" | "bodies" | "undo" | "transactions") =>
  (await store.range(table, { limit: 10_000 })).length;

function expectSameState(a: Chain, b: Chain): void {
  expect(a.head.name).toBe(b.head.name);
  expect(a.state.root()).toEqual(b.state.root());
  expect(a.coins.coinsOf(alice.keyHash).length).toBe(b.coins.coinsOf(alice.keyHash).length);
}

describe("pruning", () => {
  it("keeps all headers, the newest bodies and undo records, and says what is gone", async () => {
    const store = new MemoryStore();
    const chain = await openChain(store, silent, retention);
    const blocks: MadeBlock[] = [];
    for (let i = 0; i < 40; i++) blocks.push(maker.make(blocks.at(-1) ?? maker.genesis, [requestOf(bob, BigInt(i))]));
    await feed(chain, blocks);
    expect(await rows(store, "headers")).toBe(40);
    expect(await rows(store, "bodies")).toBe(12);
    expect(await rows(store, "undo")).toBe(6);
    expect(await rows(store, "transactions")).toBe(12);
    const old = await chain.reader.at(28);
    const kept = await chain.reader.at(29);
    expect(await chain.reader.bodyOrWhy(old as never)).toMatchObject({ ok: false, code: "pruned" });
    expect(await chain.reader.bodyOrWhy(kept as never)).toMatchObject({ ok: true });
    const again = await openChain(store, silent, retention);
    expectSameState(again, chain);
    expect(again.reader.kept).toEqual({ bodiesFrom: 29, undoFrom: 35 });
  });

  it("forgets where segments of jobs were proved, together with the blocks; undoing does so too", async () => {
    const store = new MemoryStore();
    const chain = await openChain(store, silent, retention);
    const first = maker.make(maker.genesis, [], alice);
    const reward = { txId: rewardId(maker.genesis.hash, 1), index: 0 };
    const posted = maker.make(first, [jobPost(alice, reward, firstRewardNano, { segments: 3 })]);
    await feed(chain, [first, posted, ...maker.run(posted, 3)]);
    // One row for the job's transaction, and for each segment where it is and what a block proved.
    expect(await rows(store, "transactions")).toBe(1 + 2 * 3);
    const rival = maker.run(posted, 40, bob);
    await feed(chain, rival.slice(0, 6));
    expect(chain.head.hash).toEqual(rival[5]?.hash);
    expect(await rows(store, "transactions")).toBe(1 + 2 * 3);
    await feed(chain, rival.slice(6));
    expect(await rows(store, "transactions")).toBe(0);
  });

  it("an old database is pruned in bounded batches, and a restart in between changes nothing", async () => {
    const store = new MemoryStore();
    const blocks = maker.run(maker.genesis, 150);
    const all = await openChain(store);
    await all.addHeaders(
      blocks.map(({ block }) => block.header),
      lateMs,
    );
    for (let from = 0; from < 150; from += 50)
      await all.addBodies(blocks.slice(from, from + 50).map(({ block }) => block));
    const first = await openChain(store, silent, retention);
    expect(await first.prune()).toBe(true);
    expect(await rows(store, "bodies")).toBe(150 - prunedPerCommit);
    const second = await openChain(store, silent, retention);
    while (await second.prune());
    expect([await rows(store, "headers"), await rows(store, "bodies"), await rows(store, "undo")]).toEqual([
      150, 12, 6,
    ]);
    expectSameState(second, all);
  });

  it("a pruned chain and a whole one go through the same reorganisations to the same state", async () => {
    const move = fc.record({
      depth: fc.integer({ min: 0, max: retention.undo }),
      pay: fc.boolean(),
      proposer: fc.nat(3),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 10 }), async (moves) => {
        const store = new MemoryStore();
        const whole = await openChain(new MemoryStore());
        let pruned = await openChain(store, silent, retention);
        const made = new Map<string, MadeBlock>([[whole.head.name, maker.genesis]]);
        for (const [number, { depth, pay, proposer }] of moves.entries()) {
          const fork = whole.index.at(Math.max(0, whole.head.height - depth))?.name ?? "";
          let at = made.get(fork) as MadeBlock;
          const [coin] = whole.coins.coinsOf(alice.keyHash).filter(({ height }) => height <= at.height);
          for (let i = 0; i < depth + 2; i++) {
            const paid =
              pay && i === 0 && coin !== undefined
                ? [payment(alice, coin.outPoint, coin.output.amount, bob.lock, 10_000n, BigInt(number))]
                : [];
            at = maker.make(at, paid, testKey(1 + proposer));
            const one = await whole.addBlock(at.block, lateMs);
            const other = await pruned.addBlock(at.block, lateMs);
            expect([one.ok, other.ok]).toEqual([true, true]);
            made.set(one.ok ? one.value.name : "", at);
          }
          expectSameState(pruned, whole);
          if (number % 4 === 3) pruned = await openChain(store, silent, retention);
        }
        // Side branches go once their tips are too old to win, and none is left behind.
        for (const [hash] of await store.range("undo", { limit: 1_000 })) {
          const { height } = (await pruned.reader.find(hash)) ?? { height: -1 };
          expect(height).toBeGreaterThanOrEqual(whole.head.height - 2 * retention.undo - 2);
        }
      }),
      { numRuns: 10 },
    );
  });

  it("does not follow a branch from below what it can undo, and stays whole", async () => {
    const chain = await openChain(new MemoryStore(), silent, retention);
    const blocks = maker.run(maker.genesis, 20);
    await feed(chain, blocks);
    await feed(chain, maker.run(blocks[9] as MadeBlock, 12, bob));
    expect(chain.head.height).toBe(20);
    expect(chain.state.root()).toEqual(blocks.at(-1)?.state.root());
    const near = maker.run(blocks[14] as MadeBlock, 7, bob);
    await feed(chain, near);
    expect(chain.head.hash).toEqual(near.at(-1)?.hash);
  });

  it("loads after a crash at any write while pruning, whether or not the write came through", async () => {
    const blocks = maker.run(maker.genesis, 30);
    for (const written of [true, false]) {
      for (let atCommit = 14; atCommit < 31; atCommit++) {
        const disk = new VirtualDisk();
        disk.crash = { atCommit, written };
        const chain = await openChain(disk, silent, retention);
        // A dead process never answers: what follows the crash happens in the next life.
        void feed(chain, blocks);
        while (!disk.crashed) await new Promise((resolve) => setImmediate(resolve));
        const next = disk.restart();
        const again = await openChain(next, silent, retention);
        expect(again.head.height).toBe(written ? atCommit : atCommit - 1);
        expect(await rows(next, "bodies")).toBe(Math.min(again.head.height, retention.bodies));
        await feed(again, blocks.slice(again.head.height));
        expect(again.state.root()).toEqual(blocks.at(-1)?.state.root());
      }
    }
  });

  it("on a full disk prunable data goes first, and only then is anything refused", async () => {
    const disk = new VirtualDisk();
    const generous = { bodies: 100, undo: 100 };
    const chain = await openChain(disk, silent, generous);
    const blocks = maker.run(maker.genesis, 90);
    await feed(chain, blocks.slice(0, 80));
    disk.capacityBytes = (await usedBytes(disk)) + 500;
    expect(await feed(chain, blocks.slice(80))).toEqual({ ok: true, value: null });
    expect(await rows(disk, "headers")).toBe(90);
    expect(await rows(disk, "bodies")).toBe(tightRetention.bodies);
  });

  it("forgets what it can where deletions free nothing, refuses, and knows in its next life what is gone", async () => {
    const disk = new VirtualDisk();
    const generous = { bodies: 100, undo: 100 };
    const chain = await openChain(disk, silent, generous);
    const blocks = maker.run(maker.genesis, 80);
    await feed(chain, blocks);
    disk.full = true;
    const late = maker.make(blocks.at(-1) as MadeBlock);
    await expect(chain.addBlock(late.block, lateMs)).rejects.toBeInstanceOf(StorageFailure);
    expect(await rows(disk, "headers")).toBe(80);
    expect(await rows(disk, "bodies")).toBe(tightRetention.bodies);
    expect(await disk.get("meta", keptKey)).toBeUndefined();
    const again = await openChain(disk.restart(), silent, generous);
    expect(again.head.height).toBe(80);
    expect(again.reader.kept).toEqual({ bodiesFrom: 49, undoFrom: 49 });
    expect(await feed(again, [late])).toEqual({ ok: true, value: null });
    expect(again.state.root()).toEqual(late.state.root());
  });
});

async function usedBytes(disk: VirtualDisk): Promise<number> {
  let used = 0;
  for (const table of ["meta", "headers", "bodies", "undo", "canonical", "state", "transactions", "pool"] as const) {
    for (const [, value] of await disk.range(table, { limit: 100_000 })) used += value.length;
  }
  return used;
}
