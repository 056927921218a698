/**
 * What commands that spend need before they can plan, and how a plan of theirs goes on.
 * @module
 */
import type { Result } from "#protocol/result.ts";
import type { Plan } from "#wallet/build.ts";
import type { CommandContext } from "./command.ts";
import { unlocked } from "./identity.ts";
import { planContext, signerOf, spend, withReasons } from "./spending.ts";

/** Keys, what a plan depends on, coins. */
export interface Prepared {
  readonly keys: { readonly keyHash: Uint8Array; readonly publicKey: Uint8Array };
  readonly planning: Extract<Awaited<ReturnType<typeof planContext>>, { ok: true }>["value"];
  readonly coins: Extract<Awaited<ReturnType<CommandContext["client"]["coins"]>>, { ok: true }>["value"];
}

/** Keys, heights and coins; null if the user gave up or was told what is missing. */
export async function prepare(context: CommandContext): Promise<Prepared | null> {
  const keys = await unlocked(context);
  if (keys === null) return null;
  const planning = await planContext(context, keys.keyHash);
  const coins = await context.client.coins(keys.keyHash);
  if (planning.ok && coins.ok) return { keys, planning: planning.value, coins: coins.value };
  for (const answer of [planning, coins]) if (!answer.ok) context.refuse(answer);
  return null;
}

/** Has the user agree to a plan and carries it out; says what is wrong with one that cannot be paid. */
export function spendPlan(
  context: CommandContext,
  { keys, planning, coins }: Prepared,
  plan: Result<Plan>,
  flags: ReadonlySet<string>,
): Promise<number> | number {
  if (!plan.ok) return context.refuse(withReasons(plan, coins));
  return spend(context, plan.value, signerOf(context, keys.publicKey, planning.stampBits), flags);
}
