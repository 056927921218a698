/**
 * `coin.pay`: what the inputs hold becomes the outputs. Conservation itself is checked for every command in
 * validation.ts; this rule says what else a payment must be.
 * @module
 */
import { accepted, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import { noEffect, type Rule } from "./rule.ts";

/** A payment needs something to pay with and somebody to pay. */
export const coinPay: Rule<Extract<Command, { type: "coin.pay" }>> = (_command, { transaction }) => {
  if (transaction.inputs.length === 0) return rejected("rule-violated", "A payment must consume at least one coin.");
  if (transaction.outputs.length === 0) return rejected("rule-violated", "A payment must create at least one output.");
  return accepted(noEffect);
};
