/**
 * Plans about memory and processes. Where nothing is to be paid they go by the stamped free lane unless a fee is wished,
 * so that who has a lease needs no coins to use it.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import type { Command } from "#protocol/ledger/command.ts";
import type { ProcessReceipt } from "#protocol/ledger/process-receipt.ts";
import { type LeaseRecord, leaseOutput, type ProcessRecord, processOutput } from "#protocol/ledger/things.ts";
import type { OutPoint, Output } from "#protocol/ledger/transaction.ts";
import { limits } from "#protocol/parameters.ts";
import {
  leasePriceNano,
  leastLeaseBytes,
  type MemoryOffer,
  memoryOfferWrite,
} from "#protocol/programs/memory-market.ts";
import type { ValueSource } from "#protocol/programs/proof-queue.ts";
import { type Rejected, type Result, rejected } from "#protocol/result.ts";
import { coinOutput, type Plan, type PlanContext, planSpending, type SpendableCoin } from "./build.ts";

/** A lease of ours. */
export interface OwnedLease {
  readonly outPoint: OutPoint;
  readonly lease: LeaseRecord;
}

/** A process of ours. */
export interface OwnedProcess {
  readonly outPoint: OutPoint;
  readonly process: ProcessRecord;
}

/** What to allocate. */
export interface AllocationOrder {
  /** Whole pages. */
  readonly bytes: number;
  readonly name: string;
}

/** Coins to pay a fee from, for what could go by the free lane; null: the free lane. */
export type FeeCoins = readonly SpendableCoin[] | null;

/** An offer that ends sooner is not worth a lease. */
const leastLeaseBlocks = 10;

/** Plans to lend memory. */
export function planMemoryOffer(
  terms: Omit<Extract<Command, { type: "memory.offer" }>, "type">,
  coins: readonly SpendableCoin[],
  context: PlanContext,
): Result<Plan> {
  const command: Command = { type: "memory.offer", ...terms };
  const order = { command, outputs: [], amountNano: terms.burnNano, feeNano: null, free: false };
  return planSpending({ ...order, lastHeight: terms.untilHeight }, coins, context);
}

/** Plans to take an offer back: consumes a coin of the provider's, which comes back whole. */
export function planWithdrawal(
  offer: MemoryOffer,
  coins: readonly SpendableCoin[],
  context: PlanContext,
): Result<Plan> {
  const command: Command = { type: "memory.withdraw", offer: offer.id };
  const order = { command, outputs: [], amountNano: 0n, feeNano: null, free: true, needsCoin: true };
  return planSpending({ ...order, values: valuesOf([offer]) }, coins, context);
}

/** The offer from which so much is cheapest; among equals the one that stands longest. */
export function cheapestOffer(
  offers: readonly MemoryOffer[],
  bytes: number,
  { height, parameters }: Pick<PlanContext, "height" | "parameters">,
): MemoryOffer | undefined {
  const fitting = offers.filter(
    (offer) =>
      offer.freeBytes >= bytes &&
      leastLeaseBytes(offer.bytes, parameters) <= bytes &&
      offer.untilHeight >= height + leastLeaseBlocks,
  );
  return fitting.toSorted((a, b) =>
    a.priceNano === b.priceNano ? b.untilHeight - a.untilHeight : a.priceNano < b.priceNano ? -1 : 1,
  )[0];
}

/** Plans an allocation from the cheapest offer that fits; free of charge and of coins where the offer is. */
export function planAllocation(
  { bytes, name }: AllocationOrder,
  offers: readonly MemoryOffer[],
  coins: readonly SpendableCoin[],
  context: PlanContext,
): Result<Plan> {
  const offer = cheapestOffer(offers, bytes, context);
  if (offer === undefined) return nothingFits(offers, bytes, context);
  const { id, provider, untilHeight, priceNano } = offer;
  const amountNano = leasePriceNano(bytes, priceNano);
  const lease = leaseOutput({ offer: id, provider, bytes, untilHeight, name }, keyLock(context));
  return planSpending(
    {
      command: { type: "memory.allocate", offer: id, bytes, name },
      outputs: amountNano > 0n ? [lease, coinOutput(provider, amountNano)] : [lease],
      amountNano,
      feeNano: null,
      free: amountNano === 0n,
      lastHeight: untilHeight,
      values: valuesOf([offer]),
    },
    coins,
    context,
  );
}

function nothingFits(offers: readonly MemoryOffer[], bytes: number, { parameters }: PlanContext): Rejected {
  const mostBytes = offers.reduce((most, { freeBytes }) => Math.max(most, freeBytes), 0);
  if (offers.length === 0) {
    const message =
      "Nobody offers memory now. `offer memory SIZE` offers this device's own; on dev the seed offers some.";
    return rejected("offer-exhausted", message, { mostBytes });
  }
  const leastBytes = Math.min(...offers.map((offer) => leastLeaseBytes(offer.bytes, parameters)));
  if (bytes < leastBytes) {
    const message = `No offer leases as little as ${bytes} bytes; the least is ${leastBytes}. Take as much, or wait for a smaller offer.`;
    return rejected("offer-exhausted", message, { leastBytes });
  }
  const message = `No offer has ${bytes} bytes left for the next ${leastLeaseBlocks} blocks; the largest has ${mostBytes}. Take less, or wait for a new offer.`;
  return rejected("offer-exhausted", message, { mostBytes });
}

/** Plans to give a lease back. */
export function planFree(lease: OwnedLease, feeCoins: FeeCoins, context: PlanContext): Result<Plan> {
  const takes = [{ outPoint: lease.outPoint, output: leaseOutput(lease.lease, keyLock(context)) }];
  const order = { takes, outputs: [], lastHeight: lease.lease.untilHeight };
  return planUnpaid({ command: { type: "memory.free" }, ...order }, feeCoins, context);
}

/** Plans to start a process within a lease. */
export function planProcessStart(
  { outPoint, lease }: OwnedLease,
  start: Omit<Extract<Command, { type: "process.start" }>, "type">,
  feeCoins: FeeCoins,
  context: PlanContext,
): Result<Plan> {
  const { programDigest, inputDigest } = start;
  const lock = keyLock(context);
  const outputs = [processOutput({ programDigest, inputDigest, lease }, lock)];
  const takes = [{ outPoint, output: leaseOutput(lease, lock) }];
  const command: Command = { type: "process.start", ...start };
  return planUnpaid({ command, takes, outputs, lastHeight: lease.untilHeight }, feeCoins, context);
}

/** Plans to stop a process, with its receipt or (null) without a word. It may be one whose start still waits. */
export function planProcessStop(
  { outPoint, process }: OwnedProcess,
  receipt: ProcessReceipt | null,
  feeCoins: FeeCoins,
  context: PlanContext,
): Result<Plan> {
  const { lease } = process;
  const lock = keyLock(context);
  const takes = [{ outPoint, output: processOutput(process, lock) }];
  const command: Command = { type: "process.stop", receipt };
  const lastHeight = lease.untilHeight + limits.processGraceBlocks;
  return planUnpaid({ command, takes, outputs: [leaseOutput(lease, lock)], lastHeight }, feeCoins, context);
}

function planUnpaid(
  parts: Pick<Parameters<typeof planSpending>[0], "command" | "takes" | "outputs" | "lastHeight">,
  feeCoins: FeeCoins,
  context: PlanContext,
): Result<Plan> {
  const order = { ...parts, amountNano: 0n, feeNano: null, free: feeCoins === null };
  return planSpending(order, feeCoins ?? [], context);
}

function keyLock({ keyHash }: PlanContext): Output["lock"] {
  return { type: "key", keyHash };
}

/** The state as far as it consists of these offers: enough for the rules' dry run. */
function valuesOf(offers: readonly MemoryOffer[]): ValueSource {
  const values = new Map<string, Uint8Array>();
  for (const { key, value } of offers.map(memoryOfferWrite)) if (value !== null) values.set(toHex(key), value);
  return { get: (key) => values.get(toHex(key)) };
}
