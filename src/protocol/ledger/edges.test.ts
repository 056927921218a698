import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bodyOf,
  coin,
  firstRewardNano,
  payment,
  requestOf,
  signed,
  TestLedger,
  testKey,
  testParameters,
} from "#testing/ledger-fixtures.ts";
import { main } from "../parameters.ts";
import { applyBlock, readAmount, supplyKey, treasuryKey } from "./apply.ts";
import { burntNano, splitRevenue, subsidyNano } from "./fee.ts";
import { outputFromState } from "./overlay.ts";
import { decodeStateProof, encodeStateProof, proveState, verifyStateProof } from "./state-proof.ts";
import { emptyStateTree } from "./state-tree.ts";
import type { OutPoint } from "./transaction.ts";

const alice = testKey(1);
const bob = testKey(2);
const carol = testKey(3);
const largest = (1n << 64n) - 1n;

describe("keys that share all bits but the last", () => {
  const left = new Uint8Array(32).fill(0xa5);
  left[31] = 0xa4;
  const right = new Uint8Array(32).fill(0xa5);
  const value = Uint8Array.of(1);

  it("are two leaves, whatever the order they come and go in", () => {
    const both = emptyStateTree().update([
      { key: right, value },
      { key: left, value: Uint8Array.of(2) },
    ]);
    expect([...both.entries()].map(([key]) => key)).toEqual([left, right]);
    expect(both.get(left)).toEqual(Uint8Array.of(2));
    const one = both.update([{ key: left, value: null }]);
    expect(one.root()).toEqual(
      emptyStateTree()
        .update([{ key: right, value }])
        .root(),
    );
    expect(one.get(left)).toBeUndefined();
    expect(one.update([{ key: right, value: null }]).root()).toEqual(emptyStateTree().root());
    expect([...both.entries(left.subarray(0, 31))].length).toBe(2);
  });

  it("can be proved at any depth, present and absent, within the limits of a proof", () => {
    // One neighbour for each bit: the deepest tree there is.
    const keys = Array.from({ length: 256 }, (_, bit) =>
      right.map((byte, i) => (i === bit >> 3 ? byte ^ (0x80 >> (bit & 7)) : byte)),
    );
    const deep = emptyStateTree().update([...keys, right].map((key) => ({ key, value })));
    const root = deep.root();
    for (const key of [right, left, keys[0] as Uint8Array, keys[200] as Uint8Array]) {
      const bytes = encodeStateProof(proveState(deep, key));
      const proof = decodeStateProof(bytes);
      expect(proof.ok && verifyStateProof(root, key, proof.value)).toEqual({ ok: true, value });
    }
    const without = deep.update([{ key: right, value: null }]);
    const proof = decodeStateProof(encodeStateProof(proveState(without, right)));
    expect(proof.ok && verifyStateProof(without.root(), right, proof.value)).toEqual({ ok: true, value: null });
    expect(proof.ok && verifyStateProof(root, right, proof.value).ok).toBe(false);
  });
});

describe("amounts at the edge of 64 bits", () => {
  /** What a payment with these outputs and this fee from one reward is refused with. */
  function refusal(amounts: readonly bigint[], feeNano: bigint): string | undefined {
    const ledger = new TestLedger();
    const inputs = [ledger.mine(alice)];
    const one = signed(bodyOf({ inputs, outputs: amounts.map((amount) => coin(amount, bob.lock)), feeNano }), alice);
    return ledger.build(carol, [one]).body.skipped[0]?.refusal.code;
  }

  it("never wrap around into a balance", () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 1n, max: largest }), { minLength: 1, maxLength: 64 }), (amounts) => {
        // What would balance if sums were taken modulo 2^64.
        const sum = amounts.reduce((total, amount) => total + amount, 0n);
        const wrapped = (firstRewardNano - 200_000n - sum) & largest;
        fc.pre(wrapped > 0n && amounts.length < 64);
        const code = refusal([...amounts, wrapped], 200_000n);
        expect(code).toBe(sum + wrapped + 200_000n === firstRewardNano ? undefined : "not-balanced");
      }),
      { numRuns: 30 },
    );
    expect(refusal([largest, firstRewardNano - 9_999n], 10_000n)).toBe("not-balanced");
    expect(refusal([firstRewardNano + 1n], largest)).toBe("not-balanced");
    expect(refusal([1n], firstRewardNano - 1n)).toBeUndefined();
  });
});

describe("who gets what of a block", () => {
  it("is half of 70 per cent of subsidy and unburnt fees for a proposer without a stake, the rest for the treasury", () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 8_000n, max: 900_000_001n }), { maxLength: 4 }), (fees) => {
        const ledger = new TestLedger();
        const coins = fees.map(() => ledger.mine(alice));
        const before = {
          supply: readAmount(ledger.state.get(supplyKey)),
          treasury: readAmount(ledger.state.get(treasuryKey)),
        };
        const reward = ledger.mine(
          carol,
          fees.map((fee, i) => payment(alice, coins[i] as OutPoint, firstRewardNano, bob.lock, fee)),
        );
        const burnt = fees.reduce((sum, fee) => sum + fee / 2n, 0n);
        const { initialNano } = testParameters.subsidy;
        const revenue = initialNano + fees.reduce((sum, fee) => sum + fee, 0n) - burnt;
        const part = revenue - (revenue * 30n) / 100n;
        const treasury = revenue - part / 2n;
        expect(readAmount(ledger.state.get(supplyKey)) - before.supply).toBe(initialNano - burnt);
        expect(readAmount(ledger.state.get(treasuryKey)) - before.treasury).toBe(treasury);
        expect(outputFromState(ledger.state, reward)?.output.amount).toBe(revenue - treasury);
      }),
      { numRuns: 20 },
    );
  });

  it("is conserved for any revenue, burns half of a fee, and mints less than 2^64 in a thousand years", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: largest }), fc.nat(200), fc.boolean(), (nano, ownBlocks, bonded) => {
        const earner = { stakeNano: bonded ? 1n : 0n, ownBlocks };
        const { proposerNano, votersNano, treasuryNano } = splitRevenue(nano, earner, testParameters);
        expect(proposerNano + votersNano + treasuryNano).toBe(nano);
        const part = nano - nano / 10n - votersNano;
        const right = !bonded
          ? part / 2n
          : ownBlocks <= 10
            ? part
            : part / 2n + ((part - part / 2n) * 10n) / BigInt(ownBlocks);
        expect(proposerNano).toBe(right);
        expect(votersNano * 5n <= nano + 5n && proposerNano >= 0n && treasuryNano >= 0n).toBe(true);
        expect(nano - burntNano(nano) - burntNano(nano)).toBe(nano & 1n);
      }),
    );
    let minted = 0n;
    for (let year = 0; year < 1_000; year++) {
      minted += BigInt(main.subsidy.yearBlocks) * subsidyNano(year * main.subsidy.yearBlocks + 1, main);
    }
    expect(minted).toBeLessThan(largest);
    expect(subsidyNano(0, main)).toBe(0n);
  });
});

describe("a block body", () => {
  it("takes one transaction once, and a chain of them only in order", () => {
    const ledger = new TestLedger();
    const reward = ledger.mine(alice);
    const parent = payment(alice, reward, firstRewardNano, alice.lock);
    const child = payment(alice, { txId: parent.id, index: 0 }, firstRewardNano - 10_000n, bob.lock);
    const request = requestOf(bob, 1n);
    const { block } = ledger.build(carol, [parent, child, request]);
    const [a, b, c] = block.transactions;
    for (const transactions of [
      [b, a, c],
      [a, a, b],
      [a, b, c, c],
      [a, b],
    ]) {
      const applied = applyBlock(
        ledger.state,
        { ...block, transactions: transactions as typeof block.transactions },
        ledger.context,
      );
      expect(applied.ok).toBe(false);
    }
    const codes = (list: (typeof parent)[]) =>
      ledger.build(carol, list).body.skipped.map(({ refusal }) => refusal.code);
    expect(codes([child, parent])).toEqual(["missing-output"]);
    expect(codes([parent, parent, request, request])).toEqual(["missing-output", "already-included"]);
  });

  it("may read what it makes and what it spends later, not what it spent before", () => {
    const ledger = new TestLedger();
    const [x, y] = [ledger.mine(alice), ledger.mine(alice)];
    const reader = signed(
      bodyOf({ inputs: [x], reads: [y], outputs: [coin(firstRewardNano - 10_000n, bob.lock)] }),
      alice,
    );
    const spender = payment(alice, y, firstRewardNano, bob.lock);
    expect(ledger.build(carol, [reader, spender]).body.skipped).toEqual([]);
    expect(ledger.build(carol, [spender, reader]).body.skipped[0]?.refusal.code).toBe("missing-output");
    const own = signed(
      bodyOf({
        inputs: [x],
        reads: [{ txId: spender.id, index: 0 }],
        outputs: [coin(firstRewardNano - 10_000n, bob.lock)],
      }),
      alice,
    );
    expect(ledger.build(carol, [spender, own]).body.skipped).toEqual([]);
  });
});
