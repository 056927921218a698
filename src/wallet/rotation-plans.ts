/**
 * The plan of a rotation: paid with a coin of the key that goes, whose change stays where the next one opens it, or stamped where there is
 * none that reaches: whoever owns nothing can still replace stolen keys.
 * @module
 */
import type { Command } from "#protocol/ledger/command.ts";
import type { Result } from "#protocol/result.ts";
import { expiryBlocks, type Plan, type PlanContext, planSpending, type SpendableCoin } from "./build.ts";

/** The last height of a plan that is made now; both keys sign it. */
export function rotationExpiry({ height }: Pick<PlanContext, "height">): number {
  return height + expiryBlocks;
}

/** Plans to replace a key; the signatures may still be placeholders, as a plan is shown before anything is signed. */
export function planRotation(
  rotation: Omit<Extract<Command, { type: "did.rotate" }>, "type">,
  coins: readonly SpendableCoin[],
  context: PlanContext,
): Result<Plan> {
  const command: Command = { type: "did.rotate", ...rotation };
  const order = { command, outputs: [], amountNano: 0n, feeNano: null, lastHeight: rotationExpiry(context) };
  const paid = planSpending({ ...order, free: false }, coins, context);
  return paid.ok ? paid : planSpending({ ...order, free: true }, [], context);
}
