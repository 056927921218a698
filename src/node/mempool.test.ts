import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "#protocol/codec/bytes.ts";
import { outputFromState } from "#protocol/ledger/overlay.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import type { OutPoint } from "#protocol/ledger/transaction.ts";
import { standingOffers } from "#protocol/programs/memory-market.ts";
import {
  bodyOf,
  coin,
  firstRewardNano,
  payment,
  requestOf,
  rotation,
  signed,
  TestLedger,
  testKey,
  testNetworkId,
  testParameters,
} from "#testing/ledger-fixtures.ts";
import { allocation, mebibyte, memoryOffer } from "#testing/memory-fixtures.ts";
import { Mempool, type PoolChain, poolChainAt } from "./mempool.ts";
import { poolLimits } from "./pool-admission.ts";

const alice = testKey(1);
const bob = testKey(2);

const chainOf = (ledger: TestLedger): PoolChain => poolChainAt(ledger.state, ledger.height);

/** A ledger in which alice owns `count` coins, and a pool on it. */
function setUp(count = 1): { ledger: TestLedger; pool: Mempool; coins: OutPoint[] } {
  const ledger = new TestLedger();
  const coins = Array.from({ length: count }, () => ledger.mine(alice));
  return { ledger, pool: new Mempool(testParameters, testNetworkId, chainOf(ledger)), coins };
}

const pay = (input: OutPoint, feeNano: bigint, nonce = 1n): PreparedTransaction =>
  payment(alice, input, firstRewardNano, bob.lock, feeNano, nonce);

describe("mempool", () => {
  it("replaces a rival only for more fee and a better rate, and tells the loser who won", () => {
    const { pool, coins } = setUp();
    const [input] = coins as [OutPoint];
    const first = pay(input, 10_000n);
    expect(pool.insert(first, null, 0).ok).toBe(true);
    const same = pool.insert(pay(input, 10_000n, 2n), null, 0);
    expect(same).toMatchObject({ ok: false, code: "spent-in-pool", context: { winner: toHex(first.id) } });
    const better = pay(input, 20_000n, 3n);
    expect(pool.insert(better, null, 0)).toMatchObject({ ok: true, value: [{ id: first.id }] });
    expect(pool.obituary(first.id)).toMatchObject({ code: "spent-in-pool", context: { winner: toHex(better.id) } });
    expect(pool.size).toBe(1);
  });

  it("tells an owner at once that an offer was used up by others", () => {
    const ledger = new TestLedger();
    const [a, b, c, d] = [ledger.mine(alice), ledger.mine(alice), ledger.mine(alice), ledger.mine(alice)];
    const purse = (outPoint: OutPoint) => ({ outPoint, amountNano: firstRewardNano });
    const terms = { bytes: 3 * mebibyte, untilHeight: 50, priceNano: 5n, burnNano: 1_000_000n };
    const offered = memoryOffer(alice, purse(a), terms);
    ledger.mine(bob, [offered]);
    const [offer] = standingOffers(ledger.state, ledger.height);
    if (offer === undefined) throw new Error("no offer stands");
    const pool = new Mempool(testParameters, testNetworkId, chainOf(ledger));
    const ours = allocation(alice, purse(b), offer, 2 * mebibyte, 1n);
    const foreign = allocation(alice, purse(c), offer, 2 * mebibyte, 2n);
    const winner = allocation(alice, purse(d), offer, 2 * mebibyte, 3n);
    pool.insert(ours, null, 0);
    pool.insert(foreign, "a peer", 0);
    ledger.mine(bob, [winner]);
    const dropped = pool.onBlock([winner], chainOf(ledger));
    expect(dropped).toMatchObject([{ id: ours.id, refusal: { code: "offer-exhausted" } }]);
    expect(pool.has(foreign.id)).toBe(true);
  });

  it("drops the loser of a double spend when the block arrives, with its descendants", () => {
    const { ledger, pool, coins } = setUp();
    const [input] = coins as [OutPoint];
    const ours = pay(input, 10_000n);
    const child = payment(bob, { txId: ours.id, index: 0 }, firstRewardNano - 10_000n, alice.lock);
    pool.insert(ours, null, 0);
    pool.insert(child, null, 0);
    const theirs = pay(input, 10_000n, 9n);
    ledger.mine(bob, [theirs]);
    const dropped = pool.onBlock([theirs], chainOf(ledger));
    expect(dropped.map(({ id }) => toHex(id)).sort()).toEqual([ours, child].map(({ id }) => toHex(id)).sort());
    expect(pool.obituary(ours.id)).toMatchObject({ code: "missing-output", context: { winner: toHex(theirs.id) } });
    expect(pool.size).toBe(0);
  });

  it("gives parents before children and the best fee rate first", () => {
    const { ledger, pool, coins } = setUp(2);
    const [a, b] = coins as [OutPoint, OutPoint];
    const low = pay(a, 10_000n);
    const rich = payment(bob, { txId: low.id, index: 0 }, firstRewardNano - 10_000n, alice.lock, 90_000n);
    const middle = pay(b, 30_000n);
    for (const one of [low, middle, rich]) expect(pool.insert(one, null, 0).ok).toBe(true);
    expect([...pool.select()].map(({ id }) => toHex(id))).toEqual([low, rich, middle].map(({ id }) => toHex(id)));
    expect(ledger.build(bob, [...pool.select()]).body.skipped).toEqual([]);
  });

  it("bounds descendants, peers and age", () => {
    const { pool, coins } = setUp();
    let last = pay((coins as [OutPoint])[0], 10_000n);
    let holdsNano = firstRewardNano - 10_000n;
    expect(pool.insert(last, "peer", 0).ok).toBe(true);
    for (let i = 0; i < poolLimits.descendants; i++) {
      last = payment(
        i % 2 === 0 ? bob : alice,
        { txId: last.id, index: 0 },
        holdsNano,
        i % 2 === 0 ? alice.lock : bob.lock,
      );
      holdsNano -= 10_000n;
      expect(pool.insert(last, "peer", 0).ok).toBe(true);
    }
    const oneMore = payment(bob, { txId: last.id, index: 0 }, holdsNano, alice.lock);
    expect(pool.insert(oneMore, "peer", 0)).toMatchObject({ code: "too-many-ancestors" });
    expect(pool.dropOld(poolLimits.ageMs).length).toBe(0);
    expect(pool.dropOld(poolLimits.ageMs + 1).length).toBe(poolLimits.descendants + 1);
    expect(pool.sizeBytes).toBe(0);
  });

  it("bounds what builds on one transaction side by side", () => {
    const { pool, coins } = setUp();
    const outputs = Array.from({ length: 64 }, () => coin(40_000_000n, alice.lock));
    const feeNano = firstRewardNano - 64n * 40_000_000n;
    const wide = signed(bodyOf({ inputs: coins, outputs, feeNano }), alice);
    expect(pool.insert(wide, null, 0).ok).toBe(true);
    const children = outputs.map((_, index) =>
      payment(alice, { txId: wide.id, index }, 40_000_000n, alice.lock, 10_000n),
    );
    for (const child of children) expect(pool.insert(child, null, 0).ok).toBe(true);
    const [{ id }] = children as [PreparedTransaction];
    const grandchild = payment(alice, { txId: id, index: 0 }, 39_990_000n, alice.lock);
    expect(pool.insert(grandchild, null, 0)).toMatchObject({ code: "too-many-descendants" });
  });

  it("asks for harder stamps as the free lane fills", () => {
    const { pool } = setUp();
    const bits = new Set<number>();
    for (let i = 0n; pool.requiredStampBits() === testParameters.freeLane.stampBits; i++) {
      bits.add(pool.requiredStampBits());
      pool.insert(requestOf(bob, i), null, 0);
    }
    expect(bits.size).toBe(1);
    expect(pool.requiredStampBits()).toBe(testParameters.freeLane.stampBits + 1);
    const weak = Array.from({ length: 40 }, (_, i) => pool.check(requestOf(bob, 1_000_000n + BigInt(i)), null));
    expect(weak.some((result) => !result.ok && result.code === "stamp-too-weak")).toBe(true);
  });

  it("keeps its invariants under any order of insertions, blocks and drops", () => {
    const actions = fc.array(fc.tuple(fc.nat(3), fc.nat(5), fc.integer({ min: 10, max: 60 }), fc.boolean()), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(actions, (list) => {
        const { ledger, pool, coins } = setUp(4);
        let nonce = 0n;
        for (const [pick, action, fee, chained] of list) {
          const candidates = [...pool.best()];
          const parent = candidates[pick % Math.max(1, candidates.length)];
          const feeNano = BigInt(fee) * 1_000n;
          if (action < 4) {
            const build = (input: OutPoint, holdsNano: bigint): PreparedTransaction =>
              signed(
                bodyOf({ inputs: [input], outputs: [coin(holdsNano - feeNano, alice.lock)], feeNano, nonce: nonce++ }),
                alice,
              );
            const one =
              chained && parent !== undefined
                ? build({ txId: parent.prepared.id, index: 0 }, parent.prepared.transaction.outputs[0]?.amount ?? 0n)
                : build(
                    coins[pick] as OutPoint,
                    outputFromState(ledger.state, coins[pick] as OutPoint)?.output.amount ?? firstRewardNano,
                  );
            pool.insert(one, `peer${pick}`, 0);
          } else if (action === 4) {
            const before = pool.size;
            expect(pool.onReorganisation({ undone: [], mined: [] }, chainOf(ledger), 0).dropped).toEqual([]);
            expect(pool.size).toBe(before);
          } else {
            const { body } = ledger.build(bob, [...pool.select()].slice(0, 2));
            ledger.mine(bob, body.transactions);
            pool.onBlock(body.transactions, chainOf(ledger));
          }
          const entries = [...pool.best()];
          const spent = entries.flatMap((entry) =>
            entry.prepared.transaction.inputs.map((input) => `${toHex(input.txId)}${input.index}`),
          );
          expect(new Set(spent).size).toBe(spent.length);
          expect(pool.sizeBytes).toBe(entries.reduce((sum, entry) => sum + entry.prepared.bytes.length, 0));
          expect(ledger.build(bob, [...pool.select()]).body.skipped).toEqual([]);
          entries.forEach((entry, i) => {
            expect(entry.feeRate).toBeLessThanOrEqual(entries[i - 1]?.feeRate ?? Number.POSITIVE_INFINITY);
          });
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe("rotations", () => {
  it("send away what the retired key signed, and leave what its successor may sign", () => {
    const { ledger, pool, coins } = setUp(2);
    const [first, second] = coins as [OutPoint, OutPoint];
    const theft = pay(first, 10_000n);
    const elsewhere = payment(bob, ledger.mine(bob), firstRewardNano, alice.lock);
    pool.onBlock([], chainOf(ledger));
    for (const prepared of [theft, elsewhere, rotation(alice, testKey(5))]) {
      expect(pool.insert(prepared, "a peer", 0)).toMatchObject({ ok: true });
    }
    const rotated = rotation(alice, bob, { nonce: 2n });
    expect(pool.insert(rotated, null, 0)).toMatchObject({ ok: true });
    ledger.mine(bob, [rotated]);
    const dropped = pool.onBlock([rotated], chainOf(ledger));
    expect(dropped.map(({ refusal }) => refusal.code)).toEqual(["key-replaced", "key-replaced"]);
    expect(pool.obituary(theft.id)).toMatchObject({ code: "key-replaced" });
    expect(pool.has(elsewhere.id)).toBe(true);
    expect(pool.check(pay(second, 10_000n), null)).toMatchObject({ ok: false, code: "key-replaced" });
    expect(pool.check(payment(bob, second, firstRewardNano, bob.lock), null)).toMatchObject({ ok: true });
  });

  it("that are undone wait again, and what only the successor could sign goes with a word", () => {
    const { ledger, pool, coins } = setUp();
    const [input] = coins as [OutPoint];
    const before = chainOf(ledger);
    const rotated = rotation(alice, bob);
    ledger.mine(bob, [rotated]);
    pool.onBlock([], chainOf(ledger));
    const spent = payment(bob, input, firstRewardNano, bob.lock);
    expect(pool.insert(spent, null, 0)).toMatchObject({ ok: true });
    const { returned, dropped } = pool.onReorganisation({ undone: [rotated], mined: [] }, before, 0);
    expect(returned.map(({ id }) => toHex(id))).toEqual([toHex(rotated.id)]);
    expect(dropped).toMatchObject([{ id: spent.id, refusal: { code: "lock-not-satisfied" } }]);
  });
});
