/**
 * The pool of transactions that wait for a block. Keeps what pays most, lets no two entries spend one output, and knows
 * why it let one go. Signatures are verified by the caller between `check` and `insert`.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import type { SignatureCheck } from "#protocol/crypto/signature.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import type { StoredOutput } from "#protocol/ledger/state.ts";
import type { OutPoint, Transaction } from "#protocol/ledger/transaction.ts";
import { type OutputSource, outPointName, validateTransaction } from "#protocol/ledger/validation.ts";
import { limits, type NetworkParameters } from "#protocol/parameters.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";

/** Bounds of the pool. */
export const poolLimits = {
  bytes: 300 * 1_048_576,
  entries: 50_000,
  /** Unconfirmed transactions that may build on one. */
  descendants: 64,
  ageMs: 24 * 3_600_000,
  /** Entries one peer may have brought; our own are not counted. */
  entriesPerPeer: 5_000,
  /** Free transactions in the pool: ten blocks' lanes. */
  freeBytes: limits.blockBytes,
  /** Why transactions were dropped is remembered for this many. */
  obituaries: 2_000,
} as const;

/** One waiting transaction. */
export interface PoolEntry {
  readonly prepared: PreparedTransaction;
  readonly gas: number;
  /** Fee per gas, the order of the pool. */
  readonly feeRate: number;
  readonly addedAtMs: number;
  /** Peer that brought it; null for our own. */
  readonly from: string | null;
  readonly parents: ReadonlySet<string>;
  readonly children: Set<string>;
  /** What its inputs hold, for display. */
  readonly inputs: readonly StoredOutput[];
}

/** Why an entry left without being mined. */
export interface Dropped {
  readonly id: Uint8Array;
  readonly refusal: Rejected;
}

/** The chain as the pool sees it: the head's state, and the height of the block to come. */
export interface PoolChain {
  readonly source: OutputSource;
  readonly nextHeight: number;
}

/** What `check` found. */
export interface Admission {
  readonly signatureChecks: readonly SignatureCheck[];
  readonly replaces: readonly string[];
}

interface Evaluation extends Admission {
  readonly entry: Omit<PoolEntry, "addedAtMs" | "from">;
}

const isFree = (transaction: Transaction): boolean => transaction.feeNano === 0n;

/** The pool. Ids inside are lower-case hexadecimal. */
export class Mempool {
  private readonly entries = new Map<string, PoolEntry>();
  private readonly spenders = new Map<string, string>();
  private readonly perPeer = new Map<string, number>();
  private readonly obituaries = new Map<string, Rejected>();
  /** Ids by fee rate, best last, so that eviction and selection need no sort. */
  private readonly order: string[] = [];
  private totalBytes = 0;
  private totalFreeBytes = 0;
  private readonly parameters: NetworkParameters;
  private readonly networkId: Uint8Array;
  private chain: PoolChain;

  constructor(parameters: NetworkParameters, networkId: Uint8Array, chain: PoolChain) {
    this.parameters = parameters;
    this.networkId = networkId;
    this.chain = chain;
  }

  /** Number of entries. */
  get size(): number {
    return this.entries.size;
  }

  /** Encoded bytes of all entries. */
  get sizeBytes(): number {
    return this.totalBytes;
  }

  has(id: Uint8Array): boolean {
    return this.entries.has(toHex(id));
  }

  get(id: Uint8Array): PoolEntry | undefined {
    return this.entries.get(toHex(id));
  }

  /** Why a transaction that was known here is gone. */
  obituary(id: Uint8Array): Rejected | undefined {
    return this.obituaries.get(toHex(id));
  }

  /** Id of the entry that spends an output. */
  spenderOf(outPoint: OutPoint): string | undefined {
    return this.spenders.get(outPointName(outPoint));
  }

  /** Entries, best fee rate first. */
  *best(): Generator<PoolEntry> {
    for (let i = this.order.length - 1; i >= 0; i--) yield this.entry(this.order[i] as string);
  }

  /** Bits a stamp needs now: one more for each doubling of the lane above a quarter. */
  requiredStampBits(): number {
    const quarters = (4 * this.totalFreeBytes) / poolLimits.freeBytes;
    return this.parameters.freeLane.stampBits + (quarters <= 1 ? 0 : Math.ceil(Math.log2(quarters)) + 1);
  }

  /** Whether a transaction may enter, but for its signatures. */
  check(prepared: PreparedTransaction, from: string | null): Result<Admission> {
    return this.evaluate(prepared, from);
  }

  /** Enters a transaction whose signatures are good; tells whom it replaced or pushed out. */
  insert(prepared: PreparedTransaction, from: string | null, nowMs: number): Result<readonly Dropped[]> {
    const evaluated = this.evaluate(prepared, from);
    if (!evaluated.ok) return evaluated;
    const { entry, replaces } = evaluated.value;
    const id = toHex(prepared.id);
    const dropped: Dropped[] = [];
    for (const replaced of replaces) {
      const refusal = rejected("spent-in-pool", `Replaced by ${id}, which pays more.`, { winner: id });
      dropped.push(...this.removeWithDescendants(replaced, refusal));
    }
    this.link(id, { ...entry, addedAtMs: nowMs, from });
    this.obituaries.delete(id);
    while (this.totalBytes > poolLimits.bytes || this.entries.size > poolLimits.entries) {
      const cheapest = this.order[0] as string;
      const refusal = rejected("pool-full", "The pool is full and it paid least; send it again with a higher fee.");
      dropped.push(...this.removeWithDescendants(cheapest, refusal));
    }
    const ownEnd = dropped.find((one) => toHex(one.id) === id);
    return ownEnd === undefined ? accepted(dropped) : ownEnd.refusal;
  }

  /** Entries in an order that can be mined: parents first, best fee rate first. */
  *select(): Generator<PreparedTransaction> {
    const taken = new Set<string>();
    for (let i = this.order.length - 1; i >= 0; i--) yield* this.selectWithParents(this.order[i] as string, taken);
  }

  private *selectWithParents(id: string, taken: Set<string>): Generator<PreparedTransaction> {
    if (taken.has(id)) return;
    taken.add(id);
    const entry = this.entry(id);
    for (const parent of entry.parents) yield* this.selectWithParents(parent, taken);
    yield entry.prepared;
  }

  /** Moves to a new head: what was mined goes, what lost a double spend goes with a reason, what expired goes. */
  onBlock(transactions: readonly PreparedTransaction[], chain: PoolChain): readonly Dropped[] {
    this.chain = chain;
    const dropped: Dropped[] = [];
    for (const { id, transaction } of transactions) {
      const name = toHex(id);
      if (this.entries.has(name)) this.unlink(name);
      this.obituaries.delete(name);
      for (const input of transaction.inputs) {
        const loser = this.spenders.get(outPointName(input));
        if (loser === undefined) continue;
        const refusal = rejected("missing-output", `Its coin was spent by ${name}, which is in the chain.`, {
          winner: name,
        });
        dropped.push(...this.removeWithDescendants(loser, refusal));
      }
    }
    for (const [id, entry] of [...this.entries]) {
      if (entry.prepared.transaction.expiry >= chain.nextHeight || !this.entries.has(id)) continue;
      dropped.push(...this.removeWithDescendants(id, rejected("expired", "It was not mined in time.")));
    }
    return dropped;
  }

  /** Drops what a block builder found unusable, and what is too old. */
  drop(id: Uint8Array, refusal: Rejected): readonly Dropped[] {
    return this.entries.has(toHex(id)) ? this.removeWithDescendants(toHex(id), refusal) : [];
  }

  /** Drops entries older than the limit. */
  dropOld(nowMs: number): readonly Dropped[] {
    const old = [...this.entries].filter(([, entry]) => nowMs - entry.addedAtMs > poolLimits.ageMs).map(([id]) => id);
    const refusal = rejected("expired", "It waited for a day and was not mined.");
    return old.flatMap((id) => (this.entries.has(id) ? this.removeWithDescendants(id, refusal) : []));
  }

  /** Empties the pool; returns all transactions, parents first, for another try on a new head. */
  takeAll(chain: PoolChain): readonly PoolEntry[] {
    const all = [...this.select()].map(({ id }) => this.entry(toHex(id)));
    for (const id of [...this.entries.keys()]) this.unlink(id);
    this.chain = chain;
    return all;
  }

  /** Remembers why a transaction cannot be had any more. */
  bury(id: Uint8Array, refusal: Rejected): void {
    this.obituaries.set(toHex(id), refusal);
    const oldest = this.obituaries.keys().next();
    if (this.obituaries.size > poolLimits.obituaries && !oldest.done) this.obituaries.delete(oldest.value);
  }

  private entry(id: string): PoolEntry {
    const entry = this.entries.get(id);
    if (entry === undefined) throw new Error(`the pool's indexes disagree about ${id}`);
    return entry;
  }

  /** The head's outputs and those that entries create; conflicts are looked for separately. */
  private source(parents: Set<string>): OutputSource {
    return {
      has: (key) => this.chain.source.has(key),
      output: (outPoint) => {
        const parent = toHex(outPoint.txId);
        const output = this.entries.get(parent)?.prepared.transaction.outputs[outPoint.index];
        if (output === undefined) return this.chain.source.output(outPoint);
        parents.add(parent);
        return { outPoint, output, height: this.chain.nextHeight };
      },
    };
  }

  private evaluate(prepared: PreparedTransaction, from: string | null): Result<Evaluation> {
    const { transaction, bytes, id } = prepared;
    if (this.entries.has(toHex(id))) return rejected("already-included", "The transaction is already in the pool.");
    if (from !== null && (this.perPeer.get(from) ?? 0) >= poolLimits.entriesPerPeer) {
      return rejected("quota-exceeded", "This peer has too many transactions waiting.");
    }
    if (isFree(transaction) && this.totalFreeBytes + bytes.length > poolLimits.freeBytes) {
      return rejected("lane-full", "The free lane is full; pay a fee or try later.");
    }
    const parents = new Set<string>();
    const validated = validateTransaction(prepared, {
      parameters: this.parameters,
      networkId: this.networkId,
      height: this.chain.nextHeight,
      stampBits: this.requiredStampBits(),
      source: this.source(parents),
    });
    if (!validated.ok) return validated;
    const { gas, inputs, signatureChecks } = validated.value;
    const entry = {
      prepared,
      gas,
      feeRate: Number(transaction.feeNano) / gas,
      parents,
      children: new Set<string>(),
      inputs,
    };
    const tooLong = this.checkFamily(parents);
    if (tooLong !== null) return tooLong;
    const replaces = this.checkConflicts(prepared, entry.feeRate);
    if (!replaces.ok) return replaces;
    if (replaces.value.some((replaced) => parents.has(replaced))) {
      return rejected("spent-in-pool", "It spends an output of a transaction it would replace.");
    }
    return accepted({ entry, signatureChecks, replaces: replaces.value });
  }

  private checkFamily(parents: ReadonlySet<string>): Rejected | null {
    for (const ancestor of this.closure(parents, (entry) => entry.parents)) {
      if (this.closure([ancestor], (entry) => entry.children).size > poolLimits.descendants) {
        return rejected(
          "too-many-descendants",
          `At most ${poolLimits.descendants} waiting transactions may build on one.`,
        );
      }
    }
    return null;
  }

  /** The one replacement rule: more fee than all it pushes out together, and a better rate than each. */
  private checkConflicts({ transaction }: PreparedTransaction, feeRate: number): Result<readonly string[]> {
    const rivals = new Set<string>();
    for (const input of transaction.inputs) {
      const rival = this.spenders.get(outPointName(input));
      if (rival !== undefined) rivals.add(rival);
    }
    const [first] = rivals;
    if (first === undefined) return accepted([]);
    let lostNano = 0n;
    for (const id of this.closure(rivals, (entry) => entry.children))
      lostNano += this.entry(id).prepared.transaction.feeNano;
    const better = transaction.feeNano > lostNano && [...rivals].every((id) => feeRate > this.entry(id).feeRate);
    if (better) return accepted([...rivals]);
    return rejected("spent-in-pool", `A coin it spends is already being spent by ${first}, which waits for a block.`, {
      winner: first,
      neededFeeNano: lostNano + 1n,
    });
  }

  /** The entries reachable from some over parents or children, those included. */
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

  private link(id: string, entry: PoolEntry): void {
    this.order.splice(this.place(id, entry.feeRate), 0, id);
    this.entries.set(id, entry);
    for (const input of entry.prepared.transaction.inputs) this.spenders.set(outPointName(input), id);
    for (const parent of entry.parents) this.entry(parent).children.add(id);
    if (entry.from !== null) this.perPeer.set(entry.from, (this.perPeer.get(entry.from) ?? 0) + 1);
    this.totalBytes += entry.prepared.bytes.length;
    if (isFree(entry.prepared.transaction)) this.totalFreeBytes += entry.prepared.bytes.length;
  }

  private unlink(id: string): PoolEntry {
    const entry = this.entry(id);
    this.order.splice(this.place(id, entry.feeRate), 1);
    this.entries.delete(id);
    for (const input of entry.prepared.transaction.inputs) this.spenders.delete(outPointName(input));
    for (const parent of entry.parents) this.entries.get(parent)?.children.delete(id);
    for (const child of entry.children) (this.entries.get(child)?.parents as Set<string> | undefined)?.delete(id);
    if (entry.from !== null) {
      const left = (this.perPeer.get(entry.from) ?? 1) - 1;
      if (left > 0) this.perPeer.set(entry.from, left);
      else this.perPeer.delete(entry.from);
    }
    this.totalBytes -= entry.prepared.bytes.length;
    if (isFree(entry.prepared.transaction)) this.totalFreeBytes -= entry.prepared.bytes.length;
    return entry;
  }

  private removeWithDescendants(id: string, refusal: Rejected): Dropped[] {
    const family = this.closure([id], (entry) => entry.children);
    return [...family].map((member) => {
      const { prepared } = this.unlink(member);
      this.bury(prepared.id, refusal);
      return { id: prepared.id, refusal };
    });
  }
}
