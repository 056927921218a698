/** What a node answers about memory and processes: in the pool, in blocks, and where blocks were left or are gone. */
import { beforeAll, describe, expect, it } from "vitest";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import { type LeaseRecord, leaseOf, leaseOutput, type ProcessRecord, processOf } from "#protocol/ledger/things.ts";
import type { Output } from "#protocol/ledger/transaction.ts";
import { limits } from "#protocol/parameters.ts";
import { encodeProcessInput } from "#protocol/veil/process-input.ts";
import { MemoryStore } from "../platform/memory/memory-store.ts";
import { BlockMaker } from "../testing/block-maker.ts";
import { feed, openChain } from "../testing/chain-fixtures.ts";
import { firstRewardNano, testKey } from "../testing/ledger-fixtures.ts";
import {
  allocation,
  freeing,
  goodReceipt,
  type Held,
  mebibyte,
  memoryOffer,
  type Purse,
  processStart,
  processStop,
} from "../testing/memory-fixtures.ts";
import { type SimulatedNode, Simulation } from "../testing/simulator.ts";
import { must } from "../testing/step-fixtures.ts";
import { leases, type MemorySource, processRun } from "./memory-answers.ts";

const input = encodeProcessInput({
  arguments: ["demo"],
  environment: [],
  input: new Uint8Array(),
  files: [],
  timeMs: 0,
  seed: new Uint8Array(32),
});

function held<Thing>({ id, transaction }: PreparedTransaction, read: (output: Output) => Thing | null): Held<Thing> {
  const thing = read(transaction.outputs[0] as Output);
  if (thing === null) throw new Error("it made something else");
  return { outPoint: { txId: id, index: 0 }, thing };
}

describe("a node's answers", () => {
  let simulation: Simulation;
  let owner: SimulatedNode;
  let lease: Held<LeaseRecord>;
  let start: PreparedTransaction;
  let stop: PreparedTransaction;

  const purses = (): Purse[] => {
    const { chain, pool } = owner.node.running;
    return chain.coins
      .coinsOf(owner.key.keyHash)
      .filter(({ outPoint, output }) => output.amount > 1_000_000n && pool.pool.spenderOf(outPoint) === undefined)
      .map(({ outPoint, output }) => ({ outPoint, amountNano: output.amount }));
  };
  const purse = (): Purse => {
    const [first] = purses();
    if (first === undefined) throw new Error("no coin is free");
    return first;
  };
  const send = async (prepared: PreparedTransaction): Promise<PreparedTransaction> => {
    must(await owner.node.running.pool.add(prepared, null));
    return prepared;
  };
  const blocks = async (count: number): Promise<void> => {
    const { chain } = owner.node.running;
    const { height } = chain.head;
    owner.node.running.production.start();
    await simulation.run(3_600_000, () => chain.head.height >= height + count);
    owner.node.running.production.stop();
  };

  beforeAll(async () => {
    simulation = new Simulation(23);
    owner = await simulation.add({ produce: true });
    await blocks(8);
    const untilHeight = owner.node.running.chain.head.height + 200;
    const terms = { bytes: 8 * mebibyte, untilHeight, priceNano: 5n, burnNano: 1_000_000n };
    await send(memoryOffer(owner.key, purse(), terms));
    await blocks(1);
  });

  it("tell offers, and a lease that waits for its block as one that can be used", async () => {
    const { requests } = owner.node;
    const [offer] = must(await requests.memoryOffers());
    if (offer === undefined) throw new Error("no offer stands");
    expect(offer).toMatchObject({ bytes: 8 * mebibyte, freeBytes: 8 * mebibyte, provider: owner.key.keyHash });
    lease = held(await send(allocation(owner.key, purse(), offer, mebibyte)), leaseOf);
    expect(must(await requests.leases(owner.key.keyHash))).toEqual([
      { outPoint: lease.outPoint, lease: lease.thing, pending: true, expired: false },
    ]);
    await blocks(1);
    expect(must(await requests.leases(owner.key.keyHash))).toMatchObject([{ pending: false }]);
    expect(must(await requests.memoryOffers())).toMatchObject([{ freeBytes: 7 * mebibyte }]);
    expect(must(await requests.leases(testKey(77).keyHash))).toEqual([]);
  });

  it("tell of a process from the pool on; it can be stopped while its start waits", async () => {
    const { requests } = owner.node;
    start = await send(processStart(owner.key, purse(), lease, 2n, input));
    expect(must(await requests.leases(owner.key.keyHash))).toEqual([]);
    expect(must(await requests.processes(owner.key.keyHash))).toMatchObject([
      { outPoint: { txId: start.id, index: 0 }, pending: true },
    ]);
    expect(must(await requests.process(start.id))).toMatchObject({
      standing: { state: "pending" },
      owner: owner.key.keyHash,
      publicInput: input,
      end: null,
    });
    const process: Held<ProcessRecord> = held(start, processOf);
    stop = await send(processStop(owner.key, purse(), process, goodReceipt, 3n));
    expect(must(await requests.processes(owner.key.keyHash))).toEqual([]);
    expect(must(await requests.leases(owner.key.keyHash))).toMatchObject([{ lease: lease.thing, pending: true }]);
    expect(must(await requests.receipts(owner.key.keyHash))).toMatchObject([
      { id: start.id, end: { id: stop.id, standing: { state: "pending" } } },
    ]);
  });

  it("tell its end by either id once both are in blocks, newest first", async () => {
    const { requests } = owner.node;
    await blocks(1);
    const { height } = owner.node.running.chain.head;
    for (const id of [start.id, stop.id]) {
      expect(must(await requests.process(id))).toMatchObject({
        id: start.id,
        standing: { state: "included", height },
        end: { id: stop.id, standing: { state: "included", height }, receipt: goodReceipt },
      });
    }
    const again = { outPoint: { txId: stop.id, index: 0 }, thing: lease.thing };
    const second = await send(processStart(owner.key, purse(), again, 4n, null));
    await blocks(1);
    const end = processStop(owner.key, purse(), held(second, processOf), null, 5n);
    await send(end);
    await blocks(1);
    const receipts = must(await requests.receipts(owner.key.keyHash));
    expect(receipts.map(({ id }) => id)).toEqual([second.id, start.id]);
    expect(receipts[0]?.end).toMatchObject({ id: end.id, receipt: null });
    await send(freeing(owner.key, purse(), { outPoint: { txId: end.id, index: 0 }, thing: lease.thing }, 6n));
    await blocks(1);
    expect(must(await requests.memoryOffers())).toMatchObject([{ freeBytes: 8 * mebibyte }]);
  });

  it("say what a transaction is that is no process, and that one is unknown", async () => {
    const { requests } = owner.node;
    expect(await requests.process(lease.outPoint.txId)).toMatchObject({
      code: "not-found",
      message: expect.stringContaining("memory.allocate"),
    });
    expect(await requests.process(new Uint8Array(32))).toMatchObject({ code: "not-found" });
  });
});

describe("leases that somebody else made for a key", () => {
  it("do not hide one that is asked for by its name", () => {
    const key = testKey(1);
    const thingsOf = Array.from({ length: 151 }, (_, i) => {
      const name = i === 150 ? "mine" : "dust";
      const record = { offer: new Uint8Array(32), provider: key.keyHash, bytes: mebibyte, untilHeight: 20, name };
      return { outPoint: { txId: new Uint8Array(32), index: i }, output: leaseOutput(record, key.lock), height: i };
    });
    const source = {
      chain: { head: { height: 5 }, coins: { thingsOf: () => thingsOf } },
      pool: { spenderOf: () => undefined, best: () => [] },
    } as unknown as MemorySource;
    expect(leases(source, key.keyHash)).toHaveLength(100);
    expect(leases(source, key.keyHash).some(({ lease }) => lease.name === "mine")).toBe(false);
    expect(leases(source, key.keyHash, "mine")).toMatchObject([{ outPoint: { index: 150 } }]);
  });
});

describe("a process that nobody stops", () => {
  it("is told as running until the chain has cleared it away, and then as lapsed", async () => {
    const key = testKey(1);
    const lease = { offer: new Uint8Array(32), provider: key.keyHash, bytes: mebibyte, untilHeight: 20, name: "x" };
    const started = processStart(
      key,
      { outPoint: { txId: new Uint8Array(32), index: 0 }, amountNano: 1_000_000n },
      {
        outPoint: { txId: new Uint8Array(32), index: 1 },
        thing: lease,
      },
    );
    const lapsedAt = async (height: number): Promise<boolean> => {
      const source = {
        chain: { head: { height } },
        pool: { spenderOf: () => undefined },
        store: new MemoryStore(),
        locate: () => Promise.resolve({ transaction: started.transaction, standing: { state: "pending" } }),
      } as unknown as MemorySource;
      return must(await processRun(source, started.id)).lapsed;
    };
    // In the block after head 1 019 it could still be stopped.
    expect(await lapsedAt(19 + limits.processGraceBlocks)).toBe(false);
    expect(await lapsedAt(20 + limits.processGraceBlocks)).toBe(true);
  });
});

describe("rows of stops", () => {
  const alice = testKey(1);
  const maker = new BlockMaker();

  it("go with blocks that are left or forgotten", async () => {
    const store = new MemoryStore();
    const chain = await openChain(store, () => undefined, { bodies: 12, undo: 6 });
    const rows = async (): Promise<number> => (await store.range("transactions", { limit: 1_000 })).length;
    const first = maker.run(maker.genesis, 5, alice);
    await feed(chain, first);
    const coins = chain.coins.coinsOf(alice.keyHash).map(({ outPoint }) => ({ outPoint, amountNano: firstRewardNano }));
    const [a, b, c, d] = coins as [Purse, Purse, Purse, Purse];
    const tip = first.at(-1) as (typeof first)[number];
    const terms = { bytes: 8 * mebibyte, untilHeight: 500, priceNano: 5n, burnNano: 1_000_000n };
    const offered = memoryOffer(alice, a, terms);
    const offer = { id: offered.id, provider: alice.keyHash, ...terms, freeBytes: terms.bytes };
    const leased = allocation(alice, b, offer, mebibyte);
    const started = processStart(alice, c, held(leased, leaseOf));
    const made = maker.make(tip, [offered, leased, started]);
    const stopped = processStop(alice, d, held(started, processOf));
    await feed(chain, [made, maker.make(made, [stopped])]);
    // Four transactions, and for the stop two rows that lead to it.
    expect(await rows()).toBe(4 + 2);
    const rival = maker.run(made, 30, testKey(2));
    await feed(chain, rival.slice(0, 4));
    expect(chain.head.hash).toEqual(rival[3]?.hash);
    expect(await rows()).toBe(3);
    const last = maker.make(rival[3] as (typeof rival)[number], [stopped]);
    const after = maker.run(last, 3, testKey(3));
    await feed(chain, [last, ...after]);
    expect(await rows()).toBe(4 + 2);
    await feed(chain, maker.run(after[2] as (typeof after)[number], 20, testKey(3)));
    expect(await rows()).toBe(0);
  });
});
