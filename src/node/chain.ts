/**
 * The chain: takes headers and bodies in any order, keeps the best valid branch applied, and writes each move of the
 * head as one durable transaction. What is in memory changes only after the store has acknowledged.
 * @module
 */

import { equalBytes } from "#protocol/codec/bytes.ts";
import { isBetterBranch, reorganisationBetween } from "#protocol/consensus/fork-choice.ts";
import { type Header, headerHash } from "#protocol/consensus/header.ts";
import { checkWorkNames, type SegmentClaim } from "#protocol/consensus/proof-of-compute.ts";
import { type AppliedBlock, applyBlock, type ExecutionContext } from "#protocol/ledger/apply.ts";
import type { Block } from "#protocol/ledger/block.ts";
import { type PreparedTransaction, prepareTransaction } from "#protocol/ledger/prepared.ts";
import { SignatureCache } from "#protocol/ledger/signature-cache.ts";
import type { StateChange } from "#protocol/ledger/state.ts";
import type { StateTree } from "#protocol/ledger/state-tree.ts";
import { rootOfLeafHashes } from "#protocol/ledger/transaction-tree.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import { BlockBodies, blockOf, blockWrites, provedWrites, unprovedWrites } from "./block-bodies.ts";
import type { LoadedChain } from "./chain-loading.ts";
import { keptWrite, type Pruning, planPruning, type Retention, tighter, tightRetention } from "./chain-pruning.ts";
import type { ChainReader } from "./chain-reader.ts";
import {
  headKey,
  heightKey,
  progressKey,
  provedByKey,
  records,
  type Side,
  sideKey,
  stateTable,
  tipsKey,
} from "./chain-records.ts";
import { CoinIndex } from "./coin-index.ts";
import type { HeaderEntry, HeaderIndex } from "./header-index.ts";
import { HeaderIntake } from "./header-intake.ts";
import {
  type BeaconVerifier,
  type SegmentVerifier,
  type SignatureVerifier,
  StorageFailure,
  type Store,
  type Write,
} from "./ports.ts";
import type { SegmentStatements } from "./segment-statements.ts";
import { SideBranches } from "./side-branches.ts";
import { forgetTransactions, transactionWrites } from "./transaction-rows.ts";

/** Bounds of what is kept before it is applied. */
export const chainLimits = {
  /** Bodies waiting for an ancestor's body. */
  waitingBodies: 256,
  /** Blocks applied in one store transaction while catching up. */
  blocksPerCommit: 64,
} as const;

/** What the chain needs of the world. */
export interface ChainPorts {
  readonly store: Store;
  readonly signatureVerifier: SignatureVerifier;
  readonly beaconVerifier: BeaconVerifier;
  readonly segmentVerifier: SegmentVerifier;
  readonly statements: SegmentStatements;
}

/** A block that became part of the chain. */
export interface ConnectedBlock {
  readonly entry: HeaderEntry;
  readonly transactions: readonly PreparedTransaction[];
}

/** A move of the head. */
export interface HeadChange {
  readonly head: HeaderEntry;
  /** Oldest first. */
  readonly connected: readonly ConnectedBlock[];
  /** Newest first. */
  readonly disconnected: readonly ConnectedBlock[];
  /** The state came as a snapshot: what lies between the old head and the new one is not told. */
  readonly replaced: boolean;
}

interface Step {
  state: StateTree;
  readonly changes: StateChange[][];
  readonly writes: Write[];
  /** Proofs of compute that are still to be verified, with the blocks that carry them. */
  readonly claims: { readonly entry: HeaderEntry; readonly claim: SegmentClaim }[];
  readonly connected: ConnectedBlock[];
  readonly disconnected: ConnectedBlock[];
}

/** Tells of each move of the head, before anything else happens on the chain. */
export type HeadListener = (change: HeadChange) => void;

/** The chain of one node. */
export class Chain {
  readonly index: HeaderIndex;
  readonly reader: ChainReader;
  readonly context: ExecutionContext;
  readonly coins: CoinIndex;
  /** State after the head. */
  state: StateTree;
  private readonly ports: ChainPorts;
  private readonly onHead: HeadListener;
  private readonly bodies: BlockBodies;
  private readonly side: SideBranches;
  private readonly intake: HeaderIntake;
  /** Null: everything is kept. */
  private retention: Retention | null;
  private keptUnwritten = false;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    ports: ChainPorts,
    parameters: NetworkParameters,
    networkId: Uint8Array,
    loaded: LoadedChain,
    onHead: HeadListener,
    retention: Retention | null = null,
  ) {
    this.ports = ports;
    this.bodies = new BlockBodies(ports.store);
    this.reader = loaded.reader;
    this.index = loaded.reader.index;
    this.state = loaded.state;
    this.coins = new CoinIndex(() => this.state);
    this.side = new SideBranches(this.index, loaded.sideBlocks);
    this.intake = new HeaderIntake(loaded.reader, parameters, ports.beaconVerifier);
    this.retention = retention;
    this.context = { parameters, networkId, signatures: new SignatureCache() };
    this.onHead = onHead;
  }

  get head(): HeaderEntry {
    return this.index.head;
  }

  /** Adds headers that follow each other; parents first. Gives their entries, new or known. */
  addHeaders(headers: readonly Header[], networkTimeMs: number): Promise<Result<readonly HeaderEntry[]>> {
    return this.exclusively(() => this.intake.connect(headers, networkTimeMs));
  }

  /** Takes a whole block, ours or a peer's, whose parent is known; gives its entry once it is stored or applied. */
  addBlock(block: Block, networkTimeMs: number): Promise<Result<HeaderEntry>> {
    return this.exclusively(async () => {
      const connected = await this.intake.connect([block.header], networkTimeMs);
      if (!connected.ok) return connected;
      const entry = connected.value[0] as HeaderEntry;
      const taken = await this.takeBodies([block]);
      return taken.ok ? accepted(entry) : taken;
    });
  }

  /** Takes bodies of known headers, e.g. a page of them while catching up. */
  addBodies(blocks: readonly Block[]): Promise<Result<null>> {
    return this.exclusively(() => this.takeBodies(blocks));
  }

  /** Forgets one batch of old blocks; true while there is more to forget. */
  prune(): Promise<boolean> {
    return this.exclusively(() => this.commitPruning([], this.head.height, this.head.height));
  }

  /** Forgets all that can be spared now and from now on: the device has no more room. True if anything was. */
  makeRoom(): Promise<boolean> {
    return this.exclusively(() => this.forgetSpareable(this.head.height));
  }

  /** What old blocks are kept for; null: for ever. */
  get kept(): Retention | null {
    return this.retention;
  }

  /** The state after a canonical block, as far back as undo records reach; null beyond that. */
  stateAt(height: number): Promise<StateTree | null> {
    return this.exclusively(async () => {
      let { state } = this;
      for (let to = this.head.height; to > height; to -= chainLimits.blocksPerCommit) {
        const hashes = await this.reader.hashes(Math.max(height + 1, to - chainLimits.blocksPerCommit + 1), to);
        const stored = await this.ports.store.getMany("undo", hashes);
        for (const bytes of stored.toReversed()) {
          const undo = bytes === undefined ? undefined : records.undo.decode(bytes);
          if (!undo?.ok) return null;
          state = state.undoChanges(undo.value);
        }
      }
      return state;
    });
  }

  /** Goes on from a state that was fetched into the other side of the store and proved to be that of `entry`. */
  adopt(entry: HeaderEntry, state: StateTree): Promise<void> {
    return this.exclusively(async () => {
      const side: Side = this.reader.side === 0 ? 1 : 0;
      const kept = { bodiesFrom: entry.height + 1, undoFrom: entry.height + 1 };
      await this.ports.store.commit([
        { table: "meta", key: headKey, value: entry.hash },
        { table: "meta", key: sideKey, value: Uint8Array.of(side) },
        keptWrite(kept),
        { table: "meta", key: tipsKey, value: null },
        { table: "meta", key: progressKey, value: null },
      ]);
      this.reader.side = side;
      this.reader.kept = kept;
      this.state = state;
      this.coins.reset();
      this.side.replace(new Set());
      await this.reader.contextAfter(entry, 0);
      this.index.put(entry);
      this.index.replaceChain(entry);
      this.onHead({ head: entry, connected: [], disconnected: [], replaced: true });
    });
  }

  /** Runs one task at a time, in order: the chain has one writer. */
  exclusively<T>(task: () => Promise<T>): Promise<T> {
    const result = this.queue.then(task);
    this.queue = result.then(
      () => this.forgetEvicted(),
      () => undefined,
    );
    return result;
  }

  /** Resolves when everything asked for so far is done. */
  async settled(): Promise<void> {
    await this.queue;
  }

  private async takeBodies(blocks: readonly Block[]): Promise<Result<null>> {
    const fresh: HeaderEntry[] = [];
    let refusal: Rejected | null = null;
    for (const block of blocks) {
      const entry = await this.reader.find(headerHash(block.header));
      if (entry === undefined) return rejected("unknown-parent", "A body came without its header.");
      if (entry.invalid !== null) return entry.invalid;
      if (entry.hasBody || entry.height < this.reader.kept.bodiesFrom) continue;
      this.index.put(entry);
      const transactions = block.transactions.map((transaction) => prepareTransaction(transaction));
      // Anybody can put other transactions under a good header; that condemns who sent them, never the block.
      const txRoot = rootOfLeafHashes(transactions.map(({ leafHash }) => leafHash));
      if (!equalBytes(txRoot, block.header.txRoot)) {
        refusal = rejected("wrong-transaction-root", "The transactions are not those the header names.");
        break;
      }
      const foreign = checkWorkNames(block.header, block.work);
      if (foreign !== null) {
        refusal = foreign;
        break;
      }
      this.bodies.waiting.set(entry.name, { transactions, work: block.work });
      entry.hasBody = true;
      fresh.push(entry);
    }
    const invalid = await this.advance();
    await this.keepSideBranches(fresh);
    this.forgetWaiting();
    if (invalid !== null && fresh.some((entry) => entry.invalid !== null)) return invalid;
    return refusal ?? accepted(null);
  }

  /** Moves to the best branch whose bodies are all here; a branch that proves invalid is left, and the next tried. */
  private async advance(): Promise<Rejected | null> {
    let refusal: Rejected | null = null;
    for (let target = this.bestTip(); target !== this.head; target = this.bestTip()) {
      const moved = await this.moveTo(target);
      if (!moved.ok) refusal = moved;
    }
    return refusal;
  }

  /** The best block that can be applied now. */
  private bestTip(): HeaderEntry {
    let best = this.head;
    for (const name of this.bodies.waiting.keys()) {
      const entry = this.index.named(name);
      if (entry !== undefined && entry.invalid === null && isBetterBranch(entry, best) && this.isComplete(entry))
        best = entry;
    }
    // Side branches whose bodies were stored in an earlier life are found through their tips.
    for (const tip of this.side.blocks)
      if (tip.invalid === null && isBetterBranch(tip, best) && this.isComplete(tip)) best = tip;
    return best;
  }

  /** Whether all bodies on the way from our chain to this block are here, and our own can be undone that far. */
  private isComplete(entry: HeaderEntry): boolean {
    let at: HeaderEntry | undefined = entry;
    while (at !== undefined && !this.index.isCanonical(at)) {
      if (!at.hasBody) return false;
      at = this.index.parentOf(at);
    }
    return at !== undefined && (at === this.head || at.height + 1 >= this.reader.kept.undoFrom);
  }

  private async moveTo(target: HeaderEntry): Promise<Result<null>> {
    const way = reorganisationBetween(this.head, target, (entry) => this.index.parentOf(entry), null);
    if (way === null) throw new Error("no way between two known blocks");
    const step: Step = { state: this.state, changes: [], writes: [], claims: [], connected: [], disconnected: [] };
    for (const entry of way.disconnect) await this.disconnect(entry, step);
    // A long catch-up is cut into several transactions; a reorganisation never is, or a crash could leave a worse chain.
    const reorganises = way.disconnect.length > 0;
    const batch = reorganises ? way.connect : way.connect.slice(0, chainLimits.blocksPerCommit);
    for (const entry of batch) {
      const refusal = await this.connect(entry, step);
      if (refusal === null) continue;
      this.index.invalidate(entry, refusal);
      this.bodies.waiting.delete(entry.name);
      // Blocks before the bad one extend our chain and are good on their own; a failed reorganisation leaves no trace.
      if (!reorganises && step.connected.length > 0 && (await this.verifyClaims(step)) === null)
        await this.commit(step);
      return refusal;
    }
    const unproved = await this.verifyClaims(step);
    if (unproved !== null) return unproved;
    await this.commit(step);
    return accepted(null);
  }

  /** All proofs in one batch. A bad one condemns its block; those before it are applied in the next round. */
  private async verifyClaims({ claims }: Step): Promise<Rejected | null> {
    const { segmentVerifier, statements } = this.ports;
    const good = await segmentVerifier.verifyBatch(claims.map(({ claim }) => statements.claimOf(claim)));
    const bad = claims[good.indexOf(false)]?.entry;
    if (bad === undefined) return null;
    this.bodies.waiting.delete(bad.name);
    this.index.invalidate(bad, unprovedBlock);
    return unprovedBlock;
  }

  private async disconnect(entry: HeaderEntry, step: Step): Promise<void> {
    const undoBytes = await this.ports.store.get("undo", entry.hash);
    const undo = undoBytes === undefined ? undefined : records.undo.decode(undoBytes);
    if (undo === undefined || !undo.ok) throw new Error(`no undo data for block ${entry.name}`);
    const body = await this.bodies.of(entry);
    if (!body.ok) throw new Error(`no body for block ${entry.name}: ${body.message}`);
    const { transactions } = body.value;
    step.state = step.state.undoChanges(undo.value);
    const inverse = undo.value.map(({ key, before, after }) => ({ key, before: after, after: before })).reverse();
    step.changes.push(inverse);
    const table = stateTable(this.reader.side);
    for (const { key, after } of inverse) step.writes.push({ table, key, value: after });
    step.writes.push(...forgetTransactions(transactions, entry.height));
    for (const { id, bytes } of transactions) {
      // It waits again, and was acknowledged before: a crash must not lose it. Connecting takes it out once more.
      step.writes.push({ table: "pool", key: id, value: bytes });
    }
    const proved = await this.ports.store.get("transactions", provedByKey(entry.hash));
    step.writes.push(...unprovedWrites(entry.hash, proved));
    step.writes.push({ table: "canonical", key: heightKey(entry.height, this.reader.side), value: null });
    step.disconnected.push({ entry, transactions });
  }

  private async connect(entry: HeaderEntry, step: Step): Promise<Rejected | null> {
    const body = await this.bodies.of(entry);
    if (!body.ok) return body;
    const { transactions } = body.value;
    const applied = applyBlock(step.state, blockOf(entry, body.value), this.context, transactions);
    if (!applied.ok) return applied;
    const refusal = await this.verifySignatures(applied.value);
    if (refusal !== null) return refusal;
    const { state, changes, claim } = applied.value;
    step.claims.push({ entry, claim });
    step.writes.push(...provedWrites(claim.segment, entry));
    step.state = state;
    step.changes.push([...changes]);
    const { side } = this.reader;
    for (const { key, after } of changes) step.writes.push({ table: stateTable(side), key, value: after });
    step.writes.push(
      ...blockWrites(entry, body.value),
      { table: "undo", key: entry.hash, value: records.undo.encode(changes) },
      { table: "canonical", key: heightKey(entry.height, side), value: entry.hash },
    );
    step.writes.push(...transactionWrites(transactions, entry));
    for (const { id } of transactions) step.writes.push({ table: "pool", key: id, value: null });
    step.connected.push({ entry, transactions });
    return null;
  }

  private async commit(step: Step): Promise<void> {
    const { head } = this;
    const next = (step.connected.at(-1) as ConnectedBlock).entry;
    const moved = this.side.afterMove(step.connected, step.disconnected, next.height, this.retention);
    const writes: Write[] = [...step.writes, ...moved.writes, { table: "meta", key: headKey, value: next.hash }];
    // Only what stays put in this move may be pruned in it.
    const settled = (step.disconnected.at(-1)?.entry.height ?? head.height + 1) - 1;
    const write = () => this.commitPruning(writes, Math.min(settled, next.height), next.height);
    try {
      await write();
    } catch (error) {
      if (!isFull(error) || !(await this.forgetSpareable(settled))) throw error;
      await write();
    }
    this.state = step.state;
    for (const changes of step.changes) this.coins.apply(changes);
    this.index.setHead(next);
    for (const { entry } of step.connected) this.bodies.waiting.delete(entry.name);
    this.side.replace(moved.blocks, moved.forgotten);
    const { connected, disconnected } = step;
    this.onHead({ head: next, connected, disconnected, replaced: false });
  }

  /** Writes, together with the next batch of pruning; says whether there was one. */
  private async commitPruning(writes: readonly Write[], settled: number, headHeight: number): Promise<boolean> {
    const { retention } = this;
    const pruning = retention === null ? null : await planPruning(this.reader, retention, headHeight, settled);
    const mark = pruning !== null || this.keptUnwritten ? [keptWrite(pruning?.kept ?? this.reader.kept)] : [];
    const all = [...writes, ...(pruning?.deletions ?? []), ...mark];
    if (all.length > 0) await this.ports.store.commit(all);
    this.keptUnwritten = false;
    if (pruning !== null) this.pruned(pruning);
    return pruning !== null;
  }

  private pruned(pruning: Pruning): void {
    this.reader.kept = pruning.kept;
    for (let height = pruning.pruned.from; height < pruning.pruned.to; height++) {
      const entry = this.index.at(height);
      if (entry !== undefined) entry.hasBody = false;
    }
  }

  /**
   * A node that keeps everything has nothing to spare. A full browser takes deletions and nothing else, so the mark that
   * says what is kept comes with the next write; loading finds out by itself if it never came.
   */
  private async forgetSpareable(settled: number): Promise<boolean> {
    if (this.retention === null) return false;
    this.retention = tighter(this.retention, tightRetention);
    const { retention, head } = this;
    let forgotten = false;
    for (;;) {
      const pruning = await planPruning(this.reader, retention, head.height, settled);
      if (pruning === null) return forgotten;
      await this.ports.store.commit(pruning.deletions);
      this.keptUnwritten = true;
      this.pruned(pruning);
      forgotten = true;
    }
  }

  private forgetEvicted(): void {
    for (const entry of this.index.trim()) {
      this.side.blocks.delete(entry);
      this.bodies.waiting.delete(entry.name);
    }
  }

  private async verifySignatures(applied: AppliedBlock): Promise<Rejected | null> {
    const checks = applied.unverified.flatMap((transaction) => transaction.checks);
    if (checks.length === 0) return null;
    const good = await this.ports.signatureVerifier.verifyBatch(checks);
    if (!good.every(Boolean)) return rejected("bad-signature", "A signature in the block is wrong.");
    for (const { prepared } of applied.unverified) this.context.signatures.add(prepared.leafHash);
    return null;
  }

  /** Bodies that did not become canonical are stored, so that a restart does not lose a branch that may yet win. */
  private async keepSideBranches(entries: readonly HeaderEntry[]): Promise<void> {
    const writes: Write[] = [];
    const kept: HeaderEntry[] = [];
    for (const entry of entries) {
      const body = this.bodies.waiting.get(entry.name);
      if (body === undefined || entry.invalid !== null || !this.isComplete(entry)) continue;
      writes.push(...blockWrites(entry, body));
      kept.push(entry);
    }
    if (writes.length === 0) return;
    const blocks = new Set([...this.side.blocks, ...kept]);
    await this.ports.store.commit([...writes, this.side.tipsWrite(blocks)]);
    this.side.replace(blocks);
    for (const entry of kept) this.bodies.waiting.delete(entry.name);
  }

  /** Bodies without their ancestors are a peer's gift; they may not pile up. */
  private forgetWaiting(): void {
    for (const name of this.bodies.waiting.keys()) {
      if (this.bodies.waiting.size <= chainLimits.waitingBodies) return;
      const entry = this.index.named(name);
      if (entry !== undefined) entry.hasBody = false;
      this.bodies.waiting.delete(name);
    }
  }
}

const unprovedBlock = rejected("bad-proof", "The proof is not one of the segment its proposer had to prove.");

function isFull(error: unknown): boolean {
  return error instanceof StorageFailure && error.code === "storage-full";
}
