/**
 * The pool's entries and everything that finds them: by id, by the output they spend or read, by fee rate, by family, by
 * the voters it reports. Keeps its indexes in step; decides nothing.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { culpritsOf } from "#protocol/consensus/accountability.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import type { StoredOutput } from "#protocol/ledger/state.ts";
import type { OutPoint, Transaction } from "#protocol/ledger/transaction.ts";
import { outPointName } from "#protocol/ledger/validation.ts";
import { count } from "./counts.ts";

/** One waiting transaction. */
export interface PoolEntry {
  readonly prepared: PreparedTransaction;
  readonly gas: number;
  /** Fee per gas, the order of the pool. */
  readonly feeRate: number;
  /** Height of the last block it can be in: its expiry, or earlier where what it takes lapses. */
  readonly lastHeight: number;
  readonly addedAtMs: number;
  /** Peer that brought it; null for our own. */
  readonly from: string | null;
  /** Waiting transactions whose outputs it consumes or reads. */
  readonly parents: Set<string>;
  readonly children: Set<string>;
  /** What its inputs hold, for display. */
  readonly inputs: readonly StoredOutput[];
}

/** Whether a transaction goes by the free lane. */
export function isFree(transaction: Transaction): boolean {
  return transaction.feeNano === 0n;
}

/** Voters that a transaction shows to have signed what nobody may, in hexadecimal. */
export function reportedBy({ command }: Transaction): readonly string[] {
  return command.type === "stake.slash" ? culpritsOf(command) : [];
}

/** Entries with their indexes. Ids are lower-case hexadecimal. */
export class PoolIndex {
  private readonly entries = new Map<string, PoolEntry>();
  private readonly spenders = new Map<string, string>();
  private readonly readers = new Map<string, Set<string>>();
  private readonly perPeer = new Map<string, number>();
  private readonly reportsOf = new Map<string, number>();
  /** Ids by fee rate, best last, so that eviction and selection need no sort. */
  private readonly order: string[] = [];
  private totalBytes = 0;
  private totalFreeBytes = 0;

  get size(): number {
    return this.entries.size;
  }

  /** Encoded bytes of all entries. */
  get sizeBytes(): number {
    return this.totalBytes;
  }

  /** Encoded bytes of the entries that pay nothing. */
  get freeBytes(): number {
    return this.totalFreeBytes;
  }

  has(id: string): boolean {
    return this.entries.has(id);
  }

  get(id: string): PoolEntry | undefined {
    return this.entries.get(id);
  }

  /** An entry that must be there. */
  entry(id: string): PoolEntry {
    const entry = this.entries.get(id);
    if (entry === undefined) throw new Error(`the pool's indexes disagree about ${id}`);
    return entry;
  }

  /** Ids and entries in no particular order; entries may be removed meanwhile. */
  all(): [string, PoolEntry][] {
    return [...this.entries];
  }

  /** The entry that spends an output. */
  spenderOf(outPoint: OutPoint): string | undefined {
    return this.spenders.get(outPointName(outPoint));
  }

  /** The entries that spend or read an output. */
  usersOf(outPoint: OutPoint): readonly string[] {
    const name = outPointName(outPoint);
    const spender = this.spenders.get(name);
    const readers = this.readers.get(name);
    if (readers === undefined) return spender === undefined ? [] : [spender];
    return spender === undefined ? [...readers] : [spender, ...readers];
  }

  /** How many entries a peer has brought. */
  countFrom(peer: string): number {
    return this.perPeer.get(peer) ?? 0;
  }

  /** Whether an entry reports a voter. */
  reports(culprit: string): boolean {
    return this.reportsOf.has(culprit);
  }

  /** Ids, best fee rate first. */
  *bestFirst(): Generator<string> {
    for (let i = this.order.length - 1; i >= 0; i--) yield this.order[i] as string;
  }

  /** Ids, least fee rate first. */
  cheapestFirst(): readonly string[] {
    return this.order;
  }

  /** Some entries and all they build on. */
  withAncestors(ids: Iterable<string>): Set<string> {
    return this.closure(ids, (entry) => entry.parents);
  }

  /** Some entries and all that build on them. */
  withDescendants(ids: Iterable<string>): Set<string> {
    return this.closure(ids, (entry) => entry.children);
  }

  private closure(from: Iterable<string>, next: (entry: PoolEntry) => Iterable<string>): Set<string> {
    const found = new Set<string>();
    const pending = [...from];
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      if (found.has(id)) continue;
      found.add(id);
      pending.push(...next(this.entry(id)));
    }
    return found;
  }

  /** Enters an entry whose parents are all in. */
  link(entry: PoolEntry): void {
    const { prepared, feeRate, from, parents } = entry;
    const { inputs, reads } = prepared.transaction;
    const id = toHex(prepared.id);
    this.order.splice(this.place(id, feeRate), 0, id);
    this.entries.set(id, entry);
    for (const input of inputs) this.spenders.set(outPointName(input), id);
    for (const read of reads) {
      const name = outPointName(read);
      const readers = this.readers.get(name);
      if (readers === undefined) this.readers.set(name, new Set([id]));
      else readers.add(id);
    }
    for (const parent of parents) this.entry(parent).children.add(id);
    if (from !== null) count(this.perPeer, from, 1);
    for (const culprit of reportedBy(prepared.transaction)) count(this.reportsOf, culprit, 1);
    this.weigh(prepared, 1);
  }

  /** Takes an entry out; parents and children forget it. */
  unlink(id: string): PoolEntry {
    const entry = this.entry(id);
    const { inputs, reads } = entry.prepared.transaction;
    this.order.splice(this.place(id, entry.feeRate), 1);
    this.entries.delete(id);
    for (const input of inputs) this.spenders.delete(outPointName(input));
    for (const read of reads) {
      const readers = this.readers.get(outPointName(read));
      readers?.delete(id);
      if (readers?.size === 0) this.readers.delete(outPointName(read));
    }
    for (const parent of entry.parents) this.entries.get(parent)?.children.delete(id);
    for (const child of entry.children) this.entries.get(child)?.parents.delete(id);
    if (entry.from !== null) count(this.perPeer, entry.from, -1);
    for (const culprit of reportedBy(entry.prepared.transaction)) count(this.reportsOf, culprit, -1);
    this.weigh(entry.prepared, -1);
    return entry;
  }

  private weigh({ bytes, transaction }: PreparedTransaction, sign: 1 | -1): void {
    this.totalBytes += sign * bytes.length;
    if (isFree(transaction)) this.totalFreeBytes += sign * bytes.length;
  }

  private place(id: string, feeRate: number): number {
    let low = 0;
    let high = this.order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.order[middle] as string;
      const rate = this.entry(other).feeRate;
      if (rate < feeRate || (rate === feeRate && other < id)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
