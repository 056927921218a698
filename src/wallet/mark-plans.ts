/**
 * Plans about marks of credentials: one is made with a credential and spent to revoke it. What revoking costs is in the
 * mark, so whoever has issued the last coin away can still revoke.
 * @module
 */
import { markOutput } from "#identity/credentials/mark.ts";
import type { OutPoint } from "#protocol/ledger/transaction.ts";
import type { Result } from "#protocol/result.ts";
import { type Plan, type PlanContext, planSpending, type SpendableCoin } from "./build.ts";

/** What a mark holds: more than the fee to spend it, and not worth taking for itself. */
export const markNano = 10_000_000n;

const command = { type: "coin.pay", memo: new Uint8Array() } as const;

/** Plans to make the mark of a credential, by its content digest; it is the first output. */
export function planMark(
  named: Uint8Array,
  free: boolean,
  coins: readonly SpendableCoin[],
  context: PlanContext,
): Result<Plan> {
  const outputs = [markOutput(context.keyHash, markNano, named)];
  return planSpending({ command, outputs, amountNano: markNano, feeNano: null, free }, coins, context);
}

/** Plans to spend a mark of ours; what it holds comes back, less the fee. */
export function planRevocation(mark: OutPoint, amountNano: bigint, free: boolean, context: PlanContext): Result<Plan> {
  const takes = [{ outPoint: mark, output: markOutput(context.keyHash, amountNano) }];
  return planSpending({ command, takes, outputs: [], amountNano: -amountNano, feeNano: null, free }, [], context);
}
