import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type TestKey, TestLedger, testKey } from "#testing/ledger-fixtures.ts";
import type { Purse } from "#testing/memory-fixtures.ts";
import { Random } from "#testing/random.ts";
import { storageError, valueError } from "#testing/simulation/ledger-oracle.ts";
import {
  acceptance,
  auditedNetwork,
  dealOver,
  deletion,
  leavesFor,
  proving,
  storageOffer,
  storageWithdrawal,
} from "#testing/storage-fixtures.ts";
import { toHex } from "../codec/bytes.ts";
import { dealOfEntry, type StorageDeal } from "../programs/storage-deals.ts";
import { type KeeperOffer, offerOfEntry } from "../programs/storage-offers.ts";
import { applyBlock } from "./apply.ts";
import type { PreparedTransaction } from "./prepared.ts";
import { decodeStoredOutput } from "./state.ts";
import { namespace } from "./state-key.ts";
import type { StateTree } from "./state-tree.ts";
import { outputKind } from "./transaction.ts";

const keys = [testKey(1), testKey(2), testKey(3)] as const;
const acts = ["offer", "store", "accept", "accept", "prove", "prove", "delete", "withdraw", "noise", "steal"] as const;

const { storage } = auditedNetwork.parameters;
const hastyNetwork = {
  ...auditedNetwork,
  parameters: { ...auditedNetwork.parameters, storage: { ...storage, auditBlocks: 3, acceptBlocks: 4 } },
};

/** What a step does; numbers choose among what there is, and it may be anybody who tries. */
interface Step {
  readonly act: (typeof acts)[number];
  readonly who: number;
  readonly which: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom(...acts),
  who: fc.nat(2),
  which: fc.nat(30),
});

/** What clients leave with keepers: of three lengths, so that a proof can be over the wrong one. */
const contents = [9_000, 8_192, 12_501].map((length, i) => new Random(i).bytes(length));

const contentOf = ({ bytes }: StorageDeal): Uint8Array => contents.find(({ length }) => length === bytes) as Uint8Array;

function marketOf(state: StateTree): { offers: readonly KeeperOffer[]; deals: readonly StorageDeal[] } {
  const entries = [...state.entries(Uint8Array.of(namespace.storage))];
  return {
    offers: entries.flatMap(([key, value]) => offerOfEntry(key, value) ?? []),
    deals: entries.flatMap(([key, value]) => dealOfEntry(key, value) ?? []),
  };
}

/** Hands each coin of a key out once, the largest first. */
function pursesOf(state: StateTree): (key: TestKey) => Purse | undefined {
  const coins = [...state.entries(Uint8Array.of(namespace.output))].flatMap(([, value]) => {
    const stored = decodeStoredOutput(value);
    if (!stored.ok) throw new Error(stored.message);
    const { output, outPoint } = stored.value;
    const isCoin = output.kind === outputKind.coin && output.lock.type === "key" && output.amount > 1_000_000n;
    return isCoin && output.lock.type === "key"
      ? [{ owner: toHex(output.lock.keyHash), outPoint, amountNano: output.amount }]
      : [];
  });
  coins.sort((a, b) => (a.amountNano < b.amountNano ? 1 : -1));
  return (key) => {
    const at = coins.findIndex(({ owner }) => owner === toHex(key.keyHash));
    return at < 0 ? undefined : coins.splice(at, 1)[0];
  };
}

/** A transaction of a step, made from the state before the block; some are not valid, on purpose. */
function transactionOf(
  { act, who, which }: Step,
  { state, height }: TestLedger,
  purse: Purse,
  nonce: bigint,
): PreparedTransaction | null {
  const key = keys[who] as TestKey;
  const { offers, deals } = marketOf(state);
  const offer = offers[which % Math.max(1, offers.length)];
  const isOwn = (deal: StorageDeal) => {
    const keeper = offers.find(({ id }) => toHex(id) === toHex(deal.offer))?.keeper;
    return keeper !== undefined && toHex(keeper) === toHex(key.keyHash);
  };
  const fitting = deals.filter((deal) => {
    if (act === "accept") return deal.accepted === 0 && isOwn(deal);
    if (act === "prove") return deal.draw !== null && deal.passed === 0 && isOwn(deal);
    if (act === "noise") return deal.draw !== null;
    return act === "steal" || toHex(deal.client) === toHex(key.keyHash);
  });
  const deal = fitting[which % Math.max(1, fitting.length)];
  switch (act) {
    case "offer": {
      const bondNano = BigInt(50 + which * 20) * 1_000_000n;
      const terms = { peer: "someone", bytes: 65_536, untilHeight: height + 20 + which * 3, priceNano: 144_000_001n };
      return storageOffer(key, purse, { ...terms, bondNano }, nonce);
    }
    case "withdraw":
      return offer === undefined ? null : storageWithdrawal(key, purse, offer, nonce);
    case "store":
      return offer === undefined
        ? null
        : dealOver(key, purse, offer, contents[which % 3] as Uint8Array, 1 + (which % 3), nonce);
    case "accept":
      return deal === undefined ? null : acceptance(key, purse, deal, nonce);
    case "prove":
      return deal === undefined ? null : proving(key, purse, deal, leavesFor(deal, contentOf(deal)), nonce);
    case "noise":
      return deal === undefined
        ? null
        : proving(key, purse, deal, leavesFor(deal, new Random(9).bytes(deal.bytes)), nonce);
    case "delete":
      return deal === undefined ? null : deletion(key, purse, deal, nonce);
    case "steal":
      // Whoever it is takes more back than the deal says.
      return deal === undefined ? null : deletion(key, purse, { ...deal, escrowNano: deal.escrowNano + 1n }, nonce);
  }
}

describe("storage deals", () => {
  it("conserve value, room and bonds, and undo to the identical root", () => {
    const seen = new Map<string, number>();
    const note = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
    const histories = fc.property(
      fc.array(fc.array(step, { maxLength: 5 }), { minLength: 20, maxLength: 30 }),
      (blocks) => {
        const ledger = new TestLedger(hastyNetwork);
        for (const key of [...keys, ...keys]) ledger.mine(key);
        let nonce = 0n;
        for (const [number, steps] of blocks.entries()) {
          const purseOf = pursesOf(ledger.state);
          const candidates = steps.flatMap((one) => {
            const purse = purseOf(keys[one.who] as TestKey);
            return purse === undefined ? [] : (transactionOf(one, ledger, purse, nonce++) ?? []);
          });
          const before = ledger.state;
          const { block, body } = ledger.build(keys[number % 3] as TestKey, candidates);
          for (const { transaction } of body.transactions) note(transaction.command.type);
          for (const { refusal } of body.skipped) note(`refused ${refusal.code}`);
          const applied = applyBlock(before, block, ledger.context);
          if (!applied.ok) throw new Error(applied.message);
          expect(applied.value.state.undoChanges(applied.value.changes).root()).toEqual(before.root());
          ledger.mine(keys[number % 3] as TestKey, body.transactions);
          expect(ledger.state.root()).toEqual(applied.value.state.root());
          expect(valueError(ledger.state)).toBeNull();
          expect(storageError(ledger.state, ledger.height, hastyNetwork.parameters)).toBeNull();
          for (const { missed, audited } of marketOf(ledger.state).deals) {
            if (missed > 0) note("missed");
            if (audited > missed) note("passed");
          }
        }
      },
    );
    const commands = ["storage.offer", "storage.withdraw", "data.store", "data.accept", "data.prove", "data.delete"];
    const wanted = [...commands, "missed", "passed", "refused bad-proof", "refused rule-violated"];
    const unseen = (): readonly string[] => wanted.filter((what) => !seen.has(what));
    // Histories are drawn at random: some have nothing of a rare kind, so there are more of them until all were there.
    for (let round = 1; round <= 8 && (round === 1 || unseen().length > 0); round++)
      fc.assert(histories, { numRuns: 16 });
    expect(unseen()).toEqual([]);
  });
});
