/**
 * `memory.withdraw`: the provider takes an offer back. Nothing more is lent from it; what is lent stays lent.
 * @module
 */
import { equalBytes, toHex } from "../../codec/bytes.ts";
import { readMemoryOffer, removeOffer } from "../../programs/memory-market.ts";
import { accepted, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import { currentKeyHash } from "../succession.ts";
import { keyOfFirstInput } from "./memory.ts";
import { noEffect, type Rule } from "./rule.ts";

/** The first input must be under the provider's key: its signature is what shows who withdraws. */
export const memoryWithdraw: Rule<Extract<Command, { type: "memory.withdraw" }>> = (command, context) => {
  const offer = readMemoryOffer(context.values, command.offer);
  if (offer === null) return rejected("no-such-offer", `No offer ${toHex(command.offer)} stands.`);
  const key = keyOfFirstInput(context);
  if (key === null || !equalBytes(key, currentKeyHash(context.values, offer.provider))) {
    return rejected(
      "rule-violated",
      "Only its provider withdraws an offer: the first input must be the provider's coin.",
    );
  }
  return accepted({ ...noEffect, writes: removeOffer(context.values, command.offer) });
};
