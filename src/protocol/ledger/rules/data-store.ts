/**
 * `data.store`: a client asks a keeper that offers to answer for what was left with it, and locks the price of all audits.
 * Nothing binds the keeper until it accepts, so nobody loses a bond for bytes it was never given; what nobody accepts in
 * time goes back by itself.
 * @module
 */
import { dealEndHeight, dealWrites, type StorageDeal } from "../../programs/storage-deals.ts";
import { auditPriceNano, changeKeeperOffer, dealRoomBytes, storageEscrowWrite } from "../../programs/storage-offers.ts";
import { accepted, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import { storageKey } from "../state-key.ts";
import { keyOfFirstInput } from "./memory.ts";
import { noEffect, type Rule } from "./rule.ts";
import { checkLocked, openOffer } from "./storage.ts";

/** The offer must stand, have as much room, and stand until the deal is over. The client is the key of the first input. */
export const dataStore: Rule<Extract<Command, { type: "data.store" }>> = (command, context) => {
  const { bytes, periods, root } = command;
  const { values, height, parameters, transactionId } = context;
  const client = keyOfFirstInput(context);
  if (client === null) {
    return rejected("rule-violated", "A deal must consume a coin under one key first: that key is the client's.");
  }
  const open = openOffer(context, command.offer);
  if (!open.ok) return open;
  const offer = open.value;
  if (bytes === 0) return rejected("rule-violated", "A deal over no bytes is none.");
  const roomBytes = dealRoomBytes(offer, bytes, parameters);
  if (roomBytes > offer.freeBytes) {
    const message = `The offer has ${offer.freeBytes} bytes left, and the deal takes ${roomBytes}; choose another.`;
    return rejected("offer-exhausted", message, { freeBytes: offer.freeBytes });
  }
  const { waitingPerOffer } = parameters.storage;
  if (offer.waiting >= waitingPerOffer) {
    const message = `${offer.waiting} deals wait for this keeper already; try again in some blocks or choose another offer.`;
    return rejected("queue-full", message, { waitingPerOffer });
  }
  if (periods === 0) return rejected("rule-violated", "A deal has at least one audit.");
  const dueHeight = height + parameters.storage.acceptBlocks;
  const endHeight = dealEndHeight(dueHeight, periods, parameters);
  if (endHeight > offer.untilHeight) {
    const message = `The offer stands until height ${offer.untilHeight}; ${periods} audits would last until ${endHeight}.`;
    return rejected("rule-violated", message, { endHeight, untilHeight: offer.untilHeight });
  }
  const periodNano = auditPriceNano(roomBytes, offer.priceNano);
  const escrowNano = periodNano * BigInt(periods);
  const unpaid = checkLocked(context, escrowNano);
  if (unpaid !== null) return unpaid;
  if (values.get(storageKey(offer.id, transactionId)) !== undefined) {
    return rejected("rule-violated", "Another deal has this place; send it with another nonce.");
  }
  const terms = { id: transactionId, offer: offer.id, client, bytes, root, periods, periodNano, escrowNano };
  const unbound = { accepted: 0, bondNano: 0n, missNano: 0n };
  const audits = { audited: 0, missed: 0, missedLast: 0, draw: null, passed: 0 };
  const deal: StorageDeal = { ...terms, ...unbound, ...audits, dueHeight };
  return accepted({
    ...noEffect,
    lockedNano: escrowNano,
    writes: [
      ...dealWrites(null, deal),
      ...changeKeeperOffer(values, { ...offer, waiting: offer.waiting + 1 }).writes,
      storageEscrowWrite(values, escrowNano),
    ],
  });
};
