import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryStore } from "#platform/memory/memory-store.ts";
import { BlockMaker, type MadeBlock } from "../testing/block-maker.ts";
import { feed, openChain } from "../testing/chain-fixtures.ts";
import { requestOf, testKey } from "../testing/ledger-fixtures.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { tightRetention } from "./chain-pruning.ts";
import { leastCapBytes, retentionWithin, StorageBudget, type StorageUse } from "./storage-budget.ts";

const most = { bodies: 2_000, undo: 1_000 };

const use = (facts: { blocks: number; undo: number; state: number; bodies: number; undos: number }): StorageUse => ({
  parts: {
    blocks: facts.blocks,
    undo: facts.undo,
    headers: 0,
    state: facts.state,
    pool: 0,
    mail: 0,
    files: 0,
    documents: 0,
    other: 0,
  },
  bodies: facts.bodies,
  undos: facts.undos,
});

describe("how many blocks fit into a cap", () => {
  it("counts what is beside the blocks first, then blocks that can be undone, then others", () => {
    const grown = use({ blocks: 100_000, undo: 50_000, state: 1_000_000, bodies: 100, undos: 100 });
    expect(retentionWithin(1_000_000, grown, most)).toEqual({ bodies: 0, undo: 0 });
    expect(retentionWithin(1_150_000, grown, most)).toEqual({ bodies: 100, undo: 100 });
    expect(retentionWithin(1_000_000 + 1_500_000 + 500_000, grown, most)).toEqual({ bodies: 1_500, undo: 1_000 });
    expect(retentionWithin(1e12, grown, most)).toEqual(most);
    expect(retentionWithin(1e12, use({ blocks: 0, undo: 0, state: 5, bodies: 0, undos: 0 }), most)).toEqual(most);
  });

  it("fits, and the least cap has room for what reorganisations need", () => {
    const facts = fc.record({
      blocks: fc.nat(1e9),
      undo: fc.nat(1e9),
      state: fc.nat(1e9),
      bodies: fc.integer({ min: 1, max: 3_000 }),
      undos: fc.integer({ min: 1, max: 1_500 }),
    });
    fc.assert(
      fc.property(facts, fc.nat(1e10), (drawn, capBytes) => {
        const drawnUse = use(drawn);
        const { bodies, undo } = retentionWithin(capBytes, drawnUse, most);
        const taken = drawn.state + (bodies * drawn.blocks) / drawn.bodies + (undo * drawn.undo) / drawn.undos;
        if (bodies > 0) expect(taken).toBeLessThanOrEqual(capBytes + 2);
        expect(undo).toBeLessThanOrEqual(bodies);
        const least = leastCapBytes(drawnUse);
        expect(retentionWithin(least, drawnUse, most).bodies).toBeGreaterThanOrEqual(tightRetention.bodies);
      }),
    );
  });
});

describe("a storage cap", () => {
  const maker = new BlockMaker();
  const bob = testKey(2);
  const blocks: MadeBlock[] = [];
  for (let i = 0; i < 120; i++) {
    const requests = Array.from({ length: 4 }, (_, n) => requestOf(bob, BigInt(8 * i + n)));
    blocks.push(maker.make(blocks.at(-1) ?? maker.genesis, requests));
  }

  async function budgeted(retention: typeof most | null = most) {
    const store = new MemoryStore();
    const chain = await openChain(store, () => undefined, retention ?? undefined);
    await feed(chain, blocks);
    return { store, chain, budget: new StorageBudget(store, new VirtualClock(0), chain) };
  }
  const count = async (store: MemoryStore, table: "bodies" | "headers"): Promise<number> =>
    (await store.range(table, { limit: 10_000 })).length;

  it("measures what is really there", async () => {
    const { store, budget } = await budgeted();
    const { parts, totalBytes, blocks: whole } = await budget.view();
    const bodies = await store.range("bodies", { limit: 10_000 });
    const rows = await store.range("transactions", { limit: 10_000 });
    const expected = [...bodies, ...rows].reduce((sum, [key, value]) => sum + key.length + value.length, 0);
    expect(parts.blocks).toBe(expected);
    expect(whole).toBe(120);
    expect(totalBytes).toBe(Object.values(parts).reduce((sum, part) => sum + part, 0));
  });

  it("forgets old blocks until it is kept, keeps state and head, and lets the chain go on", async () => {
    const { store, chain, budget } = await budgeted();
    const before = await budget.view();
    const { root, head } = { root: chain.state.root(), head: chain.head.name };
    // Below the least that users are let choose: these test blocks are small.
    const capBytes = before.totalBytes - (before.parts.blocks + before.parts.undo) / 2;
    await budget.setCap(capBytes);
    const after = await budget.view();
    expect(after.totalBytes).toBeLessThanOrEqual(capBytes);
    expect(after.totalBytes).toBeGreaterThan(0.8 * capBytes);
    expect(await count(store, "headers")).toBe(120);
    expect([chain.state.root(), chain.head.name]).toEqual([root, head]);
    const next = maker.make(blocks.at(-1) as MadeBlock, [requestOf(bob, 99_999n)]);
    await feed(chain, [next]);
    expect(chain.head.hash).toEqual(next.hash);
    expect((await openChain(store, () => undefined, most)).head.hash).toEqual(next.hash);
  });

  it("never goes below what reorganisations need, however low it is", async () => {
    const { store, budget } = await budgeted();
    await budget.setCap(1);
    expect(await count(store, "bodies")).toBe(tightRetention.bodies);
  });

  it("is refused with the least that works, and where all of history is to be kept", async () => {
    const { budget } = await budgeted();
    expect(await budget.refusal(100_000)).toMatchObject({ message: expect.stringMatching(/The least is \d+MB/) });
    expect(await budget.refusal(Number.NaN)).not.toBeNull();
    const { leastCapBytes: least } = await budget.view();
    expect(await budget.refusal(least)).toBeNull();
    const whole = await budgeted(null);
    expect(await whole.budget.refusal(1e9)).toMatchObject({ message: expect.stringMatching(/all of history/) });
  });

  it("is looked after once at a time, however many ticks come meanwhile, and again after a failure", async () => {
    const { store, chain } = await budgeted();
    let measured = 0;
    let isBroken = true;
    const counting = new Proxy(store, {
      get: (target, name) => {
        if (name !== "range") return Reflect.get(target, name).bind(target);
        return (...args: Parameters<MemoryStore["range"]>) => {
          if (isBroken) throw new Error("broken");
          if (args[0] === "peers") measured++;
          return target.range(...args);
        };
      },
    });
    const budget = new StorageBudget(counting, new VirtualClock(0), chain);
    budget.begin(1e12);
    await expect(budget.tick()).rejects.toThrow("broken");
    isBroken = false;
    await Promise.all(Array.from({ length: 5 }, () => budget.tick()));
    expect(measured).toBe(1);
  });

  it("that is taken away lets more blocks be kept again", async () => {
    const { chain, budget } = await budgeted();
    await budget.setCap(1);
    expect(chain.kept).toEqual(tightRetention);
    await budget.setCap(null);
    expect(chain.kept).toEqual(most);
  });
});
