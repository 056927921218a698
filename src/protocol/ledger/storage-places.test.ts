import { describe, expect, it } from "vitest";
import { memoryFeeNano } from "#testing/memory-fixtures.ts";
import { acceptance, auditedNetwork, dealOver, deletion, storageWithdrawal } from "#testing/storage-fixtures.ts";
import { client, data, keeper, Market } from "#testing/storage-market.ts";
import { readStorageDeal, type StorageDeal } from "../programs/storage-deals.ts";
import { countPlacedOffers, leastBondNano, readKeeperOffer, standingKeeperOffers } from "../programs/storage-offers.ts";
import type { PreparedTransaction } from "./prepared.ts";

const { parameters } = auditedNetwork;
const { acceptBlocks } = parameters.storage;

describe("places", () => {
  const { waitingPerOffer } = parameters.storage;

  it("are held, with what they cost, until the last deal of an offer that was taken back is over", () => {
    const market = new Market();
    const { placeNano } = market.offer;
    expect(placeNano).toBe(leastBondNano(0, parameters));
    const short = market.drawn(1);
    const long = market.accept();
    const purse = market.purse(keeper);
    const before = market.wealth(keeper);
    const { freeBondNano } = market.offer;
    market.mine(storageWithdrawal(keeper, purse, market.offer));
    expect(market.wealth(keeper)).toBe(before + freeBondNano - placeNano - memoryFeeNano);
    expect(market.offer).toMatchObject({ withdrawn: 1, freeBondNano: placeNano, deals: 2 });
    expect(standingKeeperOffers(market.ledger.state, market.ledger.height)).toEqual([]);
    expect(countPlacedOffers(market.ledger.state, market.ledger.height)).toBe(1);
    expect(market.refusal(dealOver(client, market.purse(), market.offer, data))).toBe("no-such-offer");
    market.mineUntil(short.dueHeight + 1);
    expect(readStorageDeal(market.ledger.state, market.offerId, short.id)).toBeNull();
    expect(market.offer).toMatchObject({ freeBondNano: placeNano, deals: 1 });
    while (readStorageDeal(market.ledger.state, market.offerId, long.id) !== null) market.mine();
    expect(readKeeperOffer(market.ledger.state, market.offerId)).toBeNull();
    expect(countPlacedOffers(market.ledger.state, market.ledger.height)).toBe(0);
  });

  it("are held beyond an offer's time by deals that are late", () => {
    const storage = { ...parameters.storage, bondedDrawBlocks: 0 };
    const market = new Market({ untilHeight: 60 }, { ...auditedNetwork, parameters: { ...parameters, storage } });
    market.store();
    expect(countPlacedOffers(market.ledger.state, 1_000)).toBe(1);
    expect(standingKeeperOffers(market.ledger.state, 1_000)).toEqual([]);
    market.mineUntil(40);
    expect(countPlacedOffers(market.ledger.state, 1_000)).toBe(0);
  });

  it("for deals that wait are few, and free again when one is accepted, ended or late", () => {
    const market = new Market();
    const purses = Array.from({ length: waitingPerOffer + 1 }, () => market.purse());
    const asked = purses.map((purse, i) => dealOver(client, purse, market.offer, data, 1, BigInt(i)));
    market.mine(...asked.slice(0, -1));
    expect(market.offer).toMatchObject({ waiting: waitingPerOffer });
    const late = asked[waitingPerOffer] as PreparedTransaction;
    expect(market.refusal(late)).toBe("queue-full");
    const [first, second] = asked.map(({ id }) => readStorageDeal(market.ledger.state, market.offerId, id));
    market.mine(deletion(client, market.purse(), first as StorageDeal));
    expect(market.refusal(late)).toBe("included");
    market.accept(second as StorageDeal);
    expect(market.offer).toMatchObject({ waiting: waitingPerOffer - 2, deals: 1 });
    market.mineUntil(market.ledger.height + acceptBlocks);
    expect(market.offer).toMatchObject({ waiting: 0, deals: 1 });
  });

  it("are held by a deal that waits for an offer that was taken back; the client waits for its coins", () => {
    const market = new Market();
    const deal = market.store();
    market.mine(storageWithdrawal(keeper, market.purse(keeper), market.offer));
    const { placeNano } = market.offer;
    expect(market.offer).toMatchObject({ withdrawn: 1, waiting: 1, freeBondNano: placeNano });
    expect(market.refusal(deletion(client, market.purse(), deal))).toBe("rule-violated");
    expect(market.refusal(acceptance(keeper, market.purse(keeper), deal))).toBe("no-such-offer");
    const before = [market.wealth(client), market.wealth(keeper)] as const;
    market.mineUntil(deal.dueHeight + 1);
    expect(market.wealth(client)).toBe(before[0] + deal.escrowNano);
    expect(market.wealth(keeper)).toBe(before[1] + placeNano);
    expect(readKeeperOffer(market.ledger.state, market.offerId)).toBeNull();
  });
});
