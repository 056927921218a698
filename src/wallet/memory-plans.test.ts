import { describe, expect, it } from "vitest";
import { sha256 } from "#protocol/codec/hash.ts";
import { gasOf, minimumFeeNano } from "#protocol/ledger/fee.ts";
import { outputFromState } from "#protocol/ledger/overlay.ts";
import { prepareTransaction } from "#protocol/ledger/prepared.ts";
import { leaseOf, processOf } from "#protocol/ledger/things.ts";
import { encodeTransaction, type OutPoint } from "#protocol/ledger/transaction.ts";
import { limits } from "#protocol/parameters.ts";
import { type MemoryOffer, offerBurnNano, standingOffers } from "#protocol/programs/memory-market.ts";
import type { Result } from "#protocol/result.ts";
import { processInputDigest } from "#protocol/veil/process-input.ts";
import {
  firstRewardNano,
  signerOf,
  type TestKey,
  TestLedger,
  testKey,
  testNetworkId,
  testParameters,
} from "#testing/ledger-fixtures.ts";
import { goodReceipt, mebibyte } from "#testing/memory-fixtures.ts";
import { type Plan, type PlanContext, type SpendableCoin, signPlan } from "./build.ts";
import {
  cheapestOffer,
  planAllocation,
  planFree,
  planMemoryOffer,
  planProcessStart,
  planProcessStop,
  planWithdrawal,
} from "./memory-plans.ts";

const alice = testKey(1);
const bob = testKey(2);

/** A ledger with wallets on it. */
class World {
  readonly ledger = new TestLedger();
  private nonce = 1n;

  coinOf(key: TestKey): SpendableCoin {
    return { ...this.ledger.mine(key), amountNano: firstRewardNano };
  }

  context(key: TestKey): PlanContext {
    const { height } = this.ledger;
    return {
      parameters: testParameters,
      networkId: testNetworkId,
      height: height - 1,
      keyHash: key.keyHash,
      nonce: this.nonce++,
    };
  }

  offers(): readonly MemoryOffer[] {
    return standingOffers(this.ledger.state, this.ledger.height);
  }

  /** Mines a plan; gives its first output's place. */
  async mine(plan: Result<Plan>, key: TestKey): Promise<OutPoint> {
    const prepared = await this.sign(plan, key);
    this.ledger.mine(testKey(9), [prepared]);
    return { txId: prepared.id, index: 0 };
  }

  async sign(plan: Result<Plan>, key: TestKey) {
    if (!plan.ok) throw new Error(`${plan.code}: ${plan.message}`);
    const transaction = await signPlan(plan.value, signerOf(key));
    if (!transaction.ok) throw new Error(transaction.message);
    return prepareTransaction(transaction.value);
  }

  async offer(bytes: number, untilHeight: number, priceNano: bigint): Promise<Uint8Array> {
    const coins = [this.coinOf(alice)];
    const context = this.context(alice);
    const burnNano = offerBurnNano(this.offers().length, untilHeight - context.height, testParameters);
    const plan = planMemoryOffer({ bytes, untilHeight, priceNano, burnNano }, coins, context);
    return (await this.mine(plan, alice)).txId;
  }

  async lease(bytes: number, name = "demo") {
    const coins = [this.coinOf(bob)];
    const outPoint = await this.mine(planAllocation({ bytes, name }, this.offers(), coins, this.context(bob)), bob);
    const stored = outputFromState(this.ledger.state, outPoint);
    const lease = stored === undefined ? null : leaseOf(stored.output);
    if (lease === null) throw new Error("no lease was made");
    return { outPoint, lease };
  }
}

const publicInput = Uint8Array.of(1, 2, 3);
const start = { programDigest: sha256(Uint8Array.of(5)), inputDigest: processInputDigest(publicInput), publicInput };

describe("plans about memory", () => {
  it("allocate from the cheapest offer that fits, and of those from the one that stands longest", async () => {
    const world = new World();
    await world.offer(mebibyte, 60, 1n);
    const cheap = await world.offer(8 * mebibyte, 60, 2n);
    const longer = await world.offer(8 * mebibyte, 90, 2n);
    await world.offer(64 * mebibyte, 60, 9n);
    const at = (height: number) => ({ height, parameters: testParameters });
    expect(cheapestOffer(world.offers(), 4 * mebibyte, at(5))?.id).toEqual(longer);
    expect(cheapestOffer(world.offers(), 4 * mebibyte, at(85))).toBeUndefined();
    const { lease } = await world.lease(4 * mebibyte);
    expect(lease.offer).toEqual(longer);
    expect((await world.lease(6 * mebibyte)).lease.offer).toEqual(cheap);
    const refused = planAllocation({ bytes: 65 * mebibyte, name: "big" }, world.offers(), [], world.context(bob));
    expect(refused).toMatchObject({ code: "offer-exhausted", context: { mostBytes: 64 * mebibyte } });
    expect(planAllocation({ bytes: mebibyte, name: "none" }, [], [], world.context(bob))).toMatchObject({
      code: "offer-exhausted",
      message: expect.stringContaining("Nobody offers"),
    });
  });

  it("pass offers by that are too large for so small a lease, and say so if there is no other", async () => {
    const world = new World();
    const large = await world.offer(limits.memoryOfferBytes, 60, 0n);
    const leastBytes = limits.memoryOfferBytes / testParameters.memory.leasesPerOffer;
    const plan = (bytes: number) => planAllocation({ bytes, name: "x" }, world.offers(), [], world.context(bob));
    expect(plan(mebibyte)).toMatchObject({
      code: "offer-exhausted",
      message: expect.stringContaining(`the least is ${leastBytes}`),
    });
    expect(plan(leastBytes)).toMatchObject({ ok: true, value: { body: { command: { offer: large } } } });
    const small = await world.offer(mebibyte, 60, 5n);
    expect(cheapestOffer(world.offers(), mebibyte, { height: 5, parameters: testParameters })?.id).toEqual(small);
  });

  it("pay the least fee where something is paid, and nothing where nothing is", async () => {
    const world = new World();
    await world.offer(64 * mebibyte, 60, 1_000n);
    const coins = [world.coinOf(bob)];
    const paid = planAllocation({ bytes: mebibyte, name: "demo" }, world.offers(), coins, world.context(bob));
    const { transaction } = await world.sign(paid, bob);
    const least = minimumFeeNano(
      gasOf(transaction, encodeTransaction(transaction).length, testParameters),
      testParameters,
    );
    expect(transaction.feeNano - least).toBeLessThanOrEqual(80n);
    expect(transaction.feeNano).toBeGreaterThanOrEqual(least);
    expect(planAllocation({ bytes: mebibyte, name: "demo" }, world.offers(), [], world.context(bob))).toMatchObject({
      code: "insufficient-funds",
    });
    const free = new World();
    await free.offer(64 * mebibyte, 60, 0n);
    const plan = planAllocation({ bytes: mebibyte, name: "demo" }, free.offers(), [], free.context(bob));
    expect(plan).toMatchObject({ ok: true, value: { free: true, coins: [], body: { inputs: [], feeNano: 0n } } });
    await free.mine(plan, bob);
    expect(free.offers()[0]?.freeBytes).toBe(63 * mebibyte);
  });

  it("run a process and free its lease without a coin", async () => {
    const world = new World();
    await world.offer(64 * mebibyte, 60, 0n);
    const owned = await world.lease(2 * mebibyte);
    const started = await world.mine(planProcessStart(owned, start, null, world.context(bob)), bob);
    const stored = outputFromState(world.ledger.state, started);
    const process = stored === undefined ? null : processOf(stored.output);
    if (process === null) throw new Error("no process was made");
    const receipt = { ...goodReceipt, memoryPages: 32 };
    const back = await world.mine(
      planProcessStop({ outPoint: started, process }, receipt, null, world.context(bob)),
      bob,
    );
    await world.mine(planFree({ outPoint: back, lease: owned.lease }, null, world.context(bob)), bob);
    expect(world.offers()[0]?.freeBytes).toBe(64 * mebibyte);
  });

  it("may pay a fee instead of a stamp", async () => {
    const world = new World();
    await world.offer(64 * mebibyte, 60, 0n);
    const owned = await world.lease(mebibyte);
    const plan = planFree(owned, [world.coinOf(bob)], world.context(bob));
    expect(plan).toMatchObject({ ok: true, value: { free: false } });
    expect(plan.ok && plan.value.body.feeNano).toBeGreaterThan(0n);
    await world.mine(plan, bob);
    expect(world.offers()[0]?.freeBytes).toBe(64 * mebibyte);
  });

  it("refuse what the chain would refuse, and ask for no lease that has ended", async () => {
    const world = new World();
    await world.offer(64 * mebibyte, 16, 0n);
    const owned = await world.lease(mebibyte);
    const wrong = planProcessStart(owned, { ...start, inputDigest: new Uint8Array(32) }, null, world.context(bob));
    expect(wrong).toMatchObject({ code: "rule-violated" });
    const started = await world.mine(planProcessStart(owned, start, null, world.context(bob)), bob);
    const process = { ...start, lease: owned.lease };
    const tooMuch = { ...goodReceipt, memoryPages: 17 };
    const context = world.context(bob);
    expect(planProcessStop({ outPoint: started, process }, tooMuch, null, context)).toMatchObject({
      code: "rule-violated",
    });
    while (world.ledger.height <= 16) world.ledger.mine(alice);
    const late = planProcessStop({ outPoint: started, process }, goodReceipt, null, world.context(bob));
    await world.mine(late, bob);
    expect(planFree(owned, null, world.context(bob))).toMatchObject({ code: "lease-expired" });
    expect(planProcessStart(owned, start, null, world.context(bob))).toMatchObject({ code: "lease-expired" });
  });

  it("withdraw an offer with a coin that comes back", async () => {
    const world = new World();
    await world.offer(mebibyte, 60, 0n);
    const [offer] = world.offers() as [MemoryOffer];
    expect(planWithdrawal(offer, [world.coinOf(bob)], world.context(bob))).toMatchObject({ code: "rule-violated" });
    const back = await world.mine(planWithdrawal(offer, [world.coinOf(alice)], world.context(alice)), alice);
    expect(world.offers()).toEqual([]);
    expect(outputFromState(world.ledger.state, back)?.output.amount).toBe(firstRewardNano);
  });
});
