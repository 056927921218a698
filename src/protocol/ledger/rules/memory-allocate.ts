/**
 * `memory.allocate`: takes a part of an offer as a lease and pays the provider. Where the price is nothing, nothing need
 * be consumed, so a newcomer can allocate before owning a coin.
 * @module
 */
import { equalBytes, toHex } from "../../codec/bytes.ts";
import { leasePriceNano, leastLeaseBytes, memoryOfferWrite, readMemoryOffer } from "../../programs/memory-market.ts";
import { accepted, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import { leaseOutput } from "../things.ts";
import type { Output } from "../transaction.ts";
import { wholePages } from "./memory.ts";
import { noEffect, type Rule } from "./rule.ts";

function pays({ lock, amount }: Output, provider: Uint8Array, priceNano: bigint): boolean {
  return lock.type === "key" && equalBytes(lock.keyHash, provider) && amount >= priceNano;
}

/** The offer must stand and hold as much; one output pays its provider; the first is the lease, under one key. */
export const memoryAllocate: Rule<Extract<Command, { type: "memory.allocate" }>> = (command, context) => {
  const { transaction, values, height, parameters } = context;
  const { bytes, name } = command;
  const offer = readMemoryOffer(values, command.offer);
  if (offer === null || offer.untilHeight < height) {
    return rejected("no-such-offer", `No offer ${toHex(command.offer)} stands any more; choose another.`);
  }
  const pages = wholePages(bytes);
  if (!pages.ok) return pages;
  if (name === "") return rejected("rule-violated", "A lease needs a name.");
  const leastBytes = leastLeaseBytes(offer.bytes, parameters);
  if (bytes < leastBytes) {
    const message = `A lease of this offer has at least ${leastBytes} bytes; take as much or choose another offer.`;
    return rejected("rule-violated", message, { leastBytes });
  }
  if (bytes > offer.freeBytes) {
    const message = `The offer has ${offer.freeBytes} bytes left, not ${bytes}; take less or choose another.`;
    return rejected("offer-exhausted", message, { freeBytes: offer.freeBytes });
  }
  const priceNano = leasePriceNano(bytes, offer.priceNano);
  if (priceNano > 0n && !transaction.outputs.some((output) => pays(output, offer.provider, priceNano))) {
    return rejected("rule-violated", `One output must pay the provider ${priceNano} nano-AETH.`, { priceNano });
  }
  const lock = transaction.outputs[0]?.lock;
  if (lock?.type !== "key") return rejected("rule-violated", "The first output must be the lease, under one key.");
  const { id, provider, untilHeight, freeBytes } = offer;
  return accepted({
    ...noEffect,
    writes: [memoryOfferWrite({ ...offer, freeBytes: freeBytes - bytes })],
    makes: [leaseOutput({ offer: id, provider, bytes, untilHeight, name }, lock)],
  });
};
