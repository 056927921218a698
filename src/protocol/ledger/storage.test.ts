import { describe, expect, it } from "vitest";
import { rotation, testKey, testNetworkId } from "#testing/ledger-fixtures.ts";
import { memoryFeeNano, type Purse } from "#testing/memory-fixtures.ts";
import { Random } from "#testing/random.ts";
import {
  acceptance,
  auditedNetwork,
  dealOver,
  deletion,
  leavesFor,
  type OfferTerms,
  proving,
  storageOffer,
  storageWithdrawal,
} from "#testing/storage-fixtures.ts";
import { capacityBytes, client, data, keeper, Market, miner, stranger, terms } from "#testing/storage-market.ts";
import { toHex } from "../codec/bytes.ts";
import { bytes32, encode, list, record, unsigned } from "../codec/schema.ts";
import { type FinalityRecord, readFinality } from "../consensus/finality.ts";
import { checkpointSchema } from "../consensus/votes.ts";
import type { AuditLeaf } from "../files/audit-tree.ts";
import { limits } from "../parameters.ts";
import { dealEndHeight, readStorageDeal } from "../programs/storage-deals.ts";
import {
  auditPriceNano,
  dealBondNano,
  dealRoomBytes,
  leastBondNano,
  readKeeperOffer,
  standingKeeperOffers,
} from "../programs/storage-offers.ts";
import { programValueKey } from "./state-key.ts";

const { parameters } = auditedNetwork;
const { auditBlocks, acceptBlocks, missPercent } = parameters.storage;

/** As consensus/finality.ts writes it. */
const finalitySchema = record<FinalityRecord>({
  justified: checkpointSchema,
  finalised: record<FinalityRecord["finalised"]>({ height: unsigned(), hash: bytes32 }),
  earlier: list(checkpointSchema, 16),
  drawnHeight: unsigned(),
});

describe("an offer of storage", () => {
  it("stands with its bond locked, and gives it back", () => {
    const market = new Market();
    expect(standingKeeperOffers(market.ledger.state, market.ledger.height)).toEqual([market.offer]);
    expect(market.offer).toMatchObject({
      keeper: keeper.keyHash,
      freeBytes: capacityBytes,
      freeBondNano: terms.bondNano,
    });
    const purse = market.purse(keeper);
    const before = market.wealth(keeper);
    market.mine(storageWithdrawal(keeper, purse, market.offer));
    expect(market.wealth(keeper)).toBe(before + terms.bondNano - memoryFeeNano);
    expect(readKeeperOffer(market.ledger.state, market.offerId)).toBeNull();
    expect(standingKeeperOffers(market.ledger.state, market.ledger.height)).toEqual([]);
  });

  it("is refused with its reason", () => {
    const market = new Market();
    const offer = (changed: Partial<OfferTerms>) =>
      market.refusal(storageOffer(keeper, market.purse(keeper), { ...terms, ...changed }, 9n));
    expect(offer({})).toBe("included");
    expect(offer({ bytes: 0 })).toBe("rule-violated");
    expect(offer({ peer: "" })).toBe("rule-violated");
    expect(offer({ untilHeight: market.ledger.height - 1 })).toBe("rule-violated");
    expect(offer({ untilHeight: market.ledger.height + limits.storageOfferBlocks + 1 })).toBe("rule-violated");
    expect(offer({ bondNano: leastBondNano(1, parameters) - 1n })).toBe("bond-too-small");
    const purse = market.purse(keeper);
    expect(
      market.refusal(storageOffer(keeper, { ...purse, amountNano: 1n << 62n }, { ...terms, bondNano: 1n << 61n })),
    ).toBe("not-balanced");
  });

  it("costs more with each eight that stand, and there are no more than 64", () => {
    expect(leastBondNano(63, parameters)).toBe(128n * leastBondNano(0, parameters));
    const market = new Market();
    const purses = Array.from({ length: 64 }, () => market.purse(keeper));
    const offer = (n: number, less = 0n) =>
      storageOffer(keeper, purses[n] as Purse, { ...terms, bondNano: leastBondNano(n, parameters) - less }, BigInt(n));
    market.mine(...Array.from({ length: 62 }, (_, i) => offer(i + 1)));
    expect(market.refusal(offer(63, 1n))).toBe("bond-too-small");
    market.mine(offer(63));
    expect(standingKeeperOffers(market.ledger.state, market.ledger.height)).toHaveLength(limits.storageOffers);
    expect(market.refusal(storageOffer(keeper, purses[0] as Purse, terms))).toBe("queue-full");
  });

  it("is taken back by its keeper alone, once, and after its end too", () => {
    const market = new Market({ untilHeight: 8 });
    expect(market.refusal(storageWithdrawal(stranger, market.purse(stranger), market.offer))).toBe("rule-violated");
    market.mineUntil(10);
    expect(standingKeeperOffers(market.ledger.state, market.ledger.height)).toEqual([]);
    const offer = market.offer;
    expect(market.refusal(dealOver(client, market.purse(), offer, data))).toBe("no-such-offer");
    market.mine(storageWithdrawal(keeper, market.purse(keeper), offer));
    expect(market.refusal(storageWithdrawal(keeper, market.purse(keeper), offer, 2n))).toBe("no-such-offer");
  });

  it("follows its keeper's key", () => {
    const market = new Market();
    const next = testKey(9);
    market.mine(rotation(keeper, next, {}, auditedNetwork));
    expect(market.refusal(storageWithdrawal(keeper, market.purse(keeper), market.offer))).toBe("key-replaced");
    expect(market.refusal(storageWithdrawal(next, market.purse(next), market.offer))).toBe("included");
  });
});

describe("a deal", () => {
  it("locks the price of all its audits and binds nobody until it is accepted", () => {
    const market = new Market();
    const deal = market.store();
    expect(deal).toMatchObject({ accepted: 0, periods: 3, escrowNano: 3n * deal.periodNano, bondNano: 0n, draw: null });
    expect(market.offer).toMatchObject({ freeBytes: capacityBytes, freeBondNano: terms.bondNano, deals: 0 });
    const accepted = market.accept(deal);
    const bondNano = dealBondNano(data.length, deal.escrowNano, parameters);
    expect(accepted).toMatchObject({ accepted: 1, bondNano, missNano: (bondNano * BigInt(missPercent) + 99n) / 100n });
    expect(market.offer).toMatchObject({
      freeBytes: capacityBytes - data.length,
      freeBondNano: terms.bondNano - bondNano,
      deals: 1,
    });
  });

  it("takes and pays for a share of the offer at least, however small it is", () => {
    const market = new Market();
    const small = market.store(2, data.slice(0, 5));
    const roomBytes = dealRoomBytes(market.offer, 5, parameters);
    expect(roomBytes).toBe(capacityBytes / parameters.storage.dealsPerOffer);
    expect(small).toMatchObject({ bytes: 5, periodNano: auditPriceNano(roomBytes, terms.priceNano) });
    const accepted = market.accept(small);
    expect(market.offer.freeBytes).toBe(capacityBytes - roomBytes);
    market.mine(deletion(client, market.purse(), accepted));
    market.mineUntil(accepted.dueHeight + 2 * auditBlocks + 1);
    expect(market.offer).toMatchObject({ freeBytes: capacityBytes, deals: 0 });
  });

  it("gives the client everything back by itself where nobody accepts it", () => {
    const market = new Market();
    const deal = market.store();
    const before = market.wealth(client);
    market.mineUntil(deal.dueHeight);
    expect(market.wealth(client)).toBe(before);
    market.mine();
    expect(market.wealth(client)).toBe(before + deal.escrowNano);
    expect(market.refusal(acceptance(keeper, market.purse(keeper), deal))).toBe("no-such-deal");
  });

  it("is refused with its reason", () => {
    const market = new Market();
    const store = (bytes: Uint8Array, periods = 3, offer = market.offer) =>
      market.refusal(dealOver(client, market.purse(), offer, bytes, periods));
    expect(store(data)).toBe("included");
    expect(store(new Uint8Array())).toBe("rule-violated");
    expect(store(new Uint8Array(capacityBytes + 1))).toBe("offer-exhausted");
    expect(store(data, 0)).toBe("rule-violated");
    const mostPeriods = (terms.untilHeight - market.ledger.height - acceptBlocks) / auditBlocks;
    expect(store(data, Math.ceil(mostPeriods))).toBe("rule-violated");
    expect(store(data, 3, { ...market.offer, id: new Uint8Array(32) })).toBe("no-such-offer");
    expect(dealEndHeight(10, 3, parameters)).toBe(10 + 4 * auditBlocks);
    const dear = new Market({ priceNano: 1n << 45n });
    const rich = { ...dear.purse(), amountNano: 1n << 62n };
    expect(dear.refusal(dealOver(client, rich, dear.offer, data))).toBe("not-balanced");
  });

  it("is accepted by its keeper alone, once, in time, while there is room and bond", () => {
    const market = new Market({ bondNano: 100_000_000n });
    const deal = market.store();
    expect(market.refusal(acceptance(stranger, market.purse(stranger), deal))).toBe("rule-violated");
    market.accept(deal);
    expect(market.refusal(acceptance(keeper, market.purse(keeper), deal, 2n))).toBe("rule-violated");
    // What is bound for the first leaves too little for a second.
    expect(market.refusal(acceptance(keeper, market.purse(keeper), market.store()))).toBe("bond-too-small");
    const rich = new Market({ bondNano: 2_700_000_000n });
    const big = new Random(6).bytes((capacityBytes * 5) / 8);
    const [first, second] = [rich.store(1, big), rich.store(1, big)];
    rich.accept(first);
    expect(rich.refusal(acceptance(keeper, rich.purse(keeper), second))).toBe("offer-exhausted");
    const late = rich.store(1);
    const purse = rich.purse(keeper);
    while (rich.ledger.height <= late.dueHeight) rich.mine();
    expect(rich.refusal(acceptance(keeper, purse, late))).toBe("deal-over");
    rich.mine();
    expect(rich.refusal(acceptance(keeper, purse, late))).toBe("no-such-deal");
  });

  it("cannot be accepted once its offer was taken back", () => {
    const market = new Market();
    const deal = market.store();
    market.mine(storageWithdrawal(keeper, market.purse(keeper), market.offer));
    expect(market.refusal(acceptance(keeper, market.purse(keeper), deal))).toBe("no-such-offer");
    market.mineUntil(deal.dueHeight + 1);
    expect(readStorageDeal(market.ledger.state, market.offerId, deal.id)).toBeNull();
  });
});

describe("an audit", () => {
  it("pays the keeper for each period that it shows, and gives its bond back at the end", () => {
    const market = new Market();
    const { id } = market.drawn(2);
    for (const period of [0, 1]) {
      const deal = market.deal(id);
      expect(deal.audited).toBe(period);
      const proof = market.prove(deal);
      const before = market.wealth(keeper);
      market.mine(proof);
      expect(market.wealth(keeper)).toBe(before + deal.periodNano - memoryFeeNano);
      market.mineUntil(deal.dueHeight + 1);
    }
    expect(readStorageDeal(market.ledger.state, market.offerId, id)).toBeNull();
    expect(market.offer).toMatchObject({ freeBytes: capacityBytes, freeBondNano: terms.bondNano, deals: 0 });
  });

  it("draws anew for each period and each deal, by the beacon of the block", () => {
    const market = new Market();
    const [one, two] = [market.store(3), market.store(3)];
    market.mine(acceptance(keeper, market.purse(keeper), one, 1n), acceptance(keeper, market.purse(keeper), two, 2n));
    const { dueHeight } = market.deal(one.id);
    market.mineUntil(dueHeight + 1);
    const draws = [market.deal(one.id).draw, market.deal(two.id).draw];
    market.mineUntil(market.deal(one.id).dueHeight + 1);
    draws.push(market.deal(one.id).draw, market.deal(two.id).draw);
    expect(new Set(draws.map((draw) => toHex(draw as Uint8Array))).size).toBe(4);
  });

  it("is drawn by anybody where nobody has bonded", () => {
    const storage = { ...parameters.storage, bondedDrawBlocks: 5 };
    const market = new Market({}, { ...auditedNetwork, parameters: { ...parameters, storage } });
    const deal = market.accept();
    while (market.ledger.height <= deal.dueHeight) market.ledger.mine(miner);
    expect(market.deal(deal.id).draw).toBeNull();
    market.ledger.mine(miner);
    expect(market.deal(deal.id).draw).not.toBeNull();
    const body = { ...deal, draw: new Uint8Array(32) };
    expect(market.refusal(market.prove(body))).toBe("bad-proof");
  });

  it("is drawn by a proposer that has bonded, and by others only if none of those has made a block for a while", () => {
    const voter = { key: new Uint8Array(48).fill(1), beaconKey: new Uint8Array(32), owner: miner.keyHash };
    const genesis = { ...parameters.genesis, voters: [{ ...voter, stakeNano: 5_000_000_000n }] };
    const storage = { ...parameters.storage, bondedDrawBlocks: 9 };
    const market = new Market({}, { ...auditedNetwork, parameters: { ...parameters, storage, genesis } });
    const { ledger } = market;
    // A stake counts once its branch has made something final.
    const hash = ledger.blocks[0]?.header.parent as Uint8Array;
    const before = readFinality(ledger.state, testNetworkId);
    const value = encode(finalitySchema, { ...before, finalised: { height: 1, hash } });
    ledger.state = ledger.state.update([{ key: programValueKey("finality", "record"), value }]);
    const strangersUntil = (height: number) => {
      while (ledger.height <= height) ledger.mine(stranger);
    };
    const deal = market.accept();
    strangersUntil(deal.dueHeight + 1);
    expect(market.deal(deal.id).draw).toBeNull();
    ledger.mine(miner);
    const drawn = market.deal(deal.id);
    expect(drawn.draw).not.toBeNull();
    // The next is due eight blocks later; nobody but strangers makes blocks from now on.
    strangersUntil(drawn.dueHeight + 1);
    expect(market.deal(deal.id)).toEqual(drawn);
    ledger.mine(stranger);
    expect(market.deal(deal.id)).toMatchObject({ audited: 1, missed: 1 });
  });

  it("burns a share of the bond for a miss, goes on, and ends with the second in a row: the client gets the rest", () => {
    const market = new Market();
    const deal = market.drawn();
    market.mineUntil(deal.dueHeight + 1);
    const missed = market.deal(deal.id);
    expect(missed).toMatchObject({ audited: 1, missed: 1, missedLast: 1, bondNano: deal.bondNano - deal.missNano });
    const before = market.wealth(client);
    market.mineUntil(missed.dueHeight + 1);
    expect(readStorageDeal(market.ledger.state, market.offerId, deal.id)).toBeNull();
    expect(market.wealth(client)).toBe(before + deal.escrowNano + deal.bondNano - 2n * deal.missNano);
    expect(market.offer.freeBondNano).toBe(terms.bondNano - deal.bondNano);
  });

  it("forgets a miss that is not followed by another, but not what it cost", () => {
    const market = new Market();
    const deal = market.drawn(4);
    market.mineUntil(deal.dueHeight + 1);
    const second = market.deal(deal.id);
    market.mine(market.prove(second));
    market.mineUntil(second.dueHeight + 1);
    expect(market.deal(deal.id)).toMatchObject({ audited: 2, missed: 1, missedLast: 0 });
    const third = market.deal(deal.id);
    market.mineUntil(third.dueHeight + 1);
    expect(market.deal(deal.id)).toMatchObject({ missed: 2, bondNano: deal.bondNano - 2n * deal.missNano });
  });

  it("ends with the miss that leaves nothing of the bond, though no two were in a row", () => {
    const market = new Market();
    let deal = market.drawn(9);
    const earnedNano = 3n * deal.periodNano;
    // Four misses of a quarter each; between them it is shown.
    for (let misses = 1; misses < 4; misses++) {
      market.mineUntil(deal.dueHeight + 1);
      market.mine(market.prove(market.deal(deal.id)));
      market.mineUntil(market.deal(deal.id).dueHeight + 1);
      deal = market.deal(deal.id);
      expect(deal).toMatchObject({ missed: misses, missedLast: 0 });
    }
    const before = market.wealth(client);
    market.mineUntil(deal.dueHeight + 1);
    expect(readStorageDeal(market.ledger.state, market.offerId, deal.id)).toBeNull();
    expect(market.wealth(client)).toBe(before + 9n * deal.periodNano - earnedNano);
    expect(market.offer).toMatchObject({ deals: 0, freeBytes: capacityBytes });
  });

  it("refuses another's leaves, another period's, another deal's, too few, and a second time", () => {
    const market = new Market();
    const deal = market.drawn();
    const good = leavesFor(deal, data);
    const other = market.drawn(2);
    const now = market.deal(other.id);
    const purses = new Map([keeper, stranger].map((who) => [who, market.purse(who)]));
    const refusal = (leaves: readonly AuditLeaf[], period = now.audited, who = keeper) =>
      market.refusal(proving(who, purses.get(who) as Purse, now, leaves, 1n, period));
    const own = leavesFor(now, data);
    expect(refusal(own)).toBe("included");
    expect(refusal(good)).toBe("bad-proof");
    expect(refusal(own.slice(1))).toBe("bad-proof");
    expect(refusal([...own, ...own.slice(3)])).toBe("bad-proof");
    expect(refusal(own.toReversed())).toBe("bad-proof");
    expect(refusal(leavesFor(now, new Random(99).bytes(data.length)))).toBe("bad-proof");
    expect(refusal(own, now.audited + 1)).toBe("not-drawn");
    expect(refusal(own, now.audited, stranger)).toBe("rule-violated");
    market.mine(market.prove(now));
    expect(refusal(own)).toBe("rule-violated");
  });

  it("refuses leaves with any byte changed", () => {
    const market = new Market();
    const deal = market.drawn();
    const good = leavesFor(deal, data);
    const purse = market.purse(keeper);
    const [first] = good as [AuditLeaf];
    const refusal = (changed: AuditLeaf) => market.refusal(proving(keeper, purse, deal, [changed, ...good.slice(1)]));
    const flip = (bytes: Uint8Array, at: number) => bytes.with(at, (bytes[at] as number) ^ 1);
    for (let at = 0; at < first.leaf.length; at += 101)
      expect(refusal({ ...first, leaf: flip(first.leaf, at) })).toBe("bad-proof");
    for (const [step, hash] of first.path.entries())
      expect(refusal({ ...first, path: first.path.with(step, flip(hash, step)) })).toBe("bad-proof");
  });

  it("is not shown before it is drawn or after its time", () => {
    const market = new Market();
    const waiting = market.store();
    const withDraw = { ...waiting, draw: new Uint8Array(32) };
    expect(market.refusal(market.prove(withDraw))).toBe("not-drawn");
    const deal = market.drawn();
    const leaves = leavesFor(deal, data);
    while (market.ledger.height < deal.dueHeight) market.ledger.mine(miner);
    const purse = market.purse(keeper);
    expect(market.ledger.height).toBe(deal.dueHeight + 1);
    expect(market.refusal(proving(keeper, purse, deal, leaves))).toBe("deal-over");
  });
});

describe("the end of a deal", () => {
  it("is the client's to say: at once while nobody has accepted", () => {
    const market = new Market();
    const deal = market.store();
    expect(market.refusal(deletion(stranger, market.purse(stranger), deal))).toBe("rule-violated");
    const purse = market.purse();
    const before = market.wealth(client);
    market.mine(deletion(client, purse, deal));
    expect(market.wealth(client)).toBe(before + deal.escrowNano - memoryFeeNano);
  });

  it("comes after the audit that runs, which pays if it is passed; the rest goes back", () => {
    const market = new Market();
    const deal = market.drawn();
    market.mine(deletion(client, market.purse(), deal));
    expect(market.refusal(deletion(client, market.purse(), market.deal(deal.id), 2n))).toBe("rule-violated");
    market.mine(market.prove(market.deal(deal.id)));
    const before = market.wealth(client);
    market.mineUntil(deal.dueHeight + 1);
    expect(market.wealth(client)).toBe(before + deal.escrowNano - deal.periodNano);
    expect(market.offer).toMatchObject({ freeBondNano: terms.bondNano, deals: 0 });
  });

  it("gives the bond to the keeper where the offer is gone", () => {
    const market = new Market();
    const deal = market.drawn(1);
    market.mine(storageWithdrawal(keeper, market.purse(keeper), market.offer));
    market.mine(market.prove(deal));
    const before = market.wealth(keeper);
    market.mineUntil(deal.dueHeight + 1);
    expect(market.wealth(keeper)).toBe(before + deal.bondNano + leastBondNano(0, parameters));
    expect(readKeeperOffer(market.ledger.state, market.offerId)).toBeNull();
  });
});
