import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bodyOf,
  coin,
  firstRewardNano,
  payment,
  rotation,
  stamped,
  type TestKey,
  TestLedger,
  testContext,
  testKey,
  testNetworkId,
} from "#testing/ledger-fixtures.ts";
import {
  allocation,
  goodReceipt,
  mebibyte,
  memoryOffer,
  memoryWithdrawal,
  processStart,
  processStop,
} from "#testing/memory-fixtures.ts";
import { toHex } from "../codec/bytes.ts";
import { sha256 } from "../codec/hash.ts";
import { signDigest, verifySignature } from "../crypto/signature.ts";
import { standingOffers } from "../programs/memory-market.ts";
import { applyBlock } from "./apply.ts";
import { type Command, commitCommand } from "./command.ts";
import type { Lock } from "./lock.ts";
import { outputFromState } from "./overlay.ts";
import { type PreparedTransaction, prepareTransaction } from "./prepared.ts";
import { currentKeyHash, earlierKeys, openedBy, successorOf } from "./succession.ts";
import { type LeaseRecord, leaseOf, type ProcessRecord, processOf } from "./things.ts";
import { type OutPoint, type Output, transactionId } from "./transaction.ts";

const alice = testKey(1);
const bob = testKey(2);
const carol = testKey(3);
const dora = testKey(4);

/** What becomes of a transaction in the next block, its signatures included. */
function verdict(ledger: TestLedger, prepared: PreparedTransaction): string {
  const { body } = ledger.build(carol, [prepared]);
  if (body.skipped[0] !== undefined) return body.skipped[0].refusal.code;
  return body.unverified.flatMap(({ checks }) => checks).every(verifySignature) ? "included" : "bad-signature";
}

function funded(): { ledger: TestLedger; reward: OutPoint } {
  const ledger = new TestLedger();
  return { ledger, reward: ledger.mine(alice) };
}

/** A payment of the whole coin to Carol, opened by these keys. */
function spend(input: OutPoint, holdsNano: bigint, keys: readonly TestKey[]): PreparedTransaction {
  const body = bodyOf({ inputs: [input], outputs: [coin(holdsNano - 30_000n, carol.lock)], feeNano: 30_000n });
  const id = transactionId(body);
  const signatures = keys.map(({ publicKey, secret }) => ({ publicKey, signature: signDigest(id, secret) }));
  return prepareTransaction({ ...body, stamp: null, witnesses: [{ preimage: null, signatures }] });
}

describe("a rotation", () => {
  it("leaves what the old key could open to the new one alone, whether it was there before or comes after", () => {
    const { ledger, reward } = funded();
    expect(verdict(ledger, spend(reward, firstRewardNano, [bob]))).toBe("lock-not-satisfied");
    ledger.mine(carol, [rotation(alice, bob)]);
    expect(verdict(ledger, spend(reward, firstRewardNano, [alice]))).toBe("key-replaced");
    expect(verdict(ledger, spend(reward, firstRewardNano, [carol]))).toBe("lock-not-satisfied");
    const late = ledger.mine(alice);
    const holdsNano = outputFromState(ledger.state, late)?.output.amount ?? 0n;
    expect(verdict(ledger, spend(late, holdsNano, [alice]))).toBe("key-replaced");
    expect(verdict(ledger, spend(late, holdsNano, [bob]))).toBe("included");
    ledger.mine(carol, [spend(reward, firstRewardNano, [bob])]);
  });

  it("can be paid with the old key's coin, in one block before what the new one signs", () => {
    const { ledger, reward } = funded();
    const paid = rotation(alice, bob, { paidWith: { input: reward, holdsNano: firstRewardNano, feeNano: 12_000n } });
    const next = payment(bob, { txId: paid.id, index: 0 }, firstRewardNano - 12_000n, carol.lock);
    ledger.mine(carol, [paid, next]);
    expect(successorOf(ledger.state, alice.keyHash)).toEqual(bob.publicKey);
  });

  it("is signed by both keys, for one network, one pair and a height", () => {
    const { ledger } = funded();
    expect(verdict(ledger, rotation(alice, bob))).toBe("included");
    expect(verdict(ledger, rotation(alice, bob, { signers: [bob, bob] }))).toBe("bad-signature");
    expect(verdict(ledger, rotation(alice, bob, { signers: [alice, alice] }))).toBe("bad-signature");
    const signedFor = rotation(alice, bob).transaction;
    const other = rotation(alice, carol).transaction;
    if (signedFor.command.type !== "did.rotate" || other.command.type !== "did.rotate") throw new Error("no rotation");
    const { previousSignature } = signedFor.command;
    const changed = { ...other.command, previousSignature };
    const resent = rotation(alice, bob, { expiry: 900 }).transaction;
    const late = { ...resent.command, ...{ previousSignature, nextSignature: signedFor.command.nextSignature } };
    const withCommand = (command: Command, expiry: number) =>
      verdict(ledger, stamped(bodyOf({ command, commitment: commitCommand(command), expiry, feeNano: 0n })));
    expect(withCommand(changed, 1_000)).toBe("bad-signature");
    expect(withCommand(late, 900)).toBe("bad-signature");
    const elsewhere = rotation(alice, bob, {}, { ...testContext(), networkId: sha256(testNetworkId) });
    expect(verdict(ledger, elsewhere)).toBe("wrong-network");
  });

  it("happens to a key once, and to no key that was part of one as a successor", () => {
    const { ledger } = funded();
    expect(verdict(ledger, rotation(alice, alice))).toBe("rule-violated");
    ledger.mine(carol, [rotation(alice, bob)]);
    expect(verdict(ledger, rotation(alice, dora, { nonce: 2n }))).toBe("key-replaced");
    expect(verdict(ledger, rotation(carol, alice))).toBe("rule-violated");
    expect(verdict(ledger, rotation(carol, bob))).toBe("rule-violated");
    expect(verdict(ledger, rotation(bob, alice))).toBe("rule-violated");
    ledger.mine(carol, [rotation(bob, dora)]);
    expect(verdict(ledger, rotation(bob, carol))).toBe("key-replaced");
    expect(currentKeyHash(ledger.state, alice.keyHash)).toEqual(dora.keyHash);
    expect(earlierKeys(ledger.state, dora.keyHash)).toEqual([bob.publicKey, alice.publicKey]);
    expect(openedBy(ledger.state, dora.keyHash)).toEqual([dora, bob, alice].map(({ keyHash }) => keyHash));
    expect(openedBy(ledger.state, bob.keyHash)).toEqual([]);
  });

  it("counts in every lock that names the key", () => {
    const keyHashes = [alice, carol].map(({ keyHash }) => keyHash).sort((a, b) => (toHex(a) < toHex(b) ? -1 : 1));
    const both: Lock = { type: "threshold", required: 2, keyHashes };
    const inOrder = (first: TestKey, second: TestKey): readonly TestKey[] =>
      toHex(alice.keyHash) < toHex(carol.keyHash) ? [first, second] : [second, first];
    const { ledger, reward } = funded();
    const locked = payment(alice, reward, firstRewardNano, both);
    ledger.mine(carol, [locked]);
    const input = { txId: locked.id, index: 0 };
    const holdsNano = firstRewardNano - 10_000n;
    expect(verdict(ledger, spend(input, holdsNano, inOrder(alice, carol)))).toBe("included");
    ledger.mine(carol, [rotation(alice, bob)]);
    expect(verdict(ledger, spend(input, holdsNano, inOrder(alice, carol)))).toBe("key-replaced");
    expect(verdict(ledger, spend(input, holdsNano, inOrder(bob, carol)))).toBe("included");
    expect(verdict(ledger, spend(input, holdsNano, inOrder(bob, bob)))).toBe("lock-not-satisfied");
  });
});

it("leaves leases, processes and offers to the new key, under which they go on", () => {
  const ledger = new TestLedger();
  const purseOf = (key: TestKey) => {
    const outPoint = ledger.mine(key);
    return { outPoint, amountNano: outputFromState(ledger.state, outPoint)?.output.amount ?? 0n };
  };
  const terms = { bytes: 4 * mebibyte, untilHeight: 60, priceNano: 0n, burnNano: 1_000_000n };
  ledger.mine(carol, [memoryOffer(alice, purseOf(alice), terms)]);
  const [offer] = standingOffers(ledger.state, ledger.height);
  if (offer === undefined) throw new Error("no offer stands");
  const allocated = allocation(alice, purseOf(alice), offer, mebibyte, 2n);
  ledger.mine(carol, [allocated]);
  const thingAt = (prepared: PreparedTransaction) => ({ outPoint: { txId: prepared.id, index: 0 } });
  const outputAt = (prepared: PreparedTransaction) =>
    outputFromState(ledger.state, thingAt(prepared).outPoint)?.output as Output;
  const lease = { ...thingAt(allocated), thing: leaseOf(outputAt(allocated)) as LeaseRecord };
  const purses = [purseOf(alice), purseOf(alice), purseOf(alice)] as const;
  ledger.mine(carol, [rotation(alice, bob, { expiry: 900 })]);

  expect(verdict(ledger, processStart(alice, purses[0], lease, 3n))).toBe("key-replaced");
  const started = processStart(bob, purses[0], lease, 3n);
  ledger.mine(carol, [started]);
  expect(outputAt(started).lock).toEqual(bob.lock);
  const process = { ...thingAt(started), thing: processOf(outputAt(started)) as ProcessRecord };
  const stopped = processStop(bob, purses[1], process, goodReceipt, 4n);
  ledger.mine(carol, [stopped]);
  expect(outputAt(stopped).lock).toEqual(bob.lock);
  expect(verdict(ledger, memoryWithdrawal(carol, purseOf(carol), offer.id, 5n))).toBe("rule-violated");
  expect(verdict(ledger, memoryWithdrawal(bob, purses[2], offer.id, 5n))).toBe("included");
});

/** Six keys, and what each step does with two of them. */
const keys = [1, 2, 3, 4, 5, 6].map(testKey);
const miner = testKey(9);

const steps = fc.array(
  fc.record({ act: fc.constantFrom("rotate", "rotate", "pay", "forge"), a: fc.nat(5), b: fc.nat(5) }),
  { minLength: 3, maxLength: 14 },
);

it("whatever is rotated and spent, only the newest key of an identity opens its locks, and undoing gives every root back", () => {
  fc.assert(
    fc.property(steps, (chosen) => {
      const ledger = new TestLedger();
      const coins = keys.map((key) => ({ outPoint: ledger.mine(key), nano: 0n }));
      for (const held of coins) held.nano = outputFromState(ledger.state, held.outPoint)?.output.amount ?? 0n;
      /** The model: who took over from whom, followed step by step. */
      const next = new Map<number, number>();
      const current = (key: number): number => (next.has(key) ? current(next.get(key) as number) : key);
      const isPart = (key: number): boolean => next.has(key) || [...next.values()].includes(key);
      const undo: (() => void)[] = [];
      for (const [at, { act, a, b }] of chosen.entries()) {
        const [from, to] = [keys[a] as TestKey, keys[b] as TestKey];
        const held = coins[a] as (typeof coins)[number];
        const again = payment(to, held.outPoint, held.nano, from.lock, 10_000n, BigInt(at));
        const forged = rotation(from, to, { nonce: BigInt(at), signers: [to, to] });
        const prepared = act === "pay" ? again : act === "forge" ? forged : rotation(from, to, { nonce: BigInt(at) });
        const expected = { pay: current(a) === b, forge: false, rotate: a !== b && !next.has(a) && !isPart(b) }[act];
        expect(verdict(ledger, prepared) === "included").toBe(expected);
        const before = ledger.state;
        const { body } = ledger.build(miner, expected ? [prepared] : []);
        ledger.mine(miner, expected ? [prepared] : []);
        const after = ledger.state;
        undo.push(() => expect(after.undoChanges(body.changes).root()).toEqual(before.root()));
        if (!expected) continue;
        if (act === "rotate") next.set(a, b);
        else coins[a] = { outPoint: { txId: prepared.id, index: 0 }, nano: held.nano - 10_000n };
      }
      for (const check of undo) check();
      for (const [i, { keyHash }] of keys.entries()) {
        expect(currentKeyHash(ledger.state, keyHash)).toEqual((keys[current(i)] as TestKey).keyHash);
        const opens = keys.filter((_, j) => current(j) === i).map((key) => toHex(key.keyHash));
        expect(new Set(openedBy(ledger.state, keyHash).map(toHex))).toEqual(new Set(opens));
      }
      const replayed = new TestLedger();
      for (const block of ledger.blocks) {
        const applied = applyBlock(replayed.state, block, replayed.context);
        if (!applied.ok) throw new Error(applied.message);
        replayed.state = applied.value.state;
      }
      expect(replayed.state.root()).toEqual(ledger.state.root());
    }),
    { numRuns: 40 },
  );
});
