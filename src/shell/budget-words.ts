/**
 * How daily budgets are said to people: the same words in the terminal and in windows.
 * @module
 */
import type { ProgramBudgetsView, ProgramBudgetView, SpendingView } from "#sdk/budgets.ts";
import { formatAmount } from "#wallet/amount.ts";

const units = (fuel: number): string => `${fuel.toLocaleString("en")} units`;

/** What the wallet signed away. */
export function spendingWords({ limitNano, todayNano }: SpendingView): string {
  const today = `${formatAmount(todayNano)}`;
  return limitNano === null
    ? `${today} AETH signed away today; no budget`
    : `${today} of ${formatAmount(limitNano)} AETH signed away today`;
}

/** What a program used. */
export function programBudgetWords(
  { limit, used }: Pick<ProgramBudgetView, "limit" | "used">,
  { each }: Pick<ProgramBudgetsView, "each">,
): string {
  const most = limit ?? each;
  return most === null ? `${units(used)} of fuel today; no budget` : `${units(used)} of ${units(most)} of fuel today`;
}

/** The same for a program that may not have run today. */
export function budgetOfDigest(view: ProgramBudgetsView, digest: string): string {
  const known = view.programs.find((program) => program.digest === digest);
  return programBudgetWords(known ?? { limit: null, used: 0 }, view);
}
