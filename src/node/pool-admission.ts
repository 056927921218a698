/**
 * Who may enter the pool: families, replacement, room. Functions over the pool's index that change nothing.
 * @module
 */
import type { Transaction } from "#protocol/ledger/transaction.ts";
import { limits } from "#protocol/parameters.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import { isFree, type PoolIndex, reportedBy } from "./pool-index.ts";

/** Bounds of the pool. */
export const poolLimits = {
  bytes: 300 * 1_048_576,
  entries: 50_000,
  /** Unconfirmed transactions that may build on one. */
  descendants: 64,
  /** Unconfirmed transactions that one may build on: without it, checking the rule above could be made expensive. */
  ancestors: 64,
  ageMs: 24 * 3_600_000,
  /** Entries one peer may have brought; our own are not counted. */
  entriesPerPeer: 5_000,
  /** Free transactions in the pool: ten blocks' lanes. */
  freeBytes: limits.blockBytes,
  /** Why transactions were dropped is remembered for this many. */
  obituaries: 2_000,
} as const;

/** How much the pool may hold at all. */
export type PoolBounds = { readonly [K in "bytes" | "entries"]: number };

/**
 * One free report for each offender: every honest node makes its own, and all but the first that is mined are in vain. Asked
 * before validation, which reads all voters. One that pays may come besides.
 */
export function checkReport(index: PoolIndex, transaction: Transaction): Rejected | null {
  const culprits = reportedBy(transaction);
  if (culprits.length === 0 || !isFree(transaction) || culprits.some((name) => !index.reports(name))) return null;
  return rejected("already-reported", "All whom it reports are reported by others that wait for a block.");
}

/** Bounds what a family costs to look at; gives the ancestors. */
export function checkFamily(index: PoolIndex, parents: ReadonlySet<string>): Result<readonly string[]> {
  const ancestors = index.withAncestors(parents);
  if (ancestors.size > poolLimits.ancestors) {
    const most = `It would build on more than ${poolLimits.ancestors} waiting transactions; wait for a block.`;
    return rejected("too-many-ancestors", most);
  }
  for (const ancestor of ancestors) {
    if (index.withDescendants([ancestor]).size > poolLimits.descendants) {
      const most = `At most ${poolLimits.descendants} waiting transactions may build on one; wait for a block.`;
      return rejected("too-many-descendants", most);
    }
  }
  return accepted([...ancestors]);
}

/** The one replacement rule: more fee than all it pushes out together, and a better rate than each it conflicts with. */
export function checkConflicts(index: PoolIndex, transaction: Transaction, gas: number): Result<readonly string[]> {
  const rivals = new Set<string>();
  for (const input of transaction.inputs) {
    const rival = index.spenderOf(input);
    if (rival !== undefined) rivals.add(rival);
  }
  const [first] = rivals;
  if (first === undefined) return accepted([]);
  let neededFeeNano = 1n;
  for (const id of index.withDescendants(rivals)) {
    neededFeeNano += index.entry(id).prepared.transaction.feeNano;
  }
  for (const id of rivals) {
    const rival = index.entry(id);
    const sameRateNano = (rival.prepared.transaction.feeNano * BigInt(gas)) / BigInt(rival.gas);
    if (sameRateNano >= neededFeeNano) neededFeeNano = sameRateNano + 1n;
  }
  if (transaction.feeNano >= neededFeeNano) return accepted([...rivals]);
  return rejected("spent-in-pool", `A coin it spends is already being spent by ${first}, which waits for a block.`, {
    winner: first,
    neededFeeNano,
  });
}

/** Whom a newcomer pushes out of a full pool: only what pays less than it, and nothing it builds on. */
export function checkRoom(
  index: PoolIndex,
  bounds: PoolBounds,
  sizeBytes: number,
  feeRate: number,
  ancestors: ReadonlySet<string>,
  leaving: ReadonlySet<string>,
): Result<readonly string[]> {
  const out = new Set(leaving);
  const crowdedOut: string[] = [];
  let bytes = index.sizeBytes + sizeBytes;
  for (const id of leaving) bytes -= index.entry(id).prepared.bytes.length;
  const fits = (): boolean => bytes <= bounds.bytes && index.size - out.size + 1 <= bounds.entries;
  for (const id of index.cheapestFirst()) {
    if (fits()) break;
    if (out.has(id)) continue;
    if (ancestors.has(id) || index.entry(id).feeRate >= feeRate) break;
    crowdedOut.push(id);
    for (const member of index.withDescendants([id])) {
      if (!out.has(member)) bytes -= index.entry(member).prepared.bytes.length;
      out.add(member);
    }
  }
  return fits() ? accepted(crowdedOut) : rejected("pool-full", "The pool is full; pay a higher fee or try later.");
}
