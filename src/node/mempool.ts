/**
 * The pool of transactions that wait for a block. Keeps what pays most, lets no two entries spend one output, and knows
 * why it let one go. Signatures are verified by the caller between `check` and `insert`.
 * @module
 */

import { toHex } from "#protocol/codec/bytes.ts";
import type { BlsCheck } from "#protocol/crypto/bls-check.ts";
import type { SignatureCheck } from "#protocol/crypto/signature.ts";
import { outputFromState } from "#protocol/ledger/overlay.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import { rememberedKey } from "#protocol/ledger/state-key.ts";
import type { StateTree } from "#protocol/ledger/state-tree.ts";
import { isRemembered, type OutPoint, type Transaction } from "#protocol/ledger/transaction.ts";
import { type OutputSource, outPointName, validateTransaction } from "#protocol/ledger/validation.ts";
import { putNewest } from "#protocol/newest.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import { readMemoryOffer } from "#protocol/programs/memory-market.ts";
import { readProofJob } from "#protocol/programs/proof-queue.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import { maybeMined } from "#sdk/standing.ts";
import { checkConflicts, checkFamily, checkReport, checkRoom, type PoolBounds, poolLimits } from "./pool-admission.ts";
import { isFree, type PoolEntry, PoolIndex } from "./pool-index.ts";

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

/** The chain as the pool sees it at a state, with the height of the block to come. */
export function poolChainAt(state: StateTree, nextHeight: number): PoolChain {
  return {
    nextHeight,
    source: { output: (outPoint) => outputFromState(state, outPoint), get: (key) => state.get(key) },
  };
}

/** A move of the head to another branch. */
export interface BranchChange {
  /** Transactions of the blocks left, parents first. */
  readonly undone: readonly PreparedTransaction[];
  /** Transactions of the blocks joined. */
  readonly mined: readonly PreparedTransaction[];
  /** Whether there are blocks between that are not told of, as with a snapshot. */
  readonly unseen?: boolean;
}

/** What became of the pool on another branch. */
export interface BranchOutcome {
  /** Undone transactions that wait again. */
  readonly returned: readonly PreparedTransaction[];
  readonly dropped: readonly Dropped[];
}

/** What `check` found. */
export interface Admission {
  readonly signatureChecks: readonly SignatureCheck[];
  readonly voteChecks: readonly BlsCheck[];
  readonly replaces: readonly string[];
  /** Waiting transactions it builds on, directly or not. */
  readonly ancestors: readonly PreparedTransaction[];
}

interface Evaluation extends Admission {
  readonly entry: Omit<PoolEntry, "addedAtMs" | "from">;
  /** Pushed out for want of room. */
  readonly crowdedOut: readonly string[];
}

/** The pool. Ids inside are lower-case hexadecimal. */
export class Mempool {
  private index = new PoolIndex();
  private readonly obituaries = new Map<string, Rejected>();
  private readonly parameters: NetworkParameters;
  private readonly networkId: Uint8Array;
  private readonly bounds: PoolBounds;
  private chain: PoolChain;

  constructor(parameters: NetworkParameters, networkId: Uint8Array, chain: PoolChain, bounds: PoolBounds = poolLimits) {
    this.parameters = parameters;
    this.networkId = networkId;
    this.chain = chain;
    this.bounds = bounds;
  }

  /** Number of entries. */
  get size(): number {
    return this.index.size;
  }

  /** Encoded bytes of all entries. */
  get sizeBytes(): number {
    return this.index.sizeBytes;
  }

  has(id: Uint8Array): boolean {
    return this.index.has(toHex(id));
  }

  get(id: Uint8Array): PoolEntry | undefined {
    return this.index.get(toHex(id));
  }

  /** Why a transaction that was known here is gone. */
  obituary(id: Uint8Array): Rejected | undefined {
    return this.obituaries.get(toHex(id));
  }

  /** Id of the entry that spends an output. */
  spenderOf(outPoint: OutPoint): string | undefined {
    return this.index.spenderOf(outPoint);
  }

  /** Whether a waiting transaction reports a voter, by its key in hexadecimal. */
  reports(culprit: string): boolean {
    return this.index.reports(culprit);
  }

  /** Entries, best fee rate first. */
  *best(): Generator<PoolEntry> {
    for (const id of this.index.bestFirst()) yield this.index.entry(id);
  }

  /** Bits a stamp needs now: one more when a quarter of the lane is full, and for each doubling from there. */
  requiredStampBits(): number {
    const quarters = (4 * this.index.freeBytes) / poolLimits.freeBytes;
    return this.parameters.freeLane.stampBits + (quarters < 1 ? 0 : Math.floor(Math.log2(quarters)) + 1);
  }

  /** Whether a transaction may enter, but for its signatures. */
  check(prepared: PreparedTransaction, from: string | null): Result<Admission> {
    return this.evaluate(prepared, from);
  }

  /** Enters a transaction whose signatures are good; tells whom it replaced or pushed out. */
  insert(prepared: PreparedTransaction, from: string | null, nowMs: number): Result<readonly Dropped[]> {
    const evaluated = this.evaluate(prepared, from);
    if (!evaluated.ok) return evaluated;
    return accepted(this.enter(evaluated.value, from, nowMs));
  }

  private enter({ entry, replaces, crowdedOut }: Evaluation, from: string | null, addedAtMs: number): Dropped[] {
    const id = toHex(entry.prepared.id);
    const replaced = rejected("spent-in-pool", `Replaced by ${id}, which pays more.`, { winner: id });
    const crowded = rejected("pool-full", "The pool is full and it paid least; send it again with a higher fee.");
    const dropped = [...this.remove(replaces, replaced), ...this.remove(crowdedOut, crowded)];
    this.index.link({ ...entry, addedAtMs, from });
    this.obituaries.delete(id);
    return dropped;
  }

  /** Entries in an order that can be mined: parents first, best fee rate first. */
  *select(): Generator<PreparedTransaction> {
    const taken = new Set<string>();
    for (const id of this.index.bestFirst()) yield* this.selectWithParents(id, taken);
  }

  private *selectWithParents(id: string, taken: Set<string>): Generator<PreparedTransaction> {
    if (taken.has(id)) return;
    taken.add(id);
    const entry = this.index.entry(id);
    for (const parent of entry.parents) yield* this.selectWithParents(parent, taken);
    yield entry.prepared;
  }

  /** Moves to a head that extends the one before: mined ones go, and with a reason what lost a race or ran out of time. */
  onBlock(mined: readonly PreparedTransaction[], chain: PoolChain): readonly Dropped[] {
    this.chain = chain;
    const dropped: Dropped[] = [];
    for (const { id, transaction } of mined) {
      const winner = toHex(id);
      if (this.index.has(winner)) this.index.unlink(winner);
      this.obituaries.delete(winner);
      for (const input of transaction.inputs) {
        dropped.push(...this.remove(this.index.usersOf(input), spentBy(winner)));
      }
    }
    for (const [id, { lastHeight, prepared }] of this.index.all()) {
      if (lastHeight >= chain.nextHeight) continue;
      const late =
        prepared.transaction.expiry < chain.nextHeight
          ? rejected("expired", "It was not mined in time.")
          : rejected(
              "lock-not-satisfied",
              `What it takes could be taken until height ${lastHeight}, and it was not mined by then.`,
            );
      dropped.push(...this.remove([id], late));
    }
    return [...dropped, ...this.review([...this.contended(), ...this.overtaken(mined)])];
  }

  /** Moves to a head on another branch: all that waited and all that was undone is tried again there. */
  onReorganisation({ undone, mined, unseen = false }: BranchChange, chain: PoolChain, nowMs: number): BranchOutcome {
    const waiting = [...this.select()].map(({ id }) => this.index.entry(toHex(id)));
    this.index = new PoolIndex();
    this.chain = chain;
    const minedIds = new Set(mined.map(({ id }) => toHex(id)));
    for (const id of minedIds) this.obituaries.delete(id);
    const winners = new Map<string, string>();
    for (const { id, transaction } of mined) {
      for (const input of transaction.inputs) winners.set(outPointName(input), toHex(id));
    }
    const dropped: Dropped[] = [];
    const again = [...undone.map((prepared) => ({ prepared, from: null, addedAtMs: nowMs })), ...waiting];
    for (const { prepared, from, addedAtMs } of again) {
      const name = toHex(prepared.id);
      if (minedIds.has(name) || this.index.has(name)) continue;
      const evaluated = this.evaluate(prepared, from, true);
      if (evaluated.ok) dropped.push(...this.enter(evaluated.value, from, addedAtMs));
      else if (!this.isMined(prepared)) {
        const why = this.explain(prepared, evaluated, winners);
        dropped.push(this.bury(prepared.id, unseen && why === evaluated ? this.excuse(prepared, why) : why));
      }
    }
    const returned = undone.filter(({ id }) => this.index.has(toHex(id)));
    return { returned, dropped };
  }

  /**
   * Our own entries about memory and storage: what they take from an offer may be gone although nobody spent their coins, and
   * who makes no blocks would not find out. Others' are left to block builders, so a block costs no look at the whole pool.
   */
  private contended(): readonly PreparedTransaction[] {
    return this.index
      .all()
      .filter(
        ([, { from, prepared }]) => from === null && /^(memory|storage|data)\./.test(prepared.transaction.command.type),
      )
      .map(([, { prepared }]) => prepared);
  }

  /** Entries that a rotation may have made void: what was signed by the key it retired, and rotations of or to its keys. */
  private overtaken(mined: readonly PreparedTransaction[]): readonly PreparedTransaction[] {
    const touched = new Set(mined.flatMap(({ transaction }) => rotatedKeys(transaction)));
    if (touched.size === 0) return [];
    return this.index
      .all()
      .map(([, { prepared }]) => prepared)
      .filter(({ transaction }) => {
        const signers = transaction.witnesses.flatMap(({ signatures }) =>
          signatures.map((one) => toHex(one.publicKey)),
        );
        return [...signers, ...rotatedKeys(transaction)].some((key) => touched.has(key));
      });
  }

  /** Looks again at entries that a block builder could not use, and drops those that are not valid any more. */
  review(entries: readonly PreparedTransaction[]): readonly Dropped[] {
    return entries.flatMap((prepared) => {
      const name = toHex(prepared.id);
      if (!this.index.has(name)) return [];
      const valid = this.validate(prepared, this.parameters.freeLane.stampBits, new Set());
      return valid.ok ? [] : this.remove([name], valid);
    });
  }

  /** Drops entries older than the limit. */
  dropOld(nowMs: number): readonly Dropped[] {
    const old = this.index.all().filter(([, entry]) => nowMs - entry.addedAtMs > poolLimits.ageMs);
    return this.remove(
      old.map(([id]) => id),
      rejected("expired", "It waited for a day and was not mined."),
    );
  }

  /**
   * Whether its id, or an output, job or offer of it, is in the state: it was mined in a block that was not told of, as
   * with a snapshot. One whose outputs have all been spent since is not found: see `excuse`.
   */
  isMined({ id, transaction }: PreparedTransaction): boolean {
    const { source } = this.chain;
    const remembered = isRemembered(transaction) && source.get(rememberedKey(id, transaction.expiry)) !== undefined;
    const made = transaction.outputs.some((_, index) => source.output({ txId: id, index }) !== undefined);
    return remembered || made || readProofJob(source, id) !== null || readMemoryOffer(source, id) !== null;
  }

  /**
   * Why a transaction cannot be had, when blocks have not been seen here. Whatever its refusal says: if what it spends is gone
   * (or its id is forgotten by now), it may have been mined itself, and who is told that it is lost might pay twice.
   */
  excuse({ transaction }: PreparedTransaction, refusal: Rejected): Rejected {
    if (isRemembered(transaction) && transaction.expiry >= this.chain.nextHeight) return refusal;
    const source = this.source(new Set());
    const isGone = transaction.inputs.some((input) => source.output(input) === undefined);
    return isGone || transaction.inputs.length === 0 ? rejected(maybeMined, perhapsMined) : refusal;
  }

  /** Remembers why a transaction cannot be had any more. */
  bury(id: Uint8Array, refusal: Rejected): Dropped {
    putNewest(this.obituaries, toHex(id), refusal, poolLimits.obituaries);
    return { id, refusal };
  }

  /** Why a transaction has no place on the new branch: who took its coin, or what it builds on. */
  private explain({ transaction }: PreparedTransaction, refusal: Rejected, winners: Map<string, string>): Rejected {
    for (const used of [...transaction.inputs, ...transaction.reads]) {
      const winner = winners.get(outPointName(used));
      if (winner !== undefined) return spentBy(winner);
      const parent = toHex(used.txId);
      const end = this.obituaries.get(parent);
      if (refusal.code === "missing-output" && end !== undefined) return buildsOn(parent, end);
    }
    return refusal;
  }

  /** The head's outputs and those that entries create; conflicts are looked for separately. */
  private source(parents: Set<string>): OutputSource {
    return {
      get: (key) => this.chain.source.get(key),
      output: (outPoint) => {
        const parent = toHex(outPoint.txId);
        const output = this.index.get(parent)?.prepared.transaction.outputs[outPoint.index];
        if (output === undefined) return this.chain.source.output(outPoint);
        parents.add(parent);
        return { outPoint, output, height: this.chain.nextHeight };
      },
    };
  }

  private validate(prepared: PreparedTransaction, stampBits: number, parents: Set<string>) {
    return validateTransaction(prepared, {
      parameters: this.parameters,
      networkId: this.networkId,
      height: this.chain.nextHeight,
      stampBits,
      source: this.source(parents),
    });
  }

  /** `again`: it was in once, so that neither quotas nor stamps made harder since then count. */
  private evaluate(prepared: PreparedTransaction, from: string | null, again = false): Result<Evaluation> {
    const { transaction, bytes, id } = prepared;
    if (this.index.has(toHex(id))) return rejected("already-included", "The transaction is already in the pool.");
    if (!again && from !== null && this.index.countFrom(from) >= poolLimits.entriesPerPeer) {
      return rejected("quota-exceeded", "This peer has too many transactions waiting.");
    }
    if (isFree(transaction) && this.index.freeBytes + bytes.length > poolLimits.freeBytes) {
      return rejected("lane-full", "The free lane is full; pay a fee or try later.");
    }
    const told = checkReport(this.index, transaction);
    if (told !== null) return told;
    const parents = new Set<string>();
    const stampBits = again ? this.parameters.freeLane.stampBits : this.requiredStampBits();
    const validated = this.validate(prepared, stampBits, parents);
    if (!validated.ok) return validated;
    const { gas, inputs, lastHeight, signatureChecks, voteChecks } = validated.value;
    const feeRate = Number(transaction.feeNano) / gas;
    const ancestors = checkFamily(this.index, parents);
    if (!ancestors.ok) return ancestors;
    const replaces = checkConflicts(this.index, transaction, gas);
    if (!replaces.ok) return replaces;
    const leaving = this.index.withDescendants(replaces.value);
    if (ancestors.value.some((ancestor) => leaving.has(ancestor))) {
      return rejected("spent-in-pool", "It builds on a transaction that it would replace.");
    }
    const crowdedOut = checkRoom(this.index, this.bounds, bytes.length, feeRate, new Set(ancestors.value), leaving);
    if (!crowdedOut.ok) return crowdedOut;
    return accepted({
      entry: { prepared, gas, feeRate, lastHeight, parents, children: new Set<string>(), inputs },
      signatureChecks,
      voteChecks,
      replaces: replaces.value,
      ancestors: ancestors.value.map((ancestor) => this.index.entry(ancestor).prepared),
      crowdedOut: crowdedOut.value,
    });
  }

  /** Removes entries and all that build on them; what is gone already is skipped. */
  private remove(ids: readonly string[], refusal: Rejected): Dropped[] {
    const dropped: Dropped[] = [];
    for (const id of ids) {
      if (!this.index.has(id)) continue;
      for (const member of this.index.withDescendants([id])) {
        const { prepared } = this.index.unlink(member);
        dropped.push(this.bury(prepared.id, member === id ? refusal : buildsOn(id, refusal)));
      }
    }
    return dropped;
  }
}

/** The keys of a rotation, in hexadecimal. */
function rotatedKeys({ command }: Transaction): readonly string[] {
  return command.type === "did.rotate" ? [toHex(command.previous), toHex(command.next)] : [];
}

const perhapsMined =
  "It may have been mined, and its outputs been spent since: what it needs was taken in blocks that this device has not seen. Before you send it again, look at your coins; tx finds it here once older blocks have filled in, and a seed knows all blocks.";

function spentBy(winner: string): Rejected {
  return rejected("missing-output", `Its coin was spent by ${winner}, which is in the chain.`, { winner });
}

function buildsOn(parent: string, end: Rejected): Rejected {
  return { ...end, message: `It builds on ${parent}, which is gone: ${end.message}` };
}
