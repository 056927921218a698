/**
 * `storage.offer`: a keeper puts room for others' files on the ledger, with a bond that answers for it. The keeper is the key
 * of the first coin it pays with, so nobody can offer in another's name.
 * @module
 */
import { limits } from "../../parameters.ts";
import {
  addKeeperOffer,
  countPlacedOffers,
  isStoragePlaceTaken,
  leastBondNano,
  storageEscrowWrite,
} from "../../programs/storage-offers.ts";
import { accepted, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import { keyOfFirstInput } from "./memory.ts";
import { noEffect, type Rule } from "./rule.ts";
import { checkLocked } from "./storage.ts";

/** An offer needs a size, a height ahead that is not too far, a free place, and a bond that is worth the place. */
export const storageOffer: Rule<Extract<Command, { type: "storage.offer" }>> = (command, context) => {
  const { bytes, untilHeight, priceNano, bondNano, peer } = command;
  const { height, parameters, values, transactionId } = context;
  const keeper = keyOfFirstInput(context);
  if (keeper === null) {
    return rejected("rule-violated", "An offer must consume a coin under one key first: that key is the keeper's.");
  }
  if (bytes === 0) return rejected("rule-violated", "An offer of no bytes is none.");
  if (peer === "") return rejected("rule-violated", "An offer names the peer that keeps, or nobody would find it.");
  if (untilHeight < height || untilHeight >= height + limits.storageOfferBlocks) {
    const message = `An offer of storage stands for 1 to ${limits.storageOfferBlocks} blocks from ${height} on; height ${untilHeight} is not among them.`;
    return rejected("rule-violated", message);
  }
  const placed = countPlacedOffers(values, height);
  if (placed >= limits.storageOffers) {
    return rejected(
      "queue-full",
      `There are ${limits.storageOffers} offers of storage already; try again when one ends.`,
    );
  }
  const leastNano = leastBondNano(placed, parameters);
  if (bondNano < leastNano) {
    const message = `With ${placed} places taken, this offer must bond at least ${leastNano} nano-AETH, not ${bondNano}.`;
    return rejected("bond-too-small", message, { leastNano });
  }
  const unpaid = checkLocked(context, bondNano);
  if (unpaid !== null) return unpaid;
  if (isStoragePlaceTaken(values, transactionId)) {
    return rejected("rule-violated", "Another offer has this place; send it with another nonce.");
  }
  const made = { id: transactionId, keeper, peer, bytes, freeBytes: bytes, untilHeight, priceNano };
  const offer = { ...made, freeBondNano: bondNano, placeNano: leastNano, deals: 0, waiting: 0, withdrawn: 0 };
  return accepted({
    ...noEffect,
    lockedNano: bondNano,
    writes: [...addKeeperOffer(values, offer, height), storageEscrowWrite(values, bondNano)],
  });
};
