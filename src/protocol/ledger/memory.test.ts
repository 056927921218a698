import { describe, expect, it } from "vitest";
import {
  bodyOf,
  coin,
  firstRewardNano,
  signed,
  stamped,
  TestLedger,
  testKey,
  testParameters,
} from "#testing/ledger-fixtures.ts";
import {
  allocation,
  freeing,
  goodReceipt,
  type Held,
  leaseFrom,
  mebibyte,
  memoryFeeNano,
  memoryOffer,
  memoryWithdrawal,
  type Purse,
  processStart,
  processStop,
} from "#testing/memory-fixtures.ts";
import { limits } from "../parameters.ts";
import {
  leastLeaseBytes,
  type MemoryOffer,
  offerBurnNano,
  readMemoryOffer,
  standingOffers,
} from "../programs/memory-market.ts";
import type { RejectionCode } from "../result.ts";
import { readAmount, supplyKey } from "./apply.ts";
import { type Command, commitCommand } from "./command.ts";
import { outputFromState } from "./overlay.ts";
import { decodePrepared, type PreparedTransaction, prepareTransaction } from "./prepared.ts";
import { namespace } from "./state-key.ts";
import { type LeaseRecord, leaseOf, leaseOutput, type ProcessRecord, processOf, processOutput } from "./things.ts";
import type { Output } from "./transaction.ts";

const alice = testKey(1);
const bob = testKey(2);
const carol = testKey(3);
const priceNano = 1_000n;
const burnNano = 1_000_000n;

/** A ledger on which alice offers 64 MiB until a height and bob has a coin. */
class Market {
  readonly ledger = new TestLedger();
  readonly offerId: Uint8Array;
  private nonce = 100n;

  constructor(untilHeight = 50, price = priceNano) {
    const terms = { bytes: 64 * mebibyte, untilHeight, priceNano: price, burnNano };
    const offer = memoryOffer(alice, this.purse(alice), terms);
    this.ledger.mine(carol, [offer]);
    this.offerId = offer.id;
  }

  /** A fresh coin of a key: the reward of a block. */
  purse(key = bob): Purse {
    return { outPoint: this.ledger.mine(key), amountNano: firstRewardNano };
  }

  get offer(): MemoryOffer {
    const offer = readMemoryOffer(this.ledger.state, this.offerId);
    if (offer === null) throw new Error("the offer is gone");
    return offer;
  }

  allocate(bytes = 4 * mebibyte, key = bob): Held<LeaseRecord> {
    const transaction = allocation(key, this.purse(key), this.offer, bytes, this.nonce++);
    this.ledger.mine(carol, [transaction]);
    return { outPoint: { txId: transaction.id, index: 0 }, thing: leaseFrom(this.offer, bytes) };
  }

  start(lease: Held<LeaseRecord>, key = bob): Held<ProcessRecord> {
    const transaction = processStart(key, this.purse(key), lease, this.nonce++);
    this.ledger.mine(carol, [transaction]);
    return heldProcess(transaction);
  }

  refusal(prepared: PreparedTransaction): RejectionCode | "included" {
    return this.ledger.build(carol, [prepared]).body.skipped[0]?.refusal.code ?? "included";
  }

  mineUntil(height: number): void {
    while (this.ledger.height < height) this.ledger.mine(carol);
  }
}

function heldProcess({ id, transaction }: PreparedTransaction): Held<ProcessRecord> {
  const thing = processOf(transaction.outputs[0] as Output);
  if (thing === null) throw new Error("no process was made");
  return { outPoint: { txId: id, index: 0 }, thing };
}

/** The same transaction with other parts, signed again. */
function altered(prepared: PreparedTransaction, changes: object, key = bob): PreparedTransaction {
  const body = { ...prepared.transaction, ...changes };
  return signed({ ...body, commitment: commitCommand(body.command) }, key);
}

describe("offers of memory", () => {
  it("stand with their provider, and what they burn leaves circulation", () => {
    const market = new Market();
    expect(standingOffers(market.ledger.state, market.ledger.height)).toEqual([
      {
        id: market.offerId,
        provider: alice.keyHash,
        bytes: 64 * mebibyte,
        freeBytes: 64 * mebibyte,
        untilHeight: 50,
        priceNano,
      },
    ]);
    const burnt = 2n * testParameters.subsidy.initialNano - readAmount(market.ledger.state.get(supplyKey));
    expect(burnt).toBe(burnNano + memoryFeeNano / 2n);
  });

  const terms = { bytes: mebibyte, untilHeight: 50, priceNano, burnNano };
  it.each([
    ["half a page", { bytes: limits.memoryPageBytes / 2 }, "rule-violated"],
    ["nothing", { bytes: 0 }, "rule-violated"],
    ["a height that has passed", { untilHeight: 2 }, "rule-violated"],
    ["a height too far away", { untilHeight: 4 + limits.memoryOfferBlocks }, "rule-violated"],
    ["too little burnt", { burnNano: 46_999n }, "fee-too-low"],
    ["more burnt than there is", { burnNano: (1n << 64n) - 1n }, "not-balanced"],
    ["the longest time", { untilHeight: 3 + limits.memoryOfferBlocks - 1, burnNano: 20_000_000n }, "included"],
  ] as const)("of %s are %s", (_name, change, code) => {
    const market = new Market(50);
    const purse = market.purse(alice);
    expect(market.ledger.height).toBe(4);
    const changed: typeof terms = { ...terms, ...change };
    expect(market.refusal(memoryOffer(alice, purse, changed, 7n))).toBe(code);
  });

  it("need a coin of the provider, and are withdrawn by nobody else", () => {
    const market = new Market();
    const command: Command = { type: "memory.offer", ...terms };
    const free = stamped(bodyOf({ command, commitment: commitCommand(command), feeNano: 0n }));
    expect(market.refusal(free)).toBe("rule-violated");
    expect(market.refusal(memoryWithdrawal(bob, market.purse(), market.offerId))).toBe("rule-violated");
    const own = market.purse(alice);
    market.ledger.mine(carol, [memoryWithdrawal(alice, own, market.offerId)]);
    expect(standingOffers(market.ledger.state, market.ledger.height)).toEqual([]);
    expect(market.refusal(memoryWithdrawal(alice, market.purse(alice), market.offerId))).toBe("no-such-offer");
  });

  it("grow dear before the list is full; expired ones make room", () => {
    const ledger = new TestLedger();
    let outPoint = ledger.mine(alice);
    let amountNano = firstRewardNano;
    const offers = Array.from({ length: limits.memoryOffers + 1 }, (_, i) => {
      const least = offerBurnNano(Math.min(i, limits.memoryOffers - 1), 9, testParameters);
      const offer = memoryOffer(
        alice,
        { outPoint, amountNano },
        { bytes: mebibyte, untilHeight: 10, priceNano, burnNano: least },
        BigInt(i),
      );
      outPoint = { txId: offer.id, index: 0 };
      amountNano -= least + memoryFeeNano;
      return offer;
    });
    const tooCheap = memoryOffer(
      alice,
      { outPoint: ledger.mine(alice), amountNano: firstRewardNano },
      { bytes: mebibyte, untilHeight: 10, priceNano, burnNano: offerBurnNano(8, 8, testParameters) - 1n },
      999n,
    );
    const { body } = ledger.build(carol, [...offers.slice(0, 8), tooCheap, ...offers.slice(8)]);
    expect(body.skipped.map(({ refusal }) => refusal.code)).toEqual(["fee-too-low", "queue-full"]);
    ledger.mine(carol, offers.slice(0, -1));
    expect(standingOffers(ledger.state, ledger.height)).toHaveLength(limits.memoryOffers);
    while (ledger.height < 11) ledger.mine(carol);
    expect(standingOffers(ledger.state, ledger.height)).toEqual([]);
    const last = offers[0] as PreparedTransaction;
    expect(readMemoryOffer(ledger.state, last.id)).not.toBeNull();
    const again = memoryOffer(
      alice,
      { outPoint: ledger.mine(alice), amountNano: firstRewardNano },
      { bytes: mebibyte, untilHeight: 20, priceNano, burnNano },
    );
    ledger.mine(carol, [again]);
    expect(standingOffers(ledger.state, ledger.height)).toHaveLength(1);
    expect(readMemoryOffer(ledger.state, last.id)).toBeNull();
  });
});

describe("allocations", () => {
  it("make a lease, pay the provider, and take from the offer; freeing gives back", () => {
    const market = new Market();
    const lease = market.allocate();
    const stored = outputFromState(market.ledger.state, lease.outPoint);
    expect(stored && leaseOf(stored.output)).toEqual(lease.thing);
    expect(outputFromState(market.ledger.state, { ...lease.outPoint, index: 1 })?.output).toEqual(
      coin(4n * priceNano, alice.lock),
    );
    expect(market.offer.freeBytes).toBe(60 * mebibyte);
    market.ledger.mine(carol, [freeing(bob, market.purse(), lease)]);
    expect(market.offer.freeBytes).toBe(64 * mebibyte);
    expect(outputFromState(market.ledger.state, lease.outPoint)).toBeUndefined();
  });

  it("stand side by side in one block until the offer is used up", () => {
    const market = new Market();
    const purses = [market.purse(), market.purse(), market.purse()];
    const [a, b, c] = purses.map((purse, i) => allocation(bob, purse, market.offer, 32 * mebibyte, BigInt(i))) as [
      PreparedTransaction,
      PreparedTransaction,
      PreparedTransaction,
    ];
    const { body } = market.ledger.build(carol, [a, b, c]);
    expect(body.transactions.map(({ id }) => id)).toEqual([a.id, b.id]);
    expect(body.skipped.map(({ refusal }) => refusal.code)).toEqual(["offer-exhausted"]);
  });

  it("round the price up, and pay it in full", () => {
    const market = new Market(50, 3n);
    const bytes = limits.memoryPageBytes;
    const good = allocation(bob, market.purse(), market.offer, bytes);
    expect(good.transaction.outputs[1]?.amount).toBe(1n);
    expect(market.refusal(good)).toBe("included");
    const [lease, , change] = good.transaction.outputs;
    const unpaid = altered(good, { outputs: [lease, { ...(change as Output), amount: (change?.amount ?? 0n) + 1n }] });
    expect(market.refusal(unpaid)).toBe("rule-violated");
  });

  it("cost a newcomer only a stamp where the price is nothing", () => {
    const market = new Market(50, 0n);
    const command: Command = { type: "memory.allocate", offer: market.offerId, bytes: mebibyte, name: "demo" };
    const outputs = [leaseOutput(leaseFrom(market.offer, mebibyte), bob.lock)];
    const free = stamped(bodyOf({ command, commitment: commitCommand(command), outputs, feeNano: 0n }));
    market.ledger.mine(carol, [free]);
    expect(market.offer.freeBytes).toBe(63 * mebibyte);
    expect(market.refusal(free)).toBe("already-included");
  });

  it("take at least their share of the offer, so that no offer is cut into dust", () => {
    const { memoryPageBytes, memoryOfferBytes, leaseBytes } = limits;
    const { leasesPerOffer } = testParameters.memory;
    const least = (bytes: number): number => leastLeaseBytes(bytes, testParameters);
    expect(least(memoryPageBytes)).toBe(memoryPageBytes);
    expect(least(leasesPerOffer * memoryPageBytes)).toBe(memoryPageBytes);
    expect(least((leasesPerOffer + 1) * memoryPageBytes)).toBe(2 * memoryPageBytes);
    expect(least(memoryOfferBytes)).toBe(memoryOfferBytes / leasesPerOffer);
    expect(least(memoryOfferBytes)).toBeLessThanOrEqual(leaseBytes);
    const market = new Market();
    const big = memoryOffer(alice, market.purse(alice), {
      bytes: memoryOfferBytes,
      untilHeight: 50,
      priceNano: 0n,
      burnNano,
    });
    market.ledger.mine(carol, [big]);
    const offer = readMemoryOffer(market.ledger.state, big.id) as MemoryOffer;
    const purse = market.purse();
    expect(market.refusal(allocation(bob, purse, offer, least(memoryOfferBytes)))).toBe("included");
    expect(market.refusal(allocation(bob, purse, offer, least(memoryOfferBytes) - memoryPageBytes))).toBe(
      "rule-violated",
    );
  });

  const forged: [string, RejectionCode, (good: PreparedTransaction, market: Market) => object][] = [
    [
      "more bytes in the lease than in the command",
      "rule-violated",
      (good, market) => ({
        outputs: [leaseOutput(leaseFrom(market.offer, 8 * mebibyte), bob.lock), ...good.transaction.outputs.slice(1)],
      }),
    ],
    [
      "a later end",
      "rule-violated",
      (good, market) => ({
        outputs: [
          leaseOutput({ ...leaseFrom(market.offer, 4 * mebibyte), untilHeight: 51 }, bob.lock),
          ...good.transaction.outputs.slice(1),
        ],
      }),
    ],
    [
      "two leases",
      "rule-violated",
      (good) => ({ outputs: [good.transaction.outputs[0], ...good.transaction.outputs] }),
    ],
    ["no lease", "rule-violated", (good) => ({ outputs: good.transaction.outputs.slice(1) })],
    [
      "a lease that holds coins",
      "rule-violated",
      (good) => ({
        outputs: [{ ...(good.transaction.outputs[0] as Output), amount: 1n }, ...good.transaction.outputs.slice(1)],
      }),
    ],
    [
      "a lease under a program's lock",
      "rule-violated",
      (good, market) => ({
        outputs: [
          leaseOutput(leaseFrom(market.offer, 4 * mebibyte), { type: "program", program: "x" }),
          ...good.transaction.outputs.slice(1),
        ],
      }),
    ],
    ["no name", "rule-violated", (good) => ({ command: { ...good.transaction.command, name: "" } })],
    ["part of a page", "rule-violated", (good) => ({ command: { ...good.transaction.command, bytes: 1_000 } })],
    [
      "another offer",
      "no-such-offer",
      (good) => ({ command: { ...good.transaction.command, offer: new Uint8Array(32) } }),
    ],
  ];
  it.each(forged)("with %s are refused as %s", (_name, code, change) => {
    const market = new Market();
    const good = allocation(bob, market.purse(), market.offer, 4 * mebibyte);
    expect(market.refusal(good)).toBe("included");
    expect(market.refusal(altered(good, change(good, market)))).toBe(code);
  });

  it("end with the offer", () => {
    const market = new Market(12);
    const purse = market.purse();
    const late = allocation(bob, purse, market.offer, mebibyte);
    market.mineUntil(12);
    expect(market.refusal(late)).toBe("included");
    market.mineUntil(13);
    expect(market.refusal(late)).toBe("no-such-offer");
  });

  it("outlive a withdrawn offer, and then free nothing", () => {
    const market = new Market();
    const lease = market.allocate();
    market.ledger.mine(carol, [memoryWithdrawal(alice, market.purse(alice), market.offerId)]);
    const process = market.start(lease);
    market.ledger.mine(carol, [processStop(bob, market.purse(), process)]);
    expect(readMemoryOffer(market.ledger.state, market.offerId)).toBeNull();
  });
});

describe("what is no coin", () => {
  it("is neither made nor taken by a payment", () => {
    const market = new Market();
    const lease = market.allocate();
    const purse = market.purse();
    const left = [coin(purse.amountNano - memoryFeeNano, bob.lock)];
    const stolen = leaseOutput(lease.thing, bob.lock);
    const pay = (changes: object): PreparedTransaction =>
      signed(bodyOf({ inputs: [purse.outPoint], outputs: left, feeNano: memoryFeeNano, ...changes }), bob);
    expect(market.refusal(pay({}))).toBe("included");
    expect(market.refusal(pay({ outputs: [...left, stolen] }))).toBe("rule-violated");
    expect(market.refusal(pay({ outputs: [stolen, ...left] }))).toBe("rule-violated");
    expect(market.refusal(pay({ inputs: [purse.outPoint, lease.outPoint] }))).toBe("rule-violated");
    // Handing a lease on as it is would be a payment as well.
    expect(market.refusal(pay({ inputs: [lease.outPoint, purse.outPoint], outputs: [stolen, ...left] }))).toBe(
      "rule-violated",
    );
  });

  it("is not freed, started or stopped as something else, nor two at once", () => {
    const market = new Market();
    const [lease, other] = [market.allocate(), market.allocate()];
    const process = market.start(market.allocate());
    const purse = market.purse();
    const asLease = { outPoint: process.outPoint, thing: process.thing.lease };
    const asProcess = { outPoint: lease.outPoint, thing: { ...process.thing, lease: lease.thing } };
    expect(market.refusal(freeing(bob, purse, asLease))).toBe("rule-violated");
    expect(market.refusal(processStart(bob, purse, asLease))).toBe("rule-violated");
    expect(market.refusal(processStop(bob, purse, asProcess))).toBe("rule-violated");
    const both = freeing(bob, purse, lease);
    const inputs = [lease.outPoint, other.outPoint, purse.outPoint];
    expect(market.refusal(altered(both, { inputs }))).toBe("rule-violated");
    expect(market.refusal(altered(both, { inputs: [purse.outPoint, lease.outPoint] }))).toBe("rule-violated");
  });
});

describe("processes", () => {
  it("hold their lease and give it back", () => {
    const market = new Market();
    const lease = market.allocate();
    const process = market.start(lease);
    expect(market.refusal(processStart(bob, market.purse(), lease))).toBe("missing-output");
    expect(market.refusal(freeing(bob, market.purse(), lease))).toBe("missing-output");
    const stop = processStop(bob, market.purse(), process);
    market.ledger.mine(carol, [stop]);
    const back = { outPoint: { txId: stop.id, index: 0 }, thing: lease.thing };
    expect(market.refusal(processStart(bob, market.purse(), back))).toBe("included");
    market.ledger.mine(carol, [freeing(bob, market.purse(), back)]);
    expect(market.offer.freeBytes).toBe(64 * mebibyte);
  });

  it("may start and stop within one block", () => {
    const market = new Market();
    const lease = market.allocate();
    const start = processStart(bob, market.purse(), lease);
    const stop = processStop(bob, market.purse(), heldProcess(start));
    market.ledger.mine(carol, [start, stop]);
    expect(outputFromState(market.ledger.state, { txId: stop.id, index: 0 })?.output.kind).toBe(1);
  });

  it("are nobody else's to start or stop", () => {
    const market = new Market();
    const lease = market.allocate();
    expect(market.refusal(processStart(alice, market.purse(alice), lease))).toBe("lock-not-satisfied");
    const process = market.start(lease);
    expect(market.refusal(processStop(alice, market.purse(alice), process))).toBe("lock-not-satisfied");
    const handedOn = altered(processStop(bob, market.purse(), process), {
      outputs: [leaseOutput(lease.thing, alice.lock)],
    });
    expect(market.refusal(handedOn)).toBe("rule-violated");
  });

  it("name a public input by its digest", () => {
    const market = new Market();
    const lease = market.allocate();
    const purse = market.purse();
    const good = processStart(bob, purse, lease);
    const { command, outputs } = good.transaction;
    expect(market.refusal(processStart(bob, purse, lease, 1n, null))).toBe("included");
    expect(market.refusal(altered(good, { command: { ...command, publicInput: Uint8Array.of(9) } }))).toBe(
      "rule-violated",
    );
    const record = processOf(outputs[0] as Output) as ProcessRecord;
    const other = processOutput({ ...record, programDigest: new Uint8Array(32) }, bob.lock);
    expect(market.refusal(altered(good, { outputs: [other, ...outputs.slice(1)] }))).toBe("rule-violated");
    const long = prepareTransaction({
      ...good.transaction,
      command: { ...command, publicInput: new Uint8Array(limits.publicInputBytes + 1) } as Command,
    });
    expect(decodePrepared(long.bytes)).toMatchObject({ ok: false, code: "out-of-range" });
  });

  it.each([
    ["more pages than leased", { memoryPages: 65 }, "rule-violated"],
    ["a peak above its cap", { memoryPages: 2, memoryPeakPages: 3 }, "rule-violated"],
    ["the whole lease", { memoryPages: 64, memoryPeakPages: 64 }, "included"],
    ["more fuel than its limit", { fuelUsed: 1_000_001 }, "rule-violated"],
    ["all its fuel", { fuelUsed: 1_000_000 }, "included"],
    ["a code of a program that trapped", { exit: { type: "trap", code: 1 } }, "rule-violated"],
    ["a trap", { exit: { type: "trap", code: 0 } }, "included"],
  ] as const)("end with a receipt of %s: %s", (_name, change, code) => {
    const market = new Market();
    const process = market.start(market.allocate());
    const purse = market.purse();
    const receipt = { ...goodReceipt, ...change };
    expect(market.refusal(processStop(bob, purse, process, receipt))).toBe(code);
  });

  it("may end without a word", () => {
    const market = new Market();
    const process = market.start(market.allocate());
    const purse = market.purse();
    expect(market.refusal(processStop(bob, purse, process, null))).toBe("included");
  });

  it("start and are freed while the lease stands, and can be stopped for a while after it", () => {
    const market = new Market(20);
    const [first, second] = [market.allocate(), market.allocate()];
    const process = market.start(first);
    const purse = market.purse();
    const start = processStart(bob, purse, second);
    const free = freeing(bob, purse, second);
    const stop = altered(processStop(bob, purse, process), { expiry: 2_000 });
    market.mineUntil(20);
    for (const one of [start, free, stop]) expect(market.refusal(one)).toBe("included");
    market.mineUntil(21);
    expect(outputFromState(market.ledger.state, second.outPoint)).toBeDefined();
    for (const one of [start, free]) expect(market.refusal(one)).toBe("lease-expired");
    market.mineUntil(22);
    for (const one of [start, free]) expect(market.refusal(one)).toBe("missing-output");
    expect(market.refusal(altered(stop, { outputs: stop.transaction.outputs.slice(1) }))).toBe("rule-violated");
    market.mineUntil(20 + limits.processGraceBlocks);
    expect(market.refusal(stop)).toBe("included");
    market.mineUntil(21 + limits.processGraceBlocks);
    expect(market.refusal(stop)).toBe("lease-expired");
    market.mineUntil(22 + limits.processGraceBlocks);
    expect(market.refusal(stop)).toBe("missing-output");
    expect(marksOf(market.ledger)).toBe(0);
  });

  it("that are stopped after their lease's end leave nothing behind one block later", () => {
    const market = new Market(12);
    const process = market.start(market.allocate());
    market.mineUntil(14);
    const stop = processStop(bob, market.purse(), process);
    market.ledger.mine(carol, [stop]);
    const back = { outPoint: { txId: stop.id, index: 0 }, thing: process.thing.lease };
    expect(outputFromState(market.ledger.state, back.outPoint)).toBeDefined();
    expect(market.refusal(processStart(bob, market.purse(), back))).toBe("missing-output");
    expect(outputFromState(market.ledger.state, back.outPoint)).toBeUndefined();
    expect(marksOf(market.ledger)).toBe(0);
  });
});

function marksOf({ state }: TestLedger): number {
  return [...state.entries(Uint8Array.of(namespace.lapse))].length;
}
