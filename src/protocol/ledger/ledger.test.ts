import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bodyOf,
  coin,
  firstRewardNano,
  payment,
  requestOf,
  signed,
  stamped,
  TestLedger,
  testContext,
  testKey,
  testNetworkId,
  testParameters,
} from "#testing/ledger-fixtures.ts";
import { toHex } from "../codec/bytes.ts";
import { sha256 } from "../codec/hash.ts";
import { headerHash } from "../consensus/header.ts";
import { signDigest, verifySignature } from "../crypto/signature.ts";
import { limits, main } from "../parameters.ts";
import type { RejectionCode } from "../result.ts";
import { applyBlock, readAmount, supplyKey, treasuryKey } from "./apply.ts";
import { decodeBlock, encodeBlock } from "./block.ts";
import { commitCommand } from "./command.ts";
import { splitRevenue, subsidyNano } from "./fee.ts";
import type { Lock } from "./lock.ts";
import { outputFromState } from "./overlay.ts";
import { type PreparedTransaction, prepareTransaction } from "./prepared.ts";
import { decodeStoredOutput } from "./state.ts";
import { namespace } from "./state-key.ts";
import type { OutPoint, TransactionBody } from "./transaction.ts";
import { transactionId } from "./transaction.ts";

const alice = testKey(1);
const bob = testKey(2);
const carol = testKey(3);

function funded(): { ledger: TestLedger; reward: OutPoint } {
  const ledger = new TestLedger();
  return { ledger, reward: ledger.mine(alice) };
}

function refusal(ledger: TestLedger, prepared: PreparedTransaction): RejectionCode | "included" {
  return ledger.build(carol, [prepared]).body.skipped[0]?.refusal.code ?? "included";
}

/** Sum of all coins in the state. */
function coinsNano(ledger: TestLedger): bigint {
  let sum = 0n;
  for (const [, value] of ledger.state.entries(Uint8Array.of(namespace.output))) {
    const stored = decodeStoredOutput(value);
    if (stored.ok) sum += stored.value.output.amount;
  }
  return sum;
}

describe("payments", () => {
  it("move coins, burn half of the fee and pay proposer and treasury", () => {
    const { ledger, reward } = funded();
    expect(readAmount(ledger.state.get(supplyKey))).toBe(testParameters.subsidy.initialNano);
    ledger.mine(carol, [payment(alice, reward, firstRewardNano, bob.lock)]);
    const supply = 2n * testParameters.subsidy.initialNano - 5_000n;
    expect(readAmount(ledger.state.get(supplyKey))).toBe(supply);
    expect(coinsNano(ledger) + readAmount(ledger.state.get(treasuryKey))).toBe(supply);
  });

  it("can be spent again within the block that makes them", () => {
    const { ledger, reward } = funded();
    const first = payment(alice, reward, firstRewardNano, bob.lock);
    const second = payment(bob, { txId: first.id, index: 0 }, firstRewardNano - 10_000n, carol.lock);
    ledger.mine(carol, [first, second]);
    expect(refusal(ledger, first)).toBe("missing-output");
  });

  const variations: [string, RejectionCode, (body: TransactionBody) => TransactionBody][] = [
    ["another version", "unknown-version", (body) => ({ ...body, version: 2 })],
    ["another network", "wrong-network", (body) => ({ ...body, network: sha256(testNetworkId) })],
    ["an input twice", "duplicate-input", (body) => ({ ...body, inputs: [...body.inputs, ...body.inputs] })],
    ["an input also read", "duplicate-input", (body) => ({ ...body, reads: body.inputs })],
    ["a height that has passed", "expired", (body) => ({ ...body, expiry: 1 })],
    ["an expiry too far away", "expires-too-late", (body) => ({ ...body, expiry: 3 + limits.expiryBlocks })],
    ["a foreign commitment", "wrong-commitment", (body) => ({ ...body, commitment: new Uint8Array(32) })],
    ["an unknown kind", "unknown-kind", (body) => ({ ...body, outputs: [{ ...coin(1n, bob.lock), kind: 9 }] })],
    ["an empty output", "rule-violated", (body) => ({ ...body, outputs: [coin(0n, bob.lock), ...body.outputs] })],
    ["no output", "rule-violated", (body) => ({ ...body, outputs: [] })],
    ["a fee below the least", "fee-too-low", (body) => ({ ...body, feeNano: 1n })],
    ["more out than in", "not-balanced", (body) => ({ ...body, outputs: [coin(firstRewardNano, bob.lock)] })],
    ["less out than in", "not-balanced", (body) => ({ ...body, outputs: [coin(1n, bob.lock)] })],
    [
      "an overflowing sum",
      "not-balanced",
      (body) => ({ ...body, outputs: Array(3).fill(coin((1n << 64n) - 1n, bob.lock)) }),
    ],
    ["a missing input", "missing-output", (body) => ({ ...body, inputs: [{ txId: testNetworkId, index: 0 }] })],
    ["a missing read", "missing-output", (body) => ({ ...body, reads: [{ txId: testNetworkId, index: 0 }] })],
    ["an unordered threshold", "rule-violated", (body) => ({ ...body, outputs: [coin(1n, unordered)] })],
  ];
  const unordered: Lock = {
    type: "threshold",
    required: 1,
    keyHashes: [new Uint8Array(32).fill(2), new Uint8Array(32)],
  };

  it.each(variations)("with %s are refused as %s", (_name, code, change) => {
    const { ledger, reward } = funded();
    const body = bodyOf({ inputs: [reward], outputs: [coin(firstRewardNano - 10_000n, bob.lock)] });
    expect(refusal(ledger, signed(change(body), alice))).toBe(code);
  });

  it("take exactly one of fee and stamp", () => {
    const { ledger, reward } = funded();
    const paid = payment(alice, reward, firstRewardNano, bob.lock);
    const both = prepareTransaction({ ...paid.transaction, stamp: new Uint8Array(8) });
    expect(refusal(ledger, both)).toBe("rule-violated");
    const free = signed(bodyOf({ inputs: [reward], outputs: [coin(firstRewardNano, bob.lock)], feeNano: 0n }), alice);
    expect(refusal(ledger, free)).toBe("stamp-missing");
    const { stamp } = stamped(free.transaction).transaction;
    expect(refusal(ledger, prepareTransaction({ ...free.transaction, stamp }))).toBe("included");
  });
});

describe("requests in the free lane", () => {
  it("get a newcomer in, once", () => {
    const { ledger } = funded();
    const request = requestOf(bob, 1n);
    ledger.mine(carol, [request]);
    expect(refusal(ledger, request)).toBe("already-included");
    expect(refusal(ledger, requestOf(bob, 2n))).toBe("included");
  });

  it("are remembered for a bounded time, so they expire sooner than what consumes something", () => {
    const { ledger, reward } = funded();
    const command = { type: "coin.request", amountNano: 1n, keyHash: bob.keyHash, memo: new Uint8Array() } as const;
    const until = (expiry: number) =>
      stamped(bodyOf({ command, commitment: commitCommand(command), feeNano: 0n, expiry }));
    const last = ledger.height + limits.rememberedBlocks;
    expect(refusal(ledger, until(last))).toBe("included");
    expect(refusal(ledger, until(last + 1))).toBe("expires-too-late");
    const outputs = [coin(firstRewardNano - 10_000n, bob.lock)];
    expect(refusal(ledger, signed(bodyOf({ inputs: [reward], outputs, expiry: last + 1 }), alice))).toBe("included");
  });

  it("are forgotten after they have expired", () => {
    const { ledger } = funded();
    const command = { type: "coin.request", amountNano: 1n, keyHash: bob.keyHash, memo: new Uint8Array() } as const;
    ledger.mine(carol, [stamped(bodyOf({ command, commitment: commitCommand(command), feeNano: 0n, expiry: 3 }))]);
    const remembered = () => [...ledger.state.entries(Uint8Array.of(namespace.rememberedId))].length;
    expect(remembered()).toBe(1);
    ledger.mine(carol);
    expect(remembered()).toBe(1);
    ledger.mine(carol);
    expect(remembered()).toBe(0);
  });

  it("need a strong enough stamp and must move nothing", () => {
    const { ledger, reward } = funded();
    const command = { type: "coin.request", amountNano: 1n, keyHash: bob.keyHash, memo: new Uint8Array() } as const;
    const body = bodyOf({ command, commitment: commitCommand(command), feeNano: 0n });
    const weak = fc
      .sample(fc.uint8Array({ minLength: 8, maxLength: 8 }), 200)
      .map((stamp) => prepareTransaction({ ...body, stamp, witnesses: [] }));
    expect(weak.map((prepared) => refusal(ledger, prepared))).toContain("stamp-too-weak");
    expect(refusal(ledger, stamped({ ...body, reads: [reward] }))).toBe("rule-violated");
  });

  it("fill at most their share of a block", () => {
    const { ledger } = funded();
    const memo = new Uint8Array(limits.memoBytes);
    const requests = Array.from({ length: 400 }, (_, i) => {
      const command = { type: "coin.request", amountNano: 1n, keyHash: bob.keyHash, memo } as const;
      return stamped(bodyOf({ command, commitment: commitCommand(command), feeNano: 0n, nonce: BigInt(i) }), 4);
    });
    const { body } = ledger.build(carol, requests);
    const bytes = body.transactions.reduce((sum, prepared) => sum + prepared.bytes.length, 0);
    expect(bytes).toBeLessThanOrEqual(limits.blockBytes / 10);
    expect(new Set(body.skipped.map(({ refusal }) => refusal.code))).toEqual(new Set(["lane-full"]));
  });
});

describe("locks", () => {
  const spend = (
    lock: Lock,
    sign: (id: Uint8Array) => PreparedTransaction["transaction"]["witnesses"][0],
    atHeight?: number,
  ) => {
    const { ledger, reward } = funded();
    const locked = payment(alice, reward, firstRewardNano, lock, 20_000n);
    ledger.mine(carol, [locked]);
    while (atHeight !== undefined && ledger.height < atHeight) ledger.mine(carol);
    const body = bodyOf({
      inputs: [{ txId: locked.id, index: 0 }],
      outputs: [coin(firstRewardNano - 40_000n, bob.lock)],
      feeNano: 20_000n,
    });
    const prepared = prepareTransaction({ ...body, stamp: null, witnesses: [sign(transactionId(body))] });
    const { body: built } = ledger.build(carol, [prepared]);
    if (built.skipped[0] !== undefined) return built.skipped[0].refusal.code;
    return built.unverified.flatMap(({ checks }) => checks).every(verifySignature) ? "included" : "bad-signature";
  };
  const by =
    (...keys: (typeof alice)[]) =>
    (id: Uint8Array) => ({
      preimage: null as Uint8Array | null,
      signatures: keys.map((key) => ({ publicKey: key.publicKey, signature: signDigest(id, key.secret) })),
    });
  const trio = [alice, bob, carol].sort((a, b) => (toHex(a.keyHash) < toHex(b.keyHash) ? -1 : 1));
  const [first, second, third] = trio as [typeof alice, typeof alice, typeof alice];
  const twoOfThree: Lock = { type: "threshold", required: 2, keyHashes: trio.map((key) => key.keyHash) };
  const preimage = new Uint8Array([1, 2, 3]);
  const hashTime: Lock = {
    type: "hash-time",
    paymentHash: sha256(preimage),
    recipient: bob.keyHash,
    refund: alice.keyHash,
    height: 6,
  };

  it("key: its signature and nothing else", () => {
    expect(spend(bob.lock, by(bob))).toBe("included");
    expect(spend(bob.lock, by(alice))).toBe("lock-not-satisfied");
    expect(spend(bob.lock, by())).toBe("lock-not-satisfied");
    expect(spend(bob.lock, by(bob, alice))).toBe("lock-not-satisfied");
    expect(spend(bob.lock, (id) => ({ ...by(bob)(id), preimage }))).toBe("lock-not-satisfied");
    expect(spend(bob.lock, () => by(bob)(new Uint8Array(32)))).toBe("bad-signature");
  });

  it("threshold: exactly m of n, in order", () => {
    expect(spend(twoOfThree, by(first, third))).toBe("included");
    expect(spend(twoOfThree, by(third, first))).toBe("lock-not-satisfied");
    expect(spend(twoOfThree, by(first, first))).toBe("lock-not-satisfied");
    expect(spend(twoOfThree, by(first))).toBe("lock-not-satisfied");
    expect(spend(twoOfThree, by(first, second, third))).toBe("lock-not-satisfied");
    expect(spend(twoOfThree, by(first, testKey(9)))).toBe("lock-not-satisfied");
  });

  it("hash-time: recipient with the preimage before the height, refund from it on", () => {
    expect(spend(hashTime, (id) => ({ ...by(bob)(id), preimage }))).toBe("included");
    expect(spend(hashTime, (id) => ({ ...by(alice)(id), preimage }))).toBe("lock-not-satisfied");
    expect(spend(hashTime, (id) => ({ ...by(bob)(id), preimage: new Uint8Array([9]) }))).toBe("lock-not-satisfied");
    expect(spend(hashTime, by(alice))).toBe("lock-not-satisfied");
    expect(spend(hashTime, by(alice), 6)).toBe("included");
    expect(spend(hashTime, (id) => ({ ...by(bob)(id), preimage }), 6)).toBe("lock-not-satisfied");
  });

  it("program: nobody but the program", () => {
    expect(spend({ type: "program", program: "treasury" }, by(alice))).toBe("program-locked");
  });
});

describe("blocks", () => {
  it("undo to the identical root, one after another", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 6 }), (choices) => {
        const ledger = new TestLedger();
        const history: { root: Uint8Array; undo: () => Uint8Array }[] = [];
        let last = ledger.mine(alice);
        let nonce = 0n;
        for (const choice of choices) {
          const before = ledger.state;
          const holdsNano = outputFromState(before, last)?.output.amount ?? 0n;
          const spend = payment(alice, last, holdsNano, choice === 1 ? bob.lock : alice.lock, 10_000n, nonce++);
          const candidates = choice === 0 ? [] : choice === 1 ? [spend] : [spend, requestOf(bob, nonce++)];
          const { body } = ledger.build(alice, candidates);
          last = ledger.mine(alice, candidates);
          const after = ledger.state;
          history.push({ root: before.root(), undo: () => after.undoChanges(body.changes).root() });
          const total = coinsNano(ledger) + readAmount(after.get(treasuryKey));
          expect(total).toBe(readAmount(after.get(supplyKey)));
        }
        for (const { root, undo } of history) expect(undo()).toEqual(root);
      }),
      { numRuns: 25 },
    );
  });

  it("are refused when any byte of them is altered", () => {
    const { ledger, reward } = funded();
    const { block } = ledger.build(carol, [payment(alice, reward, firstRewardNano, bob.lock), requestOf(bob, 5n)]);
    const bytes = encodeBlock(block);
    const { state } = ledger;
    for (let position = 0; position < bytes.length; position++) {
      const altered = bytes.slice();
      altered[position] = (altered[position] as number) ^ (1 << (position % 8));
      const decoded = decodeBlock(altered);
      if (!decoded.ok) continue;
      const applied = applyBlock(state, decoded.value, testContext());
      // What the body's rules cannot see is in the header, whose hash then misses its place in the chain and its work.
      if (applied.ok) expect(toHex(headerHash(decoded.value.header))).not.toBe(toHex(headerHash(block.header)));
    }
  });

  it("pay a subsidy that falls by 15 per cent a year down to its floor", () => {
    const year = main.subsidy.yearBlocks;
    expect([1, year, year + 1, 2 * year + 1, 100 * year].map((height) => subsidyNano(height, main))).toEqual([
      4_000_000_000n,
      4_000_000_000n,
      3_400_000_000n,
      2_890_000_000n,
      400_000_000n,
    ]);
    const split = (stakeNano: bigint, ownBlocks: number) =>
      splitRevenue(101n, { stakeNano, ownBlocks }, testParameters);
    expect(split(1n, 10)).toEqual({ proposerNano: 71n, votersNano: 20n, treasuryNano: 10n });
    expect(split(0n, 0)).toEqual({ proposerNano: 35n, votersNano: 20n, treasuryNano: 46n });
    // A fifth of the blocks: one half, and a quarter of the other.
    expect(split(1n, 40)).toEqual({ proposerNano: 44n, votersNano: 20n, treasuryNano: 37n });
  });
});
