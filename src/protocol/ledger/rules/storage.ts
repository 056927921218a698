/**
 * What the rules about storage deals share.
 * @module
 */
import { equalBytes, toHex } from "../../codec/bytes.ts";
import { readStorageDeal, type StorageDeal } from "../../programs/storage-deals.ts";
import { type KeeperOffer, readKeeperOffer } from "../../programs/storage-offers.ts";
import { accepted, type Rejected, type Result, rejected } from "../../result.ts";
import { currentKeyHash } from "../succession.ts";
import { keyOfFirstInput } from "./memory.ts";
import type { RuleContext } from "./rule.ts";

/** What a command about a deal names. */
export interface DealPlace {
  readonly offer: Uint8Array;
  readonly deal: Uint8Array;
}

/** An offer with which deals are made in this block. */
export function openOffer({ values, height }: RuleContext, id: Uint8Array): Result<KeeperOffer> {
  const offer = readKeeperOffer(values, id);
  if (offer !== null && offer.withdrawn === 0 && offer.untilHeight >= height) return accepted(offer);
  return rejected("no-such-offer", `No offer of storage ${toHex(id)} stands any more; choose another.`);
}

/** A deal whose time has not come: what is due is the block's own to do, even where it lies there for want of room. */
export function runningDeal({ values, height }: RuleContext, place: DealPlace): Result<StorageDeal> {
  const deal = readStorageDeal(values, place.offer, place.deal);
  if (deal === null) return rejected("no-such-deal", `There is no deal ${toHex(place.deal)} (any more).`);
  if (deal.dueHeight >= height) return accepted(deal);
  const message = `The deal's time was over at height ${deal.dueHeight}; look again after the next block.`;
  return rejected("deal-over", message, { dueHeight: deal.dueHeight });
}

/** Whether the first input is under the key that stands for somebody: its signature is what shows who acts. */
export function checkActor(context: RuleContext, owner: Uint8Array, who: "keeper" | "client"): Rejected | null {
  const key = keyOfFirstInput(context);
  if (key !== null && equalBytes(key, currentKeyHash(context.values, owner))) return null;
  return rejected("rule-violated", `Only its ${who} does this: the first input must be the ${who}'s coin.`);
}

/** Coins that are to be locked must be there: escrow counts in 64 bits, so what is beyond all coins is refused before it is added. */
export function checkLocked({ inputs }: RuleContext, lockedNano: bigint): Rejected | null {
  const inNano = inputs.reduce((sum, { output }) => sum + output.amount, 0n);
  if (lockedNano <= inNano) return null;
  return rejected("not-balanced", `The inputs hold ${inNano} nano-AETH; ${lockedNano} are to be locked.`, { inNano });
}
