/** Storage deals between whole nodes on a simulated network: one keeps for a bond and makes blocks, one asks and pays. */
import { describe, expect, it } from "vitest";
import { concatBytes, toHex } from "#protocol/codec/bytes.ts";
import { sha256, taggedHash } from "#protocol/codec/hash.ts";
import { releaseMark } from "#protocol/files/release.ts";
import { stripeId } from "#protocol/files/stripe.ts";
import { readAmount } from "#protocol/ledger/apply.ts";
import { outputFromState } from "#protocol/ledger/overlay.ts";
import { readStorageDeal, type StorageDeal } from "#protocol/programs/storage-deals.ts";
import { type KeeperOffer, standingKeeperOffers, storageEscrowKey } from "#protocol/programs/storage-offers.ts";
import { rejected } from "#protocol/result.ts";
import { signerOf } from "#testing/ledger-fixtures.ts";
import { answered, must } from "#testing/mail-fixtures.ts";
import type { Purse } from "#testing/memory-fixtures.ts";
import { Random } from "#testing/random.ts";
import { goodLinks, type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { auditedNetwork, dealOver } from "#testing/storage-fixtures.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { MemoryStore } from "../../platform/memory/memory-store.ts";
import { BlockShelf } from "./block-shelf.ts";
import { filePlan } from "./file-limits.ts";
import { StorageKeeper } from "./storage-keeper.ts";

/** Shards whose lengths are no multiples of a leaf's. */
const shards = Array.from({ length: 8 }, (_, i) => new Random(i).bytes(1_300));
const digests = shards.map((shard) => sha256(shard));
const data = concatBytes(...shards);
const bondNano = 400_000_000n;
/** Longer than anything here takes on an idle chain. */
const longMs = 2 * 3_600_000;

/** A keeper with an offer that stands, and a client whose shards it has; the client has made a block or two before, so it has coins. */
async function world(seed: number) {
  const simulation = new Simulation(seed, goodLinks, 0, auditedNetwork.parameters);
  const keeper = await simulation.add({ produce: true, keepsFiles: true });
  const client = await simulation.add({ produce: true });
  const log: string[] = [];
  const attach = (): void => {
    const { chain, pool, files } = keeper.node.running;
    const key = { ...keeper.key, ...signerOf(keeper.key) };
    const ports = { entropy: simulation.random, log: (one: { message: string }) => log.push(one.message) };
    const parts = { ...ports, chain, pool, files, key };
    const pace = { offerBlocks: 500, renewalBlocks: 100 };
    const terms = { peer: keeper.name, bytes: 32_768, priceNano: 500_000_000n, bondNano, reserveNano: 0n, ...pace };
    const storage = new StorageKeeper(parts, terms);
    files.setDealTaker(storage);
    keeper.node.subscribe(({ type }) => {
      if (type === "head") storage.tend();
    });
    storage.tend();
  };
  attach();
  const state = () => client.node.running.chain.state;
  const offer = (): KeeperOffer | undefined =>
    standingKeeperOffers(state(), client.node.running.chain.head.height + 1)[0];
  const coinsOf = ({ key }: SimulatedNode) => client.node.running.chain.coins.coinsOf(key.keyHash);
  expect(await simulation.run(longMs, () => coinsOf(client).length > 0 && simulation.agree())).toBe(true);
  client.node.running.production.stop();
  must(await answered(simulation, client.node.requests.placeStripe(4, shards)));
  const until = async (done: () => boolean): Promise<void> => expect(await simulation.run(longMs, done)).toBe(true);
  /** Asks for a deal over the shards and waits until both nodes have it in a block. */
  const ask = async (periods = 2): Promise<StorageDeal> => {
    await until(() => offer() !== undefined && coinsOf(client).length > 0);
    const [coin] = coinsOf(client);
    const standing = offer();
    if (coin === undefined || standing === undefined) throw new Error("there is nothing to pay with, or nobody to pay");
    const purse: Purse = { outPoint: coin.outPoint, amountNano: coin.output.amount };
    const made = dealOver(client.key, purse, standing, data, periods);
    must(await answered(simulation, client.node.requests.sendTransaction(made.bytes)));
    const found = (node: SimulatedNode) => readStorageDeal(node.node.running.chain.state, standing.id, made.id);
    expect(await simulation.run(longMs, () => [keeper, client].every((node) => found(node) !== null))).toBe(true);
    return found(client) as StorageDeal;
  };
  const handOver = (deal: StorageDeal, blocks: readonly Uint8Array[] = digests) =>
    answered(
      simulation,
      client.node.running.files.handOver(keeper.name, { offer: deal.offer, deal: deal.id, digests: blocks }),
    );
  const now = (deal: StorageDeal) => readStorageDeal(state(), deal.offer, deal.id);
  /** What the deal's end gave the client. */
  const returnedNano = (deal: StorageDeal): bigint =>
    outputFromState(state(), { txId: taggedHash("aether/deal-end/1", deal.id), index: 0 })?.output.amount ?? 0n;
  return { simulation, keeper, client, attach, state, offer, ask, handOver, now, until, returnedNano, log };
}

describe("the keeper of files", () => {
  it("accepts what it has, passes every audit, through a restart too, and is paid all of it", async () => {
    const { simulation, keeper, attach, state, offer, ask, handOver, now, until, returnedNano, log } = await world(5);
    const deal = await ask(2);
    must(await handOver(deal));
    await until(() => now(deal)?.accepted === 1);
    expect(offer()?.deals).toBe(1);
    await until(() => now(deal)?.audited === 1);
    await simulation.restart(keeper, true);
    attach();
    await until(() => now(deal) === null);
    expect(returnedNano(deal)).toBe(0n);
    expect(offer()).toMatchObject({ freeBondNano: bondNano, deals: 0 });
    // Of all that was locked the bond alone is left: the keeper has earned the price of both audits.
    expect(readAmount(state().get(storageEscrowKey))).toBe(bondNano);
    expect(log).toEqual([]);
  });

  it("loses its bond once the shards are gone; the client gets its coins back and what is left of the bond", async () => {
    const { keeper, state, offer, ask, handOver, now, until, returnedNano, log } = await world(6);
    const asked = await ask();
    must(await handOver(asked));
    await until(() => now(asked)?.accepted === 1);
    const deal = now(asked) as StorageDeal;
    // The disk has lost them: what a deal is about does not go otherwise.
    const gone = digests.map((digest) => concatBytes(Uint8Array.of(1), digest));
    await keeper.disk.commit(gone.map((key) => ({ table: "files", key, value: null })));
    await until(() => now(deal) === null);
    expect(returnedNano(deal)).toBe(deal.escrowNano + deal.bondNano - 2n * deal.missNano);
    expect(offer()?.freeBondNano).toBe(bondNano - deal.bondNano);
    expect(readAmount(state().get(storageEscrowKey))).toBe(bondNano - deal.bondNano);
    expect(log).toContain(
      `The bytes of deal ${toHex(deal.id)} are not whole here any more: its audit cannot be passed.`,
    );
  });

  it("answers for nothing it has not: the client's coins come back by themselves", async () => {
    const { keeper, client, ask, handOver, now, until, returnedNano, simulation } = await world(7);
    const deal = await ask();
    expect(await handOver({ ...deal, id: sha256(data) })).toMatchObject({ code: "no-such-deal" });
    expect(await handOver(deal, digests.toReversed())).toMatchObject({ code: "wrong-digest" });
    expect(await handOver(deal, digests.slice(1))).toMatchObject({ code: "wrong-digest" });
    // Each costs the reading of the deal's bytes: a peer that goes on with it waits for the next block, as does what it has.
    const { chain } = keeper.node.running;
    const { height } = chain.head;
    keeper.node.running.production.stop();
    const more = await Promise.all([1, 2, 3].map(() => handOver(deal, digests.toReversed())));
    expect(more.filter((one) => !one.ok && one.code === "busy").length).toBeGreaterThanOrEqual(2);
    expect(await handOver(deal)).toMatchObject({ code: "busy" });
    expect(chain.head.height).toBe(height);
    keeper.node.running.production.start();
    expect(await simulation.run(longMs, () => chain.head.height > height)).toBe(true);
    expect(await handOver(deal, [...digests.slice(1), sha256(data)])).toMatchObject({ code: "not-found" });
    const back = keeper.node.running.files.handOver(client.name, { offer: deal.offer, deal: deal.id, digests });
    expect(await answered(simulation, back)).toMatchObject({ code: "not-serving" });
    await until(() => now(deal) === null);
    expect(returnedNano(deal)).toBe(deal.escrowNano);
  });
});

describe("a proof", () => {
  it("offers ever more until a block takes it", async () => {
    const { keeper, client, ask, handOver, now, until, log } = await world(8);
    const deal = await ask(1);
    must(await handOver(deal));
    await until(() => now(deal)?.accepted === 1);
    // Blocks are another's now, who wants four times the least fee for a proof.
    keeper.node.running.production.stop();
    const { pool, production } = client.node.running;
    const offered: bigint[] = [];
    const add = pool.add.bind(pool);
    pool.add = (prepared, from) => {
      const { command, feeNano } = prepared.transaction;
      if (command.type !== "data.prove") return add(prepared, from);
      offered.push(feeNano);
      const isEnough = feeNano >= 4n * (offered[0] ?? 0n);
      return isEnough ? add(prepared, from) : Promise.resolve(rejected("fee-too-low", "Too little for this node."));
    };
    production.start();
    await until(() => now(deal)?.passed === 1);
    expect([...new Set(offered)].map((nano) => nano / (offered[0] ?? 1n))).toEqual([1n, 2n, 4n]);
    expect(log).toEqual([]);
  });
});

describe("blocks of a deal", () => {
  it("stay as long as it does, whatever their own time was and whoever takes them back", async () => {
    const clock = new VirtualClock(0);
    const shelf = await BlockShelf.open(new MemoryStore(), clock, { ...filePlan, othersBytes: 1 << 20 });
    const blocks = shards.map((block, i) => ({ block, digest: digests[i] as Uint8Array }));
    const secret = new Uint8Array(32).fill(7);
    const stripe = { data: 4, shards: digests };
    must(
      await shelf.keep({
        stripe,
        blocks,
        untilMs: 1_000,
        from: "client",
        marks: [releaseMark(stripeId(stripe), secret)],
      }),
    );
    const bound = new Set(digests.slice(0, 3).map(toHex));
    shelf.isBound = (digest) => bound.has(digest);
    await shelf.release([{ id: stripeId(stripe), secret }]);
    expect([...shelf.which(digests)]).toEqual([1, 1, 1, 0, 0, 0, 0, 0]);
    await clock.run(5_000);
    await shelf.sweep();
    expect([...shelf.which(digests)]).toEqual([1, 1, 1, 0, 0, 0, 0, 0]);
    expect((await shelf.find(digests)).filter((block) => block !== null)).toEqual(shards.slice(0, 3));
    bound.clear();
    await shelf.sweep();
    expect([...shelf.which(digests)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });
});
