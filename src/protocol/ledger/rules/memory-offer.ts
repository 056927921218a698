/**
 * `memory.offer`: puts memory that the provider lends on the ledger. The provider is the key of the first coin it pays
 * with, so nobody can offer in another's name.
 * @module
 */
import { limits } from "../../parameters.ts";
import { addOffer, countStandingOffers, offerBurnNano } from "../../programs/memory-market.ts";
import { accepted, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import { keyOfFirstInput, wholePages } from "./memory.ts";
import { noEffect, type Rule } from "./rule.ts";

/** An offer needs whole pages, a height ahead that is not too far, a free place, and what the place costs. */
export const memoryOffer: Rule<Extract<Command, { type: "memory.offer" }>> = (command, context) => {
  const { bytes, untilHeight, priceNano, burnNano } = command;
  const { height, parameters, values, transactionId } = context;
  const provider = keyOfFirstInput(context);
  if (provider === null) {
    return rejected("rule-violated", "An offer must consume a coin under one key first: that key is the provider's.");
  }
  const pages = wholePages(bytes);
  if (!pages.ok) return pages;
  if (untilHeight < height || untilHeight >= height + limits.memoryOfferBlocks) {
    const message = `An offer stands for 1 to ${limits.memoryOfferBlocks} blocks from ${height} on; height ${untilHeight} is not among them.`;
    return rejected("rule-violated", message);
  }
  const standing = countStandingOffers(values, height);
  if (standing >= limits.memoryOffers) {
    return rejected("queue-full", `${limits.memoryOffers} offers of memory stand already; try again when one expires.`);
  }
  const leastNano = offerBurnNano(standing, untilHeight - height + 1, parameters);
  if (burnNano < leastNano) {
    const message = `With ${standing} offers standing, this one must burn at least ${leastNano} nano-AETH, not ${burnNano}.`;
    return rejected("fee-too-low", message, { leastNano });
  }
  const offer = { id: transactionId, provider, bytes, freeBytes: bytes, untilHeight, priceNano };
  return accepted({ ...noEffect, burntNano: burnNano, writes: addOffer(values, offer, height) });
};
