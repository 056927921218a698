import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { signDigest } from "#protocol/crypto/signature.ts";
import type { Lock } from "#protocol/ledger/lock.ts";
import { type PreparedTransaction, prepareTransaction } from "#protocol/ledger/prepared.ts";
import { type OutPoint, type Output, transactionId } from "#protocol/ledger/transaction.ts";
import {
  bodyOf,
  coin,
  requestOf,
  TestLedger,
  testKey,
  testNetworkId,
  testParameters,
} from "#testing/ledger-fixtures.ts";
import { Mempool, type PoolChain, poolChainAt } from "./mempool.ts";

const alice = testKey(1);
const preimage = new Uint8Array(32).fill(4);

const chainOf = (ledger: TestLedger): PoolChain => poolChainAt(ledger.state, ledger.height);

/** A ledger as it stands; what is mined on one of the two leaves the other alone. */
function copyOf(ledger: TestLedger): TestLedger {
  return Object.assign(Object.create(TestLedger.prototype) as TestLedger, ledger, { blocks: [...ledger.blocks] });
}

interface Held {
  readonly outPoint: OutPoint;
  readonly output: Output;
}

/** A world for the model: a pool, the branch it is on, and everything it was ever given. */
class World {
  ledger = new TestLedger();
  readonly pool: Mempool;
  readonly accepted = new Map<string, PreparedTransaction>();
  /** States before each block with what the block held, so that it can be undone. */
  readonly history: { readonly before: TestLedger; readonly mined: readonly PreparedTransaction[] }[] = [];
  readonly held: Held[] = [];
  private nonce = 0n;
  private readonly next: () => number;

  constructor(next: () => number) {
    this.next = next;
    for (let i = 0; i < 4; i++) this.hold(this.ledger.mine(alice), coin(2_800_000_000n, alice.lock));
    this.pool = new Mempool(testParameters, testNetworkId, chainOf(this.ledger), { bytes: 1 << 20, entries: 12 });
  }

  private hold(outPoint: OutPoint, output: Output): void {
    this.held.push({ outPoint, output });
  }

  private pick<T>(list: readonly T[]): T {
    return list[this.next() % list.length] as T;
  }

  /** A transaction that spends and reads known outputs, confirmed, waiting or gone; claims a lock or refunds it. */
  private compose(): PreparedTransaction {
    if (this.next() % 8 === 0) return requestOf(alice, this.nonce++);
    const inputs = new Map<string, Held>();
    for (let i = this.next() % 3; i >= 0; i--) {
      const held = this.pick(this.held);
      inputs.set(toHex(held.outPoint.txId) + held.outPoint.index, held);
    }
    const reads = this.next() % 4 === 0 ? [this.pick(this.held).outPoint] : [];
    const list = [...inputs.values()];
    const feeNano = 10_000n * BigInt(1 + (this.next() % 9));
    const total = list.reduce((sum, { output }) => sum + output.amount, 0n) - feeNano;
    const deadline: Lock = {
      type: "hash-time",
      paymentHash: sha256(preimage),
      recipient: alice.keyHash,
      refund: alice.keyHash,
      height: this.ledger.height + 1 + (this.next() % 3),
    };
    const lock = this.next() % 4 === 0 ? deadline : alice.lock;
    const outputs = [coin(total / 2n, lock), coin(total - total / 2n, alice.lock)];
    const expiry = this.ledger.height + (this.next() % 6);
    const body = bodyOf({
      inputs: list.map(({ outPoint }) => outPoint),
      reads,
      outputs,
      feeNano,
      expiry,
      nonce: this.nonce++,
    });
    const signatures = [{ publicKey: alice.publicKey, signature: signDigest(transactionId(body), alice.secret) }];
    const witnesses = list.map(({ output }) => ({
      preimage: output.lock.type === "hash-time" && this.next() % 2 === 0 ? preimage : null,
      signatures,
    }));
    return prepareTransaction({ ...body, stamp: null, witnesses });
  }

  insert(): void {
    const one = this.compose();
    const inserted = this.pool.insert(one, this.next() % 2 === 0 ? "peer" : null, 0);
    if (!inserted.ok) return;
    this.accepted.set(toHex(one.id), one);
    for (const [index, output] of one.transaction.outputs.entries()) this.hold({ txId: one.id, index }, output);
  }

  /** A block of what the pool offers, or of a rival that the pool has not seen. */
  mine(): void {
    const before = copyOf(this.ledger);
    const rivals = this.next() % 3 === 0 ? [this.compose()] : [];
    const { body } = this.ledger.build(alice, [...rivals, ...[...this.pool.select()].slice(0, this.next() % 4)]);
    this.ledger.mine(alice, body.transactions);
    this.history.push({ before, mined: body.transactions });
    this.pool.onBlock(body.transactions, chainOf(this.ledger));
  }

  /** Leaves some blocks for one with a rival in it. */
  reorganise(): void {
    const undo = this.history.splice(-1 - (this.next() % 3));
    const [oldest] = undo;
    if (oldest === undefined) return;
    this.ledger = copyOf(oldest.before);
    const before = copyOf(this.ledger);
    const { body } = this.ledger.build(alice, this.next() % 2 === 0 ? [this.compose()] : []);
    this.ledger.mine(alice, body.transactions);
    this.history.push({ before, mined: body.transactions });
    const undone = undo.flatMap(({ mined }) => mined);
    for (const one of undone) this.accepted.set(toHex(one.id), one);
    this.pool.onReorganisation({ undone, mined: body.transactions }, chainOf(this.ledger), 1);
  }

  check(): void {
    const { pool, ledger } = this;
    const entries = [...pool.best()];
    expect(entries.length).toBe(pool.size);
    expect(pool.size).toBeLessThanOrEqual(12);
    expect(pool.sizeBytes).toBe(entries.reduce((sum, { prepared }) => sum + prepared.bytes.length, 0));
    const spent = entries.flatMap(({ prepared }) =>
      prepared.transaction.inputs.map((input) => `${toHex(input.txId)}:${input.index}`),
    );
    expect(new Set(spent).size).toBe(spent.length);
    for (const { prepared } of entries) {
      for (const input of prepared.transaction.inputs) expect(pool.spenderOf(input)).toBe(toHex(prepared.id));
    }
    // Everything in it can be mined; only who reads what another spends may have to stand back in one block.
    const readers = new Set(
      entries.filter(({ prepared }) => prepared.transaction.reads.length > 0).map(({ prepared }) => toHex(prepared.id)),
    );
    const { skipped } = ledger.build(alice, [...pool.select()]).body;
    const held = new Set(readers);
    for (const { prepared, refusal } of skipped) {
      const stands =
        prepared.transaction.inputs.some(({ txId }) => held.has(toHex(txId))) || readers.has(toHex(prepared.id));
      expect([refusal.code, stands]).toEqual(["missing-output", true]);
      held.add(toHex(prepared.id));
    }
    expect(pool.review(skipped.map(({ prepared }) => prepared))).toEqual([]);
    // Nobody's transaction is gone without a word.
    const mined = new Set(this.history.flatMap((block) => block.mined.map(({ id }) => toHex(id))));
    for (const [name, { id }] of this.accepted) {
      const told = pool.has(id) || mined.has(name) || (pool.obituary(id)?.message ?? "") !== "";
      expect([name, told]).toEqual([name, true]);
    }
  }
}

describe("the pool, whatever happens", () => {
  it("stays consistent, minable and honest about what it let go", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 20, maxLength: 300 }), (numbers) => {
        let used = 0;
        const next = (): number => (numbers[used++ % numbers.length] as number) + (used >> 3);
        const world = new World(next);
        for (let step = 0; step < 25; step++) {
          const action = next() % 10;
          if (action < 6) world.insert();
          else if (action < 8) world.mine();
          else world.reorganise();
          world.check();
        }
      }),
      { numRuns: 25 },
    );
  });
});
