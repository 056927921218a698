/**
 * `data.delete`: the client ends a deal. One that nobody has accepted is over at once (of an offer that was taken back it ends
 * by itself: the keeper may have coins to come with it, which no transaction of the client's gives out). Of another the audit that runs is the
 * last (or the first, if none was drawn yet), so that a keeper is paid for what it has kept so far if it can show it; then
 * the rest comes back by itself.
 * @module
 */
import { dealWrites, endWaitingDeal } from "../../programs/storage-deals.ts";
import { readKeeperOffer } from "../../programs/storage-offers.ts";
import { accepted, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import { noEffect, type Rule } from "./rule.ts";
import { checkActor, runningDeal } from "./storage.ts";

/** The first input must be under the client's key. */
export const dataDelete: Rule<Extract<Command, { type: "data.delete" }>> = (command, context) => {
  const running = runningDeal(context, command);
  if (!running.ok) return running;
  const deal = running.value;
  const foreign = checkActor(context, deal.client, "client");
  if (foreign !== null) return foreign;
  if (deal.accepted === 0) {
    if (readKeeperOffer(context.values, deal.offer)?.withdrawn !== 0) {
      const message = `The offer was taken back: the deal's coins come back by themselves after height ${deal.dueHeight}.`;
      return rejected("rule-violated", message, { dueHeight: deal.dueHeight });
    }
    const { writes } = endWaitingDeal(context.values, deal);
    return accepted({ ...noEffect, lockedNano: -deal.escrowNano, writes });
  }
  const periods = deal.audited + 1;
  if (deal.periods <= periods) return rejected("rule-violated", "The deal ends with the audit that runs already.");
  return accepted({ ...noEffect, writes: dealWrites(deal, { ...deal, periods }) });
};
