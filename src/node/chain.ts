/**
 * The chain: takes headers and bodies in any order, keeps the best valid branch applied, and writes each move of the
 * head as one durable transaction. What is in memory changes only after the store has acknowledged.
 * @module
 */

import { equalBytes } from "#protocol/codec/bytes.ts";
import type { VoteAggregate } from "#protocol/consensus/certificate.ts";
import type { FinalisedBlock } from "#protocol/consensus/finality.ts";
import { isBetterBranch, type Reorganisation, reorganisationBetween } from "#protocol/consensus/fork-choice.ts";
import { type Header, headerHash } from "#protocol/consensus/header.ts";
import type { ExecutionContext } from "#protocol/ledger/apply.ts";
import type { Block } from "#protocol/ledger/block.ts";
import { SignatureCache } from "#protocol/ledger/signature-cache.ts";
import type { StateTree } from "#protocol/ledger/state-tree.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import { readVoters, totalWeights } from "#protocol/programs/stake.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import { BlockBodies, blockWrites } from "./block-bodies.ts";
import { firstUnproved, unprovedBlock, type VerificationPorts } from "./block-verification.ts";
import { bodyOf, historyPage } from "./chain-history.ts";
import type { LoadedChain } from "./chain-loading.ts";
import { keptWrite, type Pruning, planPruning, type Retention, tightRetention } from "./chain-pruning.ts";
import type { ChainReader } from "./chain-reader.ts";
import { headKey, progressKey, records, type Side, sideKey, tipsKey } from "./chain-records.ts";
import { ChainSteps, type ConnectedBlock, electorateIn, type Step } from "./chain-steps.ts";
import { markOf } from "./checkpoint.ts";
import { CoinIndex } from "./coin-index.ts";
import { type Electorate, FinalityView, type Vouching } from "./finality-view.ts";
import type { HeaderEntry, HeaderIndex } from "./header-index.ts";
import { HeaderIntake } from "./header-intake.ts";
import { type BeaconVerifier, StorageFailure, type Store, type Write } from "./ports.ts";
import { RetentionRule } from "./retention-rule.ts";
import { SideBranches } from "./side-branches.ts";

/** Bounds of what is kept before it is applied. */
export const chainLimits = {
  /** Bodies waiting for an ancestor's body. */
  waitingBodies: 256,
  /** Blocks applied in one store transaction while catching up. */
  blocksPerCommit: 64,
} as const;

/** What the chain needs of the world. */
export interface ChainPorts extends VerificationPorts {
  readonly store: Store;
  readonly beaconVerifier: BeaconVerifier;
}

/** A move of the head. */
export interface HeadChange {
  readonly head: HeaderEntry;
  /** Oldest first. */
  readonly connected: readonly ConnectedBlock[];
  /** Newest first. */
  readonly disconnected: readonly ConnectedBlock[];
  /** The state came as a snapshot, and on this it is believed: what lies between the old head and the new one is not told. */
  readonly replaced: Vouching | null;
}

/** Tells of each move of the head, before anything else happens on the chain. */
export type HeadListener = (change: HeadChange) => void;

/** The chain of one node. */
export class Chain {
  readonly index: HeaderIndex;
  readonly reader: ChainReader;
  readonly context: ExecutionContext;
  readonly coins: CoinIndex;
  /** What is final, what is justified, and who votes. */
  readonly finality: FinalityView;
  /** State after the head. */
  state: StateTree;
  private readonly ports: ChainPorts;
  private readonly onHead: HeadListener;
  readonly bodies: BlockBodies;
  private readonly steps: ChainSteps;
  private readonly side: SideBranches;
  private readonly intake: HeaderIntake;
  readonly retention: RetentionRule;
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
    this.context = { parameters, networkId, signatures: new SignatureCache() };
    this.finality = new FinalityView(this.index, loaded.mark);
    this.finality.remember(this.head, electorateIn(this.state, this.context));
    this.intake = new HeaderIntake(loaded.reader, parameters, ports.beaconVerifier, this.finality);
    this.steps = new ChainSteps(ports, this);
    this.retention = new RetentionRule(retention);
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

  /** Takes votes, checked by the caller, that have decided about a known block: the head moves onto it if it must. */
  decide(aggregate: VoteAggregate): Promise<void> {
    return this.exclusively(async () => {
      const entry = this.index.get(aggregate.link.target.hash);
      if (entry === undefined || !this.finality.mayDecide(entry)) return;
      const mark = this.finality.decided(aggregate);
      const writes = this.finality.writes(mark);
      if (writes.length === 0) return;
      await this.ports.store.commit(writes);
      this.finality.mark = mark;
      await this.advance();
    });
  }

  /** Takes a block for final because others say so, if nothing is final here yet and the head can move onto it. */
  believe(block: FinalisedBlock): Promise<Result<null>> {
    return this.exclusively(async () => {
      if (this.finality.finalised.height > 0) return rejected("below-finalised", "A block is final here already.");
      if (await this.reader.leftBehind(block)) return rejected("pruned", "This device cannot go back so far.");
      const mark = markOf(block);
      await this.ports.store.commit(this.finality.writes(mark));
      this.finality.mark = mark;
      await this.advance();
      return accepted(null);
    });
  }

  /** Notes how much stake votes for a block: of branches of equal work the one with more of it wins. */
  weigh(entry: HeaderEntry, stakeNano: bigint): Promise<void> {
    entry.votingStake = stakeNano;
    const rival = !this.index.isCanonical(entry) && entry.totalWork === this.head.totalWork;
    return rival ? this.exclusively(async () => void (await this.advance())) : Promise.resolve();
  }

  /** Whether a block could be applied and decided: all is here, and it leaves nothing final (what is justified may be left). */
  mayApply(entry: HeaderEntry): boolean {
    return entry.invalid === null && this.isComplete(entry) && this.finality.mayDecide(entry);
  }

  /** Who votes after a block whose way is known, ours or another branch's; null if it is not valid, or not all here. */
  electorateAfter(entry: HeaderEntry): Promise<Electorate | null> {
    return this.exclusively(async () => {
      const known = this.finality.electorateAt(entry);
      if (known !== undefined || !this.mayApply(entry)) return known ?? null;
      const step = this.steps.start(this.state);
      const { disconnect, connect } = this.wayTo(entry);
      for (const block of disconnect) await this.steps.disconnect(block, step);
      // Where nobody votes at the fork a branch names its own first voters: there work decides alone.
      const named = this.context.parameters.genesis.voters.length > 0;
      if (!named && disconnect.length > 0 && totalWeights(readVoters(step.state)).activeNano === 0n) return null;
      for (const block of connect) {
        const refusal = await this.steps.connect(block, step);
        if (refusal === null) continue;
        this.index.invalidate(block, refusal);
        this.bodies.waiting.delete(block.name);
        return null;
      }
      // What votes decide is kept for ever: it must not turn out later that the block has no proof.
      if (step.claims.length > 0 && (await this.verifyClaims(step)) !== null) return null;
      for (const { entry: block, electorate } of step.electorates) this.finality.remember(block, electorate);
      return this.finality.electorateAt(entry) ?? electorateIn(step.state, this.context);
    });
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
    return this.retention.current;
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

  /**
   * Goes on from a state that was fetched into the other side of the store and proved to be that of `entry`. False if more
   * has become final here since it was judged: then it must be judged again.
   */
  adopt(entry: HeaderEntry, state: StateTree, vouching: Vouching): Promise<boolean> {
    return this.exclusively(async () => {
      if (!equalBytes(this.finality.finalised.hash, vouching.finalised.hash)) return false;
      const side: Side = this.reader.side === 0 ? 1 : 0;
      const kept = { bodiesFrom: entry.height + 1, undoFrom: entry.height + 1 };
      const electorate = electorateIn(state, this.context);
      const mark = this.finality.adopted(electorate.record, vouching.decision);
      await this.ports.store.commit([
        { table: "meta", key: headKey, value: entry.hash },
        { table: "meta", key: sideKey, value: Uint8Array.of(side) },
        keptWrite(kept),
        { table: "meta", key: tipsKey, value: null },
        { table: "meta", key: progressKey, value: null },
        ...this.finality.writes(mark),
      ]);
      this.reader.side = side;
      this.reader.kept = kept;
      this.state = state;
      this.coins.reset();
      this.side.replace(new Set());
      await this.reader.contextAfter(entry, 0);
      this.index.put(entry);
      this.index.replaceChain(entry);
      this.finality.remember(entry, electorate);
      this.finality.mark = mark;
      this.onHead({ head: entry, connected: [], disconnected: [], replaced: vouching });
      return true;
    });
  }

  /** Takes blocks of our own chain from before those that are kept whole, newest first, without executing them. */
  addHistory(blocks: readonly Block[]): Promise<Result<null>> {
    return this.exclusively(async () => {
      const page = await historyPage(this.reader, blocks);
      if (!page.ok) return page;
      const { writes, kept, entries } = page.value;
      try {
        await this.ports.store.commit(writes);
      } catch (error) {
        if (!isFull(error)) throw error;
        return rejected("storage-full", "This device has no room for older blocks.");
      }
      this.reader.kept = kept;
      for (const entry of entries) entry.hasBody = true;
      return accepted(null);
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
      const body = bodyOf(block);
      // Other contents condemn who sent them, never the block.
      if (!body.ok) {
        refusal = body;
        break;
      }
      this.bodies.waiting.set(entry.name, body.value);
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
    const waiting = [...this.bodies.waiting.keys()].flatMap((name) => this.index.named(name) ?? []);
    const candidates = [...waiting, ...this.side.blocks].filter(({ invalid }) => invalid === null);
    let best = this.finality.agrees(this.head) ? this.head : null;
    // Side branches whose bodies were stored in an earlier life are found through their tips.
    for (const entry of candidates) {
      if (best !== null && !isBetterBranch(entry, best)) continue;
      if (this.isComplete(entry) && this.finality.agrees(entry)) best = entry;
    }
    // What is justified may not be here yet: until then the head stays where it is.
    return best ?? this.head;
  }

  /** Whether all bodies on the way from our chain to this block are here, and our own can be undone that far. */
  isComplete(entry: HeaderEntry): boolean {
    let at: HeaderEntry | undefined = entry;
    while (at !== undefined && !this.index.isCanonical(at)) {
      if (!at.hasBody) return false;
      at = this.index.parentOf(at);
    }
    return at !== undefined && (at === this.head || at.height + 1 >= this.reader.kept.undoFrom);
  }

  private async moveTo(target: HeaderEntry): Promise<Result<null>> {
    const way = this.wayTo(target);
    const step = this.steps.start(this.state);
    for (const entry of way.disconnect) await this.steps.disconnect(entry, step);
    // A long catch-up is cut into several transactions; a reorganisation never is, or a crash could leave a worse chain.
    const reorganises = way.disconnect.length > 0;
    const batch = reorganises ? way.connect : way.connect.slice(0, chainLimits.blocksPerCommit);
    for (const entry of batch) {
      const refusal = await this.steps.connect(entry, step);
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

  private wayTo(target: HeaderEntry): Reorganisation<HeaderEntry> {
    const { barrier } = this.finality;
    const way = reorganisationBetween(this.head, target, (entry) => this.index.parentOf(entry), barrier);
    if (way === null) throw new Error("no way between two known blocks");
    return way;
  }

  /** All proofs in one batch. A bad one condemns its block; those before it are applied in the next round. */
  private async verifyClaims({ claims }: Step): Promise<Rejected | null> {
    const bad = await firstUnproved(claims, this.ports);
    if (bad === null) return null;
    this.bodies.waiting.delete(bad.name);
    this.index.invalidate(bad, unprovedBlock);
    return unprovedBlock;
  }

  private async commit(step: Step): Promise<void> {
    const { head } = this;
    const next = (step.connected.at(-1) as ConnectedBlock).entry;
    const moved = this.side.afterMove(step.connected, step.disconnected, next.height, this.kept);
    const marks = [...this.finality.writes(step.mark), { table: "meta", key: headKey, value: next.hash } as const];
    const writes: Write[] = [...step.writes, ...moved.writes, ...marks];
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
    this.finality.mark = step.mark;
    for (const { entry, electorate } of step.electorates) this.finality.remember(entry, electorate);
    for (const changes of step.changes) this.coins.apply(changes);
    this.index.setHead(next);
    for (const { entry } of step.connected) this.bodies.waiting.delete(entry.name);
    this.side.replace(moved.blocks, moved.forgotten);
    const { connected, disconnected } = step;
    this.onHead({ head: next, connected, disconnected, replaced: null });
  }

  /** Writes, together with the next batch of pruning; says whether there was one. */
  private async commitPruning(writes: readonly Write[], settled: number, headHeight: number): Promise<boolean> {
    const { kept } = this;
    const pruning = kept === null ? null : await planPruning(this.reader, kept, headHeight, settled);
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
    if (!this.retention.tighten()) return false;
    const { head } = this;
    let forgotten = false;
    for (;;) {
      const pruning = await planPruning(this.reader, this.kept ?? tightRetention, head.height, settled);
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

function isFull(error: unknown): boolean {
  return error instanceof StorageFailure && error.code === "storage-full";
}
