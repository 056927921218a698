/**
 * `data.accept`: the keeper says that it has the bytes of a deal and answers for them: room of its offer is taken and a part
 * of its bond bound. Its first audit is drawn one period later.
 * @module
 */
import { dealWrites } from "../../programs/storage-deals.ts";
import { changeKeeperOffer, dealBondNano, dealRoomBytes } from "../../programs/storage-offers.ts";
import { accepted, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import { noEffect, type Rule } from "./rule.ts";
import { checkActor, openOffer, runningDeal } from "./storage.ts";

/** The deal waits still, and the offer has room and bond for it. */
export const dataAccept: Rule<Extract<Command, { type: "data.accept" }>> = (command, context) => {
  const { parameters, height, values } = context;
  const running = runningDeal(context, command);
  if (!running.ok) return running;
  const deal = running.value;
  if (deal.accepted === 1) return rejected("rule-violated", "The deal is accepted already.");
  const open = openOffer(context, command.offer);
  if (!open.ok) return open;
  const offer = open.value;
  const foreign = checkActor(context, offer.keeper, "keeper");
  if (foreign !== null) return foreign;
  const { freeBytes, freeBondNano } = offer;
  const roomBytes = dealRoomBytes(offer, deal.bytes, parameters);
  if (roomBytes > freeBytes) {
    return rejected("offer-exhausted", `The offer has ${freeBytes} bytes left, not ${roomBytes}.`, { freeBytes });
  }
  const bondNano = dealBondNano(deal.bytes, deal.escrowNano, parameters);
  if (bondNano > freeBondNano) {
    const message = `The deal binds ${bondNano} nano-AETH; the offer has ${freeBondNano} unbound. Offer with a larger bond.`;
    return rejected("bond-too-small", message, { bondNano, freeBondNano });
  }
  const { missPercent, auditBlocks } = parameters.storage;
  const missNano = (bondNano * BigInt(missPercent) + 99n) / 100n;
  const kept = { ...deal, accepted: 1, bondNano, missNano, dueHeight: height + auditBlocks };
  const left = {
    ...offer,
    freeBytes: freeBytes - roomBytes,
    freeBondNano: freeBondNano - bondNano,
    deals: offer.deals + 1,
    waiting: offer.waiting - 1,
  };
  return accepted({ ...noEffect, writes: [...dealWrites(deal, kept), ...changeKeeperOffer(values, left).writes] });
};
