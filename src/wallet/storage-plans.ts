/**
 * Plans about storage deals. All of them pay a fee: who makes deals has coins.
 * @module
 */
import type { AuditLeaf } from "#protocol/files/audit-tree.ts";
import type { Command } from "#protocol/ledger/command.ts";
import type { ValueSource } from "#protocol/programs/proof-queue.ts";
import type { StorageDeal } from "#protocol/programs/storage-deals.ts";
import { type KeeperOffer, withdrawalNano } from "#protocol/programs/storage-offers.ts";
import type { Result } from "#protocol/result.ts";
import { type Plan, type PlanContext, planSpending, type SpendableCoin } from "./build.ts";

/** What plans about deals need besides a context: the state, or as much of it as the rules read. */
interface Means {
  readonly coins: readonly SpendableCoin[];
  readonly values: ValueSource;
}

function planStorage(
  command: Command,
  { coins, values }: Means,
  context: PlanContext,
  {
    amountNano = 0n,
    lastHeight,
    feeNano = null,
  }: { readonly amountNano?: bigint; readonly lastHeight?: number; readonly feeNano?: bigint | null } = {},
): Result<Plan> {
  const order = { command, outputs: [], amountNano, feeNano, free: false, needsCoin: true, values };
  return planSpending(lastHeight === undefined ? order : { ...order, lastHeight }, coins, context);
}

/** Plans to keep files for others; the bond is locked with it. */
export function planStorageOffer(
  terms: Omit<Extract<Command, { type: "storage.offer" }>, "type">,
  means: Means,
  context: PlanContext,
): Result<Plan> {
  return planStorage({ type: "storage.offer", ...terms }, means, context, {
    amountNano: terms.bondNano,
    lastHeight: terms.untilHeight,
  });
}

/** Plans to take an offer back, with what no deal has bound. */
export function planStorageWithdrawal(offer: KeeperOffer, means: Means, context: PlanContext): Result<Plan> {
  const command: Command = { type: "storage.withdraw", offer: offer.id };
  return planStorage(command, means, context, { amountNano: -withdrawalNano(offer) });
}

/** Plans to answer for the bytes of a deal. */
export function planAcceptance(deal: StorageDeal, means: Means, context: PlanContext): Result<Plan> {
  const command: Command = { type: "data.accept", offer: deal.offer, deal: deal.id };
  return planStorage(command, means, context, { lastHeight: deal.dueHeight });
}

/** Plans to show what the audit that runs has drawn, and to be paid for it; `feeNano` is what to offer, if not the least. */
export function planAuditProof(
  deal: StorageDeal,
  leaves: readonly AuditLeaf[],
  means: Means,
  context: PlanContext,
  feeNano: bigint | null = null,
): Result<Plan> {
  const command: Command = { type: "data.prove", offer: deal.offer, deal: deal.id, period: deal.audited, leaves };
  return planStorage(command, means, context, {
    amountNano: -deal.periodNano,
    lastHeight: deal.dueHeight,
    feeNano,
  });
}
