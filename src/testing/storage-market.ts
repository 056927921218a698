/**
 * A market of storage on a test ledger, in which everything is checked to be sound after each block.
 * @module
 */
import { expect } from "vitest";
import { toHex } from "#protocol/codec/bytes.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import { decodeStoredOutput } from "#protocol/ledger/state.ts";
import { namespace } from "#protocol/ledger/state-key.ts";
import { readStorageDeal, type StorageDeal } from "#protocol/programs/storage-deals.ts";
import { type KeeperOffer, readKeeperOffer } from "#protocol/programs/storage-offers.ts";
import type { RejectionCode } from "#protocol/result.ts";
import { TestLedger, testKey } from "./ledger-fixtures.ts";
import type { Purse } from "./memory-fixtures.ts";
import { Random } from "./random.ts";
import { storageError, valueError } from "./simulation/ledger-oracle.ts";
import {
  acceptance,
  auditedNetwork,
  dealOver,
  leavesFor,
  type OfferTerms,
  proving,
  storageOffer,
} from "./storage-fixtures.ts";

/** Who is in it. */
export const keeper = testKey(1);
export const client = testKey(2);
export const miner = testKey(3);
export const stranger = testKey(4);

const { parameters } = auditedNetwork;

/** What the keeper offers. */
export const capacityBytes = 65_536;

/** On what terms. */
export const terms: OfferTerms = {
  peer: "peer-of-keeper",
  bytes: capacityBytes,
  untilHeight: 200,
  priceNano: 1_280_000_000n,
  bondNano: 2_000_000_000n,
};

/** What the client leaves. */
export const data = new Random(5).bytes(capacityBytes / 8 + 77);

/** A ledger on which a keeper offers 64 KiB. */
export class Market {
  readonly ledger: TestLedger;
  readonly offerId: Uint8Array;
  private nonce = 100n;

  constructor(changed: Partial<OfferTerms> = {}, network = auditedNetwork) {
    this.ledger = new TestLedger(network);
    const offer = storageOffer(keeper, this.purse(keeper), { ...terms, ...changed });
    this.mine(offer);
    this.offerId = offer.id;
  }

  get offer(): KeeperOffer {
    return readKeeperOffer(this.ledger.state, this.offerId) as KeeperOffer;
  }

  /** The newest coin of a key that nothing was made of; mines one where there is none. */
  purse(key = client): Purse {
    const outPoint = this.ledger.mine(key);
    return { outPoint, amountNano: this.holdings(key).find(({ id }) => id === toHex(outPoint.txId))?.nano ?? 0n };
  }

  holdings(key: { keyHash: Uint8Array }): readonly { id: string; nano: bigint }[] {
    return [...this.ledger.state.entries(Uint8Array.of(namespace.output))].flatMap(([, value]) => {
      const stored = decodeStoredOutput(value);
      if (!stored.ok) throw new Error(stored.message);
      const { output, outPoint } = stored.value;
      const own = output.lock.type === "key" && toHex(output.lock.keyHash) === toHex(key.keyHash);
      return own ? [{ id: toHex(outPoint.txId), nano: output.amount }] : [];
    });
  }

  wealth(key: { keyHash: Uint8Array }): bigint {
    return this.holdings(key).reduce((sum, { nano }) => sum + nano, 0n);
  }

  /** Mines what is given, by somebody whose coins do not matter here; everything must be sound after it. */
  mine(...candidates: readonly PreparedTransaction[]): void {
    this.ledger.mine(miner, candidates);
    expect(valueError(this.ledger.state)).toBeNull();
    expect(storageError(this.ledger.state, this.ledger.height, parameters)).toBeNull();
  }

  mineUntil(height: number): void {
    while (this.ledger.height <= height) this.mine();
  }

  deal(id: Uint8Array): StorageDeal {
    const deal = readStorageDeal(this.ledger.state, this.offerId, id);
    if (deal === null) throw new Error("the deal is gone");
    return deal;
  }

  store(periods = 3, bytes = data): StorageDeal {
    const made = dealOver(client, this.purse(), this.offer, bytes, periods, this.nonce++);
    this.mine(made);
    return this.deal(made.id);
  }

  accept(deal = this.store()): StorageDeal {
    this.mine(acceptance(keeper, this.purse(keeper), deal, this.nonce++));
    return this.deal(deal.id);
  }

  /** An accepted deal whose first audit is drawn. */
  drawn(periods = 3): StorageDeal {
    const { id, dueHeight } = this.accept(this.store(periods));
    this.mineUntil(dueHeight + 1);
    return this.deal(id);
  }

  prove(deal: StorageDeal, leaves = leavesFor(deal, data), who = keeper, period = deal.audited): PreparedTransaction {
    return proving(who, this.purse(who), deal, leaves, this.nonce++, period);
  }

  refusal(prepared: PreparedTransaction): RejectionCode | "included" {
    return this.ledger.build(miner, [prepared]).body.skipped[0]?.refusal.code ?? "included";
  }
}
