/**
 * Finds the rule of a command.
 * @module
 */
import type { Result } from "../../result.ts";
import { coinPay } from "./coin-pay.ts";
import { coinRequest } from "./coin-request.ts";
import { proofPost } from "./proof-post.ts";
import type { Effect, RuleContext } from "./rule.ts";

/** Applies the rule of the transaction's command. */
export function applyRule(context: RuleContext): Result<Effect> {
  const { command } = context.transaction;
  switch (command.type) {
    case "coin.pay":
      return coinPay(command, context);
    case "coin.request":
      return coinRequest(command, context);
    case "proof.post":
      return proofPost(command, context);
  }
}
