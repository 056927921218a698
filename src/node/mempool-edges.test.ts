import { describe, expect, it } from "vitest";
import { toHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { signDigest } from "#protocol/crypto/signature.ts";
import { commitCommand } from "#protocol/ledger/command.ts";
import type { Lock } from "#protocol/ledger/lock.ts";
import { type PreparedTransaction, prepareTransaction } from "#protocol/ledger/prepared.ts";
import { searchStamp, stampStrengthBits } from "#protocol/ledger/stamp.ts";
import { type OutPoint, type TransactionBody, transactionId } from "#protocol/ledger/transaction.ts";
import { limits } from "#protocol/parameters.ts";
import { type MemoryOffer, standingOffers } from "#protocol/programs/memory-market.ts";
import {
  bodyOf,
  coin,
  firstRewardNano,
  jobPost,
  payment,
  requestOf,
  signed,
  stamped,
  TestLedger,
  testKey,
  testNetworkId,
  testParameters,
} from "#testing/ledger-fixtures.ts";
import { allocation, freeing, leaseFrom, mebibyte, memoryFeeNano, memoryOffer } from "#testing/memory-fixtures.ts";
import { Mempool, type PoolChain, poolChainAt } from "./mempool.ts";
import { poolLimits } from "./pool-admission.ts";

const alice = testKey(1);
const bob = testKey(2);

const chainOf = (ledger: TestLedger): PoolChain => poolChainAt(ledger.state, ledger.height);

/** A ledger in which alice owns `count` coins, and a pool on it. */
function setUp(count: number, bounds?: { bytes: number; entries: number }) {
  const ledger = new TestLedger();
  const coins = Array.from({ length: count }, () => ledger.mine(alice));
  const pool = new Mempool(testParameters, testNetworkId, chainOf(ledger), bounds);
  return { ledger, pool, coins };
}

const poolWith = (ledger: TestLedger): Mempool => new Mempool(testParameters, testNetworkId, chainOf(ledger));

const pay = (input: OutPoint, feeNano: bigint, nonce = 1n): PreparedTransaction =>
  payment(alice, input, firstRewardNano, alice.lock, feeNano, nonce);

const firstOf = ({ id }: PreparedTransaction): OutPoint => ({ txId: id, index: 0 });

/** Spends several coins of alice's at once. */
function join(inputs: readonly OutPoint[], holdsNano: bigint, feeNano: bigint, reads: OutPoint[] = []) {
  return signed(bodyOf({ inputs, reads, outputs: [coin(holdsNano - feeNano, alice.lock)], feeNano, nonce: 7n }), alice);
}

const names = (list: Iterable<{ readonly id: Uint8Array }>): string[] => [...list].map(({ id }) => toHex(id)).sort();

describe("a job that leaves no change", () => {
  it("is known to be mined from its place in the queue, when a snapshot tells of no block", () => {
    const { ledger, pool, coins } = setUp(1);
    const feeNano = firstRewardNano - 2n * testParameters.proofs.leastSegmentFeeNano;
    const job = jobPost(alice, coins[0] as OutPoint, firstRewardNano, { segments: 2, feeNano });
    expect(job.transaction.outputs).toEqual([]);
    expect(pool.insert(job, null, 0).ok).toBe(true);
    ledger.mine(bob, [job]);
    const outcome = pool.onReorganisation({ undone: [], mined: [] }, chainOf(ledger), 0);
    expect(outcome.dropped).toEqual([]);
  });
});

describe("what leaves no output", () => {
  /** The pool holds `prepared`; a snapshot takes the chain to where a block has it. Gives what is dropped. */
  function afterSnapshot(ledger: TestLedger, pool: Mempool, prepared: PreparedTransaction): string[] {
    expect(prepared.transaction.outputs).toEqual([]);
    expect(pool.insert(prepared, null, 0)).toMatchObject({ ok: true });
    ledger.mine(bob, [prepared]);
    return names(pool.onReorganisation({ undone: [], mined: [] }, chainOf(ledger), 0).dropped);
  }

  it("is known to be mined from its id: a request", () => {
    const { ledger, pool } = setUp(0);
    const request = requestOf(alice, 1n);
    expect(afterSnapshot(ledger, pool, request)).toEqual([]);
    expect(pool.isMined(request)).toBe(true);
  });

  it("is known to be mined from its id: a lease given back with the last coin as the fee", () => {
    const { ledger, pool, coins } = setUp(2);
    const [offering, paying] = coins as [OutPoint, OutPoint];
    const terms = { bytes: mebibyte, untilHeight: 60, priceNano: 0n, burnNano: 1_000_000n };
    const offered = memoryOffer(alice, { outPoint: offering, amountNano: firstRewardNano }, terms);
    ledger.mine(bob, [offered]);
    const [offer] = standingOffers(ledger.state, ledger.height) as [MemoryOffer];
    const leased = allocation(alice, { outPoint: paying, amountNano: firstRewardNano }, offer, mebibyte);
    const change = { txId: leased.id, index: 1 };
    const leftNano = leased.transaction.outputs[1]?.amount as bigint;
    const split = [coin(memoryFeeNano, alice.lock), coin(leftNano - memoryFeeNano - 20_000n, alice.lock)];
    const changed = signed(bodyOf({ inputs: [change], outputs: split, feeNano: 20_000n }), alice);
    ledger.mine(bob, [leased, changed]);
    pool.onBlock([offered, leased, changed], chainOf(ledger));
    const lease = { outPoint: firstOf(leased), thing: leaseFrom(offer, mebibyte) };
    const free = freeing(alice, { outPoint: firstOf(changed), amountNano: memoryFeeNano }, lease);
    expect(afterSnapshot(ledger, pool, free)).toEqual([]);
    expect(pool.check(free, null)).toMatchObject({ code: "already-included" });
    // It is remembered no longer than it could have been mined.
    const { expiry } = free.transaction;
    while (ledger.height <= expiry + 1) ledger.mine(bob);
    expect(poolWith(ledger).isMined(free)).toBe(false);
  });

  it("that was not mined is dropped with its reason", () => {
    const { ledger, pool, coins } = setUp(1);
    const feeNano = firstRewardNano - testParameters.proofs.leastSegmentFeeNano;
    const job = jobPost(alice, coins[0] as OutPoint, firstRewardNano, { feeNano });
    expect(job.transaction.outputs).toEqual([]);
    expect(pool.insert(job, null, 0).ok).toBe(true);
    ledger.mine(bob, [pay(coins[0] as OutPoint, 10_000n)]);
    const { dropped } = pool.onReorganisation({ undone: [], mined: [] }, chainOf(ledger), 0);
    expect(dropped).toMatchObject([{ id: job.id, refusal: { code: "missing-output" } }]);
  });
});

describe("what is gone when blocks have not been seen", () => {
  /** The pool holds a payment of alice's; what a snapshot takes the chain past is done to the ledger. Gives what is dropped. */
  function passed(pass: (ledger: TestLedger, paid: PreparedTransaction, coins: readonly OutPoint[]) => void) {
    const { ledger, pool, coins } = setUp(1);
    const paid = pay(coins[0] as OutPoint, 10_000n);
    expect(pool.insert(paid, null, 0).ok).toBe(true);
    pass(ledger, paid, coins);
    return { ledger, pool, paid, moved: { undone: [], mined: [], unseen: true } };
  }

  it("may have been mined, if all that it made has been spent since: it is not called lost", () => {
    const { ledger, pool, paid, moved } = passed((ledger, paid) => {
      ledger.mine(bob, [paid]);
      const [output] = paid.transaction.outputs;
      ledger.mine(bob, [payment(alice, firstOf(paid), output?.amount as bigint, bob.lock, 10_000n, 2n)]);
    });
    expect(pool.isMined(paid)).toBe(false);
    const { dropped } = pool.onReorganisation(moved, chainOf(ledger), 0);
    expect(dropped).toMatchObject([{ id: paid.id, refusal: { code: "maybe-mined" } }]);
    expect(dropped[0]?.refusal.message).toContain("Before you send it again, look at your coins");
    // The same bytes can never be mined twice: what they spend is gone.
    expect(pool.check(paid, null)).toMatchObject({ code: "missing-output" });
  });

  it("may have been mined in time, even if its own time is over by now", () => {
    const { ledger, pool, paid, moved } = passed((ledger, paid, coins) => {
      ledger.mine(bob, [pay(coins[0] as OutPoint, 20_000n, 9n)]);
      while (ledger.height <= paid.transaction.expiry + 1) ledger.mine(bob);
    });
    const { dropped } = pool.onReorganisation(moved, chainOf(ledger), 0);
    expect(dropped).toMatchObject([{ id: paid.id, refusal: { code: "maybe-mined" } }]);
  });

  it("was not mined, if what it spends is still there, or a block that was seen has taken it", () => {
    const { ledger, pool, paid, moved } = passed((ledger, paid) => {
      while (ledger.height <= paid.transaction.expiry + 1) ledger.mine(bob);
    });
    const late = pool.onReorganisation(moved, chainOf(ledger), 0);
    expect(late.dropped).toMatchObject([{ id: paid.id, refusal: { code: "expired" } }]);
    const other = passed(() => undefined);
    const winner = pay(other.paid.transaction.inputs[0] as OutPoint, 20_000n, 9n);
    other.ledger.mine(bob, [winner]);
    const lost = other.pool.onReorganisation({ ...other.moved, mined: [winner] }, chainOf(other.ledger), 0);
    expect(lost.dropped).toMatchObject([
      { refusal: { code: "missing-output", context: { winner: toHex(winner.id) } } },
    ]);
  });
});

describe("what takes a lease", () => {
  it("leaves the pool with a reason once the lease's time is over, without anybody spending it", () => {
    const { ledger, pool, coins } = setUp(3);
    const [offering, paying, freeingWith] = coins as [OutPoint, OutPoint, OutPoint];
    const terms = { bytes: mebibyte, untilHeight: 8, priceNano: 0n, burnNano: 1_000_000n };
    const offered = memoryOffer(alice, { outPoint: offering, amountNano: firstRewardNano }, terms);
    ledger.mine(bob, [offered]);
    const [offer] = standingOffers(ledger.state, ledger.height) as [MemoryOffer];
    const leased = allocation(alice, { outPoint: paying, amountNano: firstRewardNano }, offer, mebibyte);
    ledger.mine(bob, [leased]);
    pool.onBlock([offered, leased], chainOf(ledger));
    const lease = { outPoint: firstOf(leased), thing: leaseFrom(offer, mebibyte) };
    const free = freeing(alice, { outPoint: freeingWith, amountNano: firstRewardNano }, lease);
    expect(pool.insert(free, "peer", 0).ok).toBe(true);
    while (ledger.height < 8) ledger.mine(bob);
    expect(pool.onBlock([], chainOf(ledger))).toEqual([]);
    ledger.mine(bob);
    expect(names(pool.onBlock([], chainOf(ledger)))).toEqual([toHex(free.id)]);
    expect(pool.obituary(free.id)).toMatchObject({ message: expect.stringContaining("until height 8") });
    expect(pool.insert(free, null, 0)).toMatchObject({ code: "lease-expired" });
    ledger.mine(bob);
    expect(poolWith(ledger).insert(free, null, 0)).toMatchObject({ code: "missing-output" });
  });
});

describe("replacement", () => {
  it("of a transaction together with its own child does not stumble over the child", () => {
    const { pool, coins } = setUp(2);
    const [x, y] = coins as [OutPoint, OutPoint];
    const parent = pay(x, 10_000n);
    const child = join([firstOf(parent), y], 2n * firstRewardNano - 10_000n, 10_000n);
    for (const one of [parent, child]) expect(pool.insert(one, "peer", 0).ok).toBe(true);
    const rival = join([x, y], 2n * firstRewardNano, 50_000n);
    const inserted = pool.insert(rival, "peer", 0);
    expect(inserted).toMatchObject({ ok: true });
    expect(inserted.ok && names(inserted.value)).toEqual(names([parent, child]));
    expect(pool.size).toBe(1);
    expect(pool.obituary(child.id)?.message).toContain(toHex(parent.id));
  });

  it("by something that builds on what it would push out is refused", () => {
    const { pool, coins } = setUp(1);
    const [x] = coins as [OutPoint];
    const parent = pay(x, 10_000n);
    const child = join([firstOf(parent)], firstRewardNano - 10_000n, 10_000n);
    for (const one of [parent, child]) pool.insert(one, "peer", 0);
    const own = join([x, firstOf(child)], 2n * firstRewardNano - 20_000n, 100_000n);
    expect(pool.insert(own, "peer", 0)).toMatchObject({ ok: false, code: "spent-in-pool" });
    expect(pool.size).toBe(2);
  });

  it("needs exactly the fee that the refusal names, for bigger and smaller rivals", () => {
    for (const inputs of [1, 2, 3]) {
      const { pool, coins } = setUp(4);
      const first = pay(coins[0] as OutPoint, 123_457n);
      pool.insert(first, null, 0);
      pool.insert(join([firstOf(first)], firstRewardNano - 123_457n, 20_011n), null, 0);
      const mine = coins.slice(0, inputs);
      const build = (feeNano: bigint) => join(mine, BigInt(inputs) * firstRewardNano, feeNano);
      const refused = pool.check(build(100_000n), null);
      const needed = refused.ok ? 0n : (refused.context?.neededFeeNano as bigint);
      expect(needed).toBeGreaterThan(143_468n);
      expect(pool.check(build(needed - 1n), null)).toMatchObject({ code: "spent-in-pool" });
      expect(pool.insert(build(needed), null, 0)).toMatchObject({ ok: true });
    }
  });
});

describe("a claim of a hash-time lock", () => {
  const preimage = new Uint8Array(32).fill(9);
  const deadline = 5;
  const lock: Lock = {
    type: "hash-time",
    paymentHash: sha256(preimage),
    recipient: alice.keyHash,
    refund: bob.keyHash,
    height: deadline,
  };

  /** A coin under the lock, made at height 2. */
  function locked() {
    const { ledger, pool, coins } = setUp(1);
    const made = payment(alice, coins[0] as OutPoint, firstRewardNano, lock);
    ledger.mine(bob, [made]);
    pool.onBlock([made], chainOf(ledger));
    const body: TransactionBody = bodyOf({
      inputs: [firstOf(made)],
      outputs: [coin(firstRewardNano - 90_000n, alice.lock)],
      feeNano: 80_000n,
    });
    const signatures = [{ publicKey: alice.publicKey, signature: signDigest(transactionId(body), alice.secret) }];
    const claim = prepareTransaction({ ...body, stamp: null, witnesses: [{ preimage, signatures }] });
    const refund = payment(bob, firstOf(made), firstRewardNano - 10_000n, bob.lock, 10_000n);
    return { ledger, pool, claim, refund };
  }

  it("leaves the pool with a reason when its time is over, so that the refund can enter", () => {
    const { ledger, pool, claim, refund } = locked();
    expect(pool.insert(claim, "peer", 0).ok).toBe(true);
    expect(pool.insert(refund, null, 0)).toMatchObject({ ok: false });
    while (ledger.height < deadline) {
      expect(pool.has(claim.id)).toBe(true);
      ledger.mine(bob);
      const dropped = pool.onBlock([], chainOf(ledger));
      expect(dropped.length).toBe(ledger.height === deadline ? 1 : 0);
    }
    expect(pool.obituary(claim.id)).toMatchObject({ code: "lock-not-satisfied" });
    expect(pool.insert(refund, null, 0)).toMatchObject({ ok: true });
    expect(ledger.build(bob, [...pool.select()]).body.skipped).toEqual([]);
  });

  it("keeps its refund out until then, and takes it back out on a shorter branch", () => {
    const { ledger, pool, refund } = locked();
    expect(pool.insert(refund, null, 0)).toMatchObject({ ok: false, code: "lock-not-satisfied" });
    const shorter = chainOf(ledger);
    while (ledger.height < deadline) ledger.mine(bob);
    pool.onBlock([], chainOf(ledger));
    expect(pool.insert(refund, null, 0).ok).toBe(true);
    expect(pool.onReorganisation({ undone: [], mined: [] }, shorter, 0).dropped).toMatchObject([{ id: refund.id }]);
    expect(pool.obituary(refund.id)).toMatchObject({ code: "lock-not-satisfied" });
  });
});

describe("what an entry only reads", () => {
  it("takes the entry with it when a block spends it, and the owner is told who did", () => {
    const { ledger, pool, coins } = setUp(2);
    const [x, y] = coins as [OutPoint, OutPoint];
    const reader = join([x], firstRewardNano, 10_000n, [y]);
    expect(pool.insert(reader, null, 0).ok).toBe(true);
    const spender = pay(y, 10_000n);
    ledger.mine(bob, [spender]);
    expect(names(pool.onBlock([spender], chainOf(ledger)))).toEqual([toHex(reader.id)]);
    expect(pool.obituary(reader.id)).toMatchObject({ context: { winner: toHex(spender.id) } });
  });

  it("may be spent by a better paid entry in the same template without the reader being dropped", () => {
    const { ledger, pool, coins } = setUp(2);
    const [x, y] = coins as [OutPoint, OutPoint];
    const reader = join([x], firstRewardNano, 10_000n, [y]);
    for (const one of [reader, pay(y, 90_000n)]) pool.insert(one, null, 0);
    const { skipped } = ledger.build(bob, [...pool.select()]).body;
    expect(skipped.map(({ prepared }) => prepared)).toEqual([reader]);
    expect(pool.review([reader])).toEqual([]);
    expect(pool.has(reader.id)).toBe(true);
  });
});

describe("room", () => {
  it("refuses what pays less than anybody without touching the rest", () => {
    const { pool, coins } = setUp(4, { bytes: 1 << 20, entries: 2 });
    const [a, b, c, d] = coins as [OutPoint, OutPoint, OutPoint, OutPoint];
    for (const [input, fee] of [[a, 20_000n] as const, [b, 30_000n] as const]) pool.insert(pay(input, fee), null, 0);
    expect(pool.insert(pay(c, 10_000n), null, 0)).toMatchObject({ code: "pool-full" });
    const inserted = pool.insert(pay(d, 25_000n), null, 0);
    expect(inserted.ok && names(inserted.value)).toEqual([toHex(pay(a, 20_000n).id)]);
    expect(pool.obituary(pay(a, 20_000n).id)).toMatchObject({ code: "pool-full" });
    expect(pool.size).toBe(2);
  });

  it("is not made by a child pushing out its own parent, nor at the cost of a rival that stays", () => {
    const { pool, coins } = setUp(3, { bytes: 1 << 20, entries: 2 });
    const [a, b] = coins as [OutPoint, OutPoint];
    const parent = pay(a, 10_000n);
    for (const one of [parent, pay(b, 30_000n)]) pool.insert(one, null, 0);
    const child = join([firstOf(parent)], firstRewardNano - 10_000n, 90_000n);
    expect(pool.insert(child, null, 0)).toMatchObject({ code: "pool-full" });
    expect(pool.size).toBe(2);
  });

  it("bounds how much one transaction builds on", () => {
    const { ledger, pool } = setUp(2);
    const split = (input: OutPoint): PreparedTransaction => {
      const outputs = Array.from({ length: 40 }, () => coin(20_000_000n, alice.lock));
      const body = bodyOf({ inputs: [input], outputs, feeNano: firstRewardNano - 800_000_000n });
      return signed(body, alice);
    };
    const splits = [split(ledger.mine(alice)), split(ledger.mine(alice))];
    ledger.mine(bob, splits);
    pool.onBlock(splits, chainOf(ledger));
    const outPoints = splits.flatMap(({ id }) => Array.from({ length: 40 }, (_, index) => ({ txId: id, index })));
    const parents = outPoints.slice(0, 63).map((outPoint) => payment(alice, outPoint, 20_000_000n, alice.lock));
    for (const parent of parents) expect(pool.insert(parent, null, 0).ok).toBe(true);
    const grandparent = payment(alice, outPoints[63] as OutPoint, 20_000_000n, alice.lock);
    const parent = payment(alice, firstOf(grandparent), 19_990_000n, alice.lock);
    for (const one of [grandparent, parent]) expect(pool.insert(one, null, 0).ok).toBe(true);
    const all = join([...parents, parent].map(firstOf), 63n * 19_990_000n + 19_980_000n, 400_000n);
    expect(pool.insert(all, null, 0)).toMatchObject({ code: "too-many-ancestors" });
    expect(poolLimits.ancestors).toBe(64);
  });
});

describe("a template", () => {
  it("keeps the children of what had no room, and stops looking when nothing fits", () => {
    const { ledger, pool, coins } = setUp(200);
    const context = { ...ledger.context, parameters: { ...testParameters, blockGas: 2_000 } };
    Object.assign(ledger.context, context);
    const parents = coins.map((input) => pay(input, 30_000n));
    for (const parent of parents) pool.insert(parent, null, 0);
    for (const parent of parents) pool.insert(join([firstOf(parent)], firstRewardNano - 30_000n, 20_000n), null, 0);
    let looked = 0;
    function* counted(): Generator<PreparedTransaction> {
      for (const one of pool.select()) {
        looked++;
        yield one;
      }
    }
    const { skipped, transactions } = ledger.build(bob, counted() as never).body;
    expect(transactions.length).toBe(3);
    expect(new Set(skipped.map(({ refusal }) => refusal.code))).toEqual(new Set(["gas-exceeded"]));
    expect(looked).toBeLessThan(100);
    const childFirst = [
      parents[5],
      join([firstOf(parents[5] as PreparedTransaction)], firstRewardNano - 30_000n, 20_000n),
    ];
    const crowded = ledger.build(bob, [...parents.slice(0, 3), ...(childFirst as PreparedTransaction[])]).body;
    expect(crowded.skipped.map(({ refusal }) => refusal.code)).toEqual(["gas-exceeded", "gas-exceeded"]);
  });
});

describe("a reorganisation", () => {
  it("brings undone and waiting transactions back whatever stamps have come to cost since", () => {
    const { ledger, pool } = setUp(1);
    const base = testParameters.freeLane.stampBits;
    const memo = new Uint8Array(limits.memoBytes);
    const command = { type: "coin.request", amountNano: 1n, keyHash: bob.keyHash, memo } as const;
    const request = (nonce: bigint): PreparedTransaction =>
      stamped(bodyOf({ command, commitment: commitCommand(command), feeNano: 0n, nonce }));
    let nonce = 0n;
    while (pool.requiredStampBits() === base) expect(pool.insert(request(nonce++), null, 0).ok).toBe(true);
    const weak: PreparedTransaction[] = [];
    while (weak.length < 3) {
      const one = request(nonce++);
      if (stampStrengthBits(one.id, one.transaction.stamp as Uint8Array) === base) weak.push(one);
    }
    const before = pool.size;
    const undone = weak.slice(0, 3);
    expect(pool.insert(undone[0] as PreparedTransaction, null, 0)).toMatchObject({ code: "stamp-too-weak" });
    const outcome = pool.onReorganisation({ undone, mined: [] }, chainOf(ledger), 1);
    expect(outcome).toMatchObject({ dropped: [] });
    expect(names(outcome.returned)).toEqual(names(undone));
    expect(pool.size).toBe(before + 3);
  });

  it("keeps the pool within its bounds when more comes back than fits", () => {
    const { ledger, pool, coins } = setUp(4, { bytes: 1 << 20, entries: 2 });
    const [a, b, c, d] = coins as [OutPoint, OutPoint, OutPoint, OutPoint];
    const waiting = [pay(a, 20_000n), pay(b, 30_000n)];
    for (const one of waiting) pool.insert(one, null, 0);
    const undone = [pay(c, 40_000n), pay(d, 10_000n)];
    const { dropped, returned } = pool.onReorganisation({ undone, mined: [] }, chainOf(ledger), 1);
    expect(names(returned)).toEqual(names([undone[0] as PreparedTransaction]));
    expect(names(dropped)).toEqual(names([waiting[0], undone[1]] as PreparedTransaction[]));
    for (const { id } of dropped) expect(pool.obituary(id)).toMatchObject({ code: "pool-full" });
    expect(pool.size).toBe(2);
  });

  it("does not mourn what was mined in blocks that nobody told of", () => {
    const { ledger, pool, coins } = setUp(2);
    const [mined, lost] = coins.map((input) => pay(input, 20_000n)) as [PreparedTransaction, PreparedTransaction];
    for (const one of [mined, lost]) pool.insert(one, null, 0);
    ledger.mine(bob, [mined, pay(coins[1] as OutPoint, 20_000n, 5n)]);
    const { dropped } = pool.onReorganisation({ undone: [], mined: [] }, chainOf(ledger), 1);
    expect(names(dropped)).toEqual([toHex(lost.id)]);
    expect(pool.obituary(mined.id)).toBeUndefined();
    expect(pool.size).toBe(0);
  });

  it("tells who took a coin, in whose favour a child went, and nothing about what is mined under another stamp", () => {
    const { ledger, pool, coins } = setUp(1);
    const [x] = coins as [OutPoint];
    const fork = chainOf(ledger);
    const loser = pay(x, 10_000n);
    const child = join([firstOf(loser)], firstRewardNano - 10_000n, 10_000n);
    for (const one of [loser, child]) pool.insert(one, null, 0);
    const request = requestOf(bob, 1n);
    const other = searchStamp(request.id, testParameters.freeLane.stampBits, 1_000_000, 1 << 20);
    const restamped = prepareTransaction({ ...request.transaction, stamp: other });
    expect(restamped.leafHash).not.toEqual(request.leafHash);
    const winner = pay(x, 10_000n, 99n);
    ledger.mine(bob, [winner, restamped]);
    expect(fork.nextHeight).toBeLessThan(ledger.height);
    const change = { undone: [request], mined: [winner, restamped] };
    const { dropped, returned } = pool.onReorganisation(change, chainOf(ledger), 1);
    expect(returned).toEqual([]);
    expect(names(dropped)).toEqual(names([loser, child]));
    expect(pool.obituary(loser.id)).toMatchObject({ context: { winner: toHex(winner.id) } });
    expect(pool.obituary(child.id)?.message).toContain(toHex(loser.id));
    expect(pool.obituary(child.id)?.message).toContain(toHex(winner.id));
  });
});

describe("expiry", () => {
  it("is the last height at which a block may hold the transaction, not one more or less", () => {
    const { ledger, pool, coins } = setUp(2);
    const [x, y] = coins as [OutPoint, OutPoint];
    const expiring = (input: OutPoint, expiry: number) =>
      signed(bodyOf({ inputs: [input], outputs: [coin(firstRewardNano - 10_000n, bob.lock)], expiry }), alice);
    const last = ledger.height + 1;
    for (const one of [expiring(x, last - 1), expiring(y, last)]) expect(pool.insert(one, null, 0).ok).toBe(true);
    ledger.mine(bob);
    expect(names(pool.onBlock([], chainOf(ledger)))).toEqual([toHex(expiring(x, last - 1).id)]);
    expect(pool.obituary(expiring(x, last - 1).id)).toMatchObject({ code: "expired" });
    expect(ledger.height).toBe(last);
    const mined = [...pool.select()];
    ledger.mine(bob, mined);
    expect(pool.onBlock(mined, chainOf(ledger))).toEqual([]);
    expect(pool.insert(expiring(y, last), null, 0)).toMatchObject({ code: "expired" });
  });
});
