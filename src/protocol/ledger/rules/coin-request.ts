/**
 * `coin.request`: asks to be paid. Moves nothing and owns nothing, so a newcomer can say it before owning a coin.
 * @module
 */
import { accepted, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import { noEffect, type Rule } from "./rule.ts";

/** A request has no inputs and outputs, and asks for something. */
export const coinRequest: Rule<Extract<Command, { type: "coin.request" }>> = (command, { transaction }) => {
  if (transaction.inputs.length > 0 || transaction.reads.length > 0 || transaction.outputs.length > 0) {
    return rejected("rule-violated", "A request moves nothing: it has no inputs, reads or outputs.");
  }
  if (command.amountNano === 0n) return rejected("rule-violated", "A request must ask for more than nothing.");
  return accepted(noEffect);
};
