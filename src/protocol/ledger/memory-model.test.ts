/**
 * Random traffic of coins, offers, leases and processes in blocks, against what must hold: memory and value are conserved,
 * undoing gives the root back, no lease backs two processes.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { payment, signed, type TestKey, TestLedger, testKey, testParameters } from "#testing/ledger-fixtures.ts";
import {
  allocation,
  freeing,
  goodReceipt,
  type Held,
  mebibyte,
  memoryOffer,
  memoryWithdrawal,
  type Purse,
  processStart,
  processStop,
} from "#testing/memory-fixtures.ts";
import { lapseError, memoryError, valueError } from "#testing/simulation/ledger-oracle.ts";
import { toHex } from "../codec/bytes.ts";
import { limits } from "../parameters.ts";
import { countStandingOffers, offerBurnNano, standingOffers } from "../programs/memory-market.ts";
import { applyBlock } from "./apply.ts";
import { commitCommand } from "./command.ts";
import type { PreparedTransaction } from "./prepared.ts";
import { decodeStoredOutput, type StoredOutput } from "./state.ts";
import { namespace } from "./state-key.ts";
import type { StateTree } from "./state-tree.ts";
import { type LeaseRecord, leaseOf, type ProcessRecord, processOf } from "./things.ts";
import { type Output, outputKind } from "./transaction.ts";

const keys = [testKey(1), testKey(2), testKey(3)] as const;

/** What a step does; numbers choose among what there is. */
interface Step {
  readonly act: "offer" | "withdraw" | "allocate" | "free" | "start" | "stop" | "stop-free" | "pay" | "steal" | "forge";
  readonly who: number;
  readonly which: number;
  readonly pages: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom(
    "offer",
    "allocate",
    "allocate",
    "start",
    "start",
    "stop",
    "free",
    "withdraw",
    "stop-free",
    "pay",
    "steal",
    "forge",
  ),
  who: fc.nat(2),
  which: fc.nat(20),
  pages: fc.integer({ min: 1, max: 40 }),
});

function outputsOf(state: StateTree): readonly StoredOutput[] {
  return [...state.entries(Uint8Array.of(namespace.output))].map(([, value]) => {
    const stored = decodeStoredOutput(value);
    if (!stored.ok) throw new Error(stored.message);
    return stored.value;
  });
}

interface Things {
  readonly leases: readonly Held<LeaseRecord>[];
  readonly processes: readonly Held<ProcessRecord>[];
}

function thingsOf(outputs: readonly StoredOutput[], key?: TestKey): Things {
  const own = outputs.filter(
    ({ output: { lock } }) => key === undefined || (lock.type === "key" && toHex(lock.keyHash) === toHex(key.keyHash)),
  );
  const held = <T>(read: (output: Output) => T | null): Held<T>[] =>
    own.flatMap(({ outPoint, output }) => {
      const thing = read(output);
      return thing === null ? [] : [{ outPoint, thing }];
    });
  return { leases: held(leaseOf), processes: held(processOf) };
}

/** Transactions of a step, made from the state before the block; some of them are not valid, on purpose. */
function transactionsOf(
  { act, who, which, pages }: Step,
  ledger: TestLedger,
  purseOf: (key: TestKey) => Purse | undefined,
  nonce: bigint,
): readonly PreparedTransaction[] {
  const key = keys[who] as TestKey;
  const other = keys[(who + 1) % keys.length] as TestKey;
  const { state, height } = ledger;
  const outputs = outputsOf(state);
  const { leases, processes } = thingsOf(outputs, act === "steal" ? other : key);
  const lease = leases[which % Math.max(1, leases.length)];
  const process = processes[which % Math.max(1, processes.length)];
  const offers = standingOffers(state, height);
  const offer = offers[which % Math.max(1, offers.length)];
  const purse = purseOf(key);
  if (purse === undefined) return [];
  const bytes = pages * limits.memoryPageBytes;
  switch (act) {
    case "offer": {
      const burnNano = offerBurnNano(countStandingOffers(state, height), 4 + which, testParameters);
      return [
        memoryOffer(key, purse, { bytes: mebibyte, untilHeight: height + 3 + which, priceNano: 7n, burnNano }, nonce),
      ];
    }
    case "withdraw":
      return offer === undefined ? [] : [memoryWithdrawal(key, purse, offer.id, nonce)];
    case "allocate":
      return offer === undefined ? [] : [allocation(key, purse, offer, bytes, nonce)];
    case "free":
    case "steal":
      return lease === undefined ? [] : [freeing(key, purse, lease, nonce)];
    case "start":
      return lease === undefined ? [] : [processStart(key, purse, lease, nonce)];
    case "stop":
      return process === undefined ? [] : [processStop(key, purse, process, goodReceipt, nonce)];
    case "stop-free": {
      const more = purseOf(key);
      if (process === undefined || more === undefined) return [];
      const stop = processStop(key, purse, process, null, nonce);
      const back = { outPoint: { txId: stop.id, index: 0 }, thing: process.thing.lease };
      return [stop, freeing(key, more, back, nonce)];
    }
    case "pay":
      return [payment(key, purse.outPoint, purse.amountNano, other.lock, 100_000n, nonce)];
    case "forge": {
      // Whatever it was, with the first output that is no coin doubled or a foreign thing put into it.
      const [start] = lease === undefined ? [] : [processStart(key, purse, lease, nonce)];
      if (start === undefined) return [];
      const { transaction } = start;
      const first = transaction.outputs[0] as Output;
      const forged = which % 2 === 0 ? [first, first] : [first, { ...first, kind: outputKind.memoryLease }];
      const body = { ...transaction, outputs: [...forged, ...transaction.outputs.slice(1)] };
      return [signed({ ...body, commitment: commitCommand(body.command) }, key)];
    }
  }
}

describe("memory and processes", () => {
  it("conserve value and memory, and undo to the identical root", () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 6 }), { minLength: 8, maxLength: 24 }), (blocks) => {
        const ledger = new TestLedger();
        for (const key of [...keys, ...keys, ...keys]) ledger.mine(key);
        let nonce = 0n;
        for (const [number, steps] of blocks.entries()) {
          const spent = new Set<string>();
          const purseOf = (key: TestKey): Purse | undefined => {
            const found = outputsOf(ledger.state).find(({ outPoint, output }) => {
              const own = output.lock.type === "key" && toHex(output.lock.keyHash) === toHex(key.keyHash);
              const name = toHex(outPoint.txId) + outPoint.index;
              return own && output.kind === outputKind.coin && output.amount > 100_000_000n && !spent.has(name);
            });
            if (found === undefined) return undefined;
            spent.add(toHex(found.outPoint.txId) + found.outPoint.index);
            return { outPoint: found.outPoint, amountNano: found.output.amount };
          };
          const candidates = steps.flatMap((one) => transactionsOf(one, ledger, purseOf, nonce++));
          const before = ledger.state;
          const { block, body } = ledger.build(keys[number % 3] as TestKey, candidates);
          for (const { transaction } of body.transactions) {
            const { type } = transaction.command;
            seen.set(type, (seen.get(type) ?? 0) + 1);
          }
          const applied = applyBlock(before, block, ledger.context);
          if (!applied.ok) throw new Error(applied.message);
          expect(applied.value.state.undoChanges(applied.value.changes).root()).toEqual(before.root());
          ledger.mine(keys[number % 3] as TestKey, body.transactions);
          expect(ledger.state.root()).toEqual(applied.value.state.root());
          expect(valueError(ledger.state)).toBeNull();
          expect(memoryError(ledger.state, ledger.height)).toBeNull();
          expect(lapseError(ledger.state, ledger.height)).toBeNull();
          expectOnlyOwnRules(before, ledger.state, body.transactions, block.header.height);
        }
      }),
      { numRuns: 60 },
    );
    const kinds = [
      "memory.offer",
      "memory.withdraw",
      "memory.allocate",
      "memory.free",
      "process.start",
      "process.stop",
    ];
    for (const kind of kinds) expect([kind, seen.get(kind) ?? 0]).not.toEqual([kind, 0]);
  });
});

/** In a block of `height` leases and processes come and go by their own commands, one at a time, or because they lapse. */
function expectOnlyOwnRules(
  before: StateTree,
  after: StateTree,
  transactions: readonly PreparedTransaction[],
  height: number,
): void {
  const count = (type: string): number =>
    transactions.filter(({ transaction }) => transaction.command.type === type).length;
  const [was, is] = [thingsOf(outputsOf(before)), thingsOf(outputsOf(after))];
  const started = count("process.start") - count("process.stop");
  expect(is.processes.length - was.processes.length).toBe(started);
  const things = is.leases.length + is.processes.length - was.leases.length - was.processes.length;
  const lapsed = was.leases.filter(({ thing }) => thing.untilHeight < height).length;
  expect(things).toBe(count("memory.allocate") - count("memory.free") - lapsed);
}
