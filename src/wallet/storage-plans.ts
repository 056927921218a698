/**
 * Plans about storage deals. All of them pay a fee: who makes deals has coins.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import type { AuditedBytes, AuditLeaf } from "#protocol/files/audit-tree.ts";
import type { Command } from "#protocol/ledger/command.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import type { ValueSource } from "#protocol/programs/proof-queue.ts";
import { dealWrites, type StorageDeal } from "#protocol/programs/storage-deals.ts";
import {
  auditPriceNano,
  changeKeeperOffer,
  dealRoomBytes,
  type KeeperOffer,
  storageEscrowWrite,
  withdrawalNano,
} from "#protocol/programs/storage-offers.ts";
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

/** What one audit of so many bytes costs with an offer. */
export function dealPeriodNano(
  offer: KeeperOffer,
  bytes: number,
  parameters: Pick<NetworkParameters, "storage">,
): bigint {
  return auditPriceNano(dealRoomBytes(offer, bytes, parameters), offer.priceNano);
}

const nothing: ValueSource = { get: () => undefined };

/** As much of the state as the rules about a deal read, of what a node has told. */
function stateOf(offer: KeeperOffer, deal: StorageDeal | null): ValueSource {
  const dealNano = deal === null ? 0n : deal.escrowNano + deal.bondNano;
  const writes = [
    ...changeKeeperOffer(nothing, offer).writes,
    ...(deal === null ? [] : dealWrites(null, deal)),
    storageEscrowWrite(nothing, offer.freeBondNano + dealNano),
  ];
  const values = new Map(writes.flatMap(({ key, value }) => (value === null ? [] : [[toHex(key), value] as const])));
  return { get: (key) => values.get(toHex(key)) };
}

/** Plans to ask a keeper to answer for some bytes; the price of all audits is locked with it. */
export function planDeal(
  {
    offer,
    audited,
    periods,
  }: { readonly offer: KeeperOffer; readonly audited: AuditedBytes; readonly periods: number },
  coins: readonly SpendableCoin[],
  context: PlanContext,
): Result<Plan> {
  const { root, bytes } = audited;
  const command: Command = { type: "data.store", offer: offer.id, root, bytes, periods };
  const amountNano = dealPeriodNano(offer, bytes, context.parameters) * BigInt(periods);
  return planStorage(command, { coins, values: stateOf(offer, null) }, context, { amountNano });
}

/** Plans to end a deal: one that nobody has accepted at once, one that runs with its running audit. */
export function planDealEnd(
  { offer, deal }: { readonly offer: KeeperOffer; readonly deal: StorageDeal },
  coins: readonly SpendableCoin[],
  context: PlanContext,
): Result<Plan> {
  const command: Command = { type: "data.delete", offer: deal.offer, deal: deal.id };
  // What a plan's rules are shown knows no successions: the deal is ours whichever of our keys made it.
  const values = stateOf(offer, { ...deal, client: context.keyHash });
  const amountNano = deal.accepted === 1 ? 0n : -deal.escrowNano;
  return planStorage(command, { coins, values }, context, { amountNano, lastHeight: deal.dueHeight });
}
