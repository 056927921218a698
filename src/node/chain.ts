/**
 * The chain: takes headers and bodies in any order, keeps the best valid branch applied, and writes each move of the
 * head as one durable transaction. What is in memory changes only after the store has acknowledged.
 * @module
 */

import { equalBytes } from "#protocol/codec/bytes.ts";
import { nextBeaconValue } from "#protocol/consensus/beacon.ts";
import { isBetterBranch, reorganisationBetween } from "#protocol/consensus/fork-choice.ts";
import { type Header, headerHash } from "#protocol/consensus/header.ts";
import { type BeaconCheck, validateHeaderAlone, validateHeaderInContext } from "#protocol/consensus/validate-header.ts";
import { vrfClaimedOutput } from "#protocol/crypto/vrf.ts";
import { type AppliedBlock, applyBlock, type ExecutionContext } from "#protocol/ledger/apply.ts";
import { type Block, decodeBlock, encodeBlock } from "#protocol/ledger/block.ts";
import { type PreparedTransaction, prepareTransaction } from "#protocol/ledger/prepared.ts";
import { SignatureCache } from "#protocol/ledger/signature-cache.ts";
import type { StateChange } from "#protocol/ledger/state.ts";
import type { StateTree } from "#protocol/ledger/state-tree.ts";
import { rootOfLeafHashes } from "#protocol/ledger/transaction-tree.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { LoadedChain } from "./chain-loading.ts";
import { headKey, heightKey, records, workBytes } from "./chain-records.ts";
import type { CoinIndex } from "./coin-index.ts";
import type { HeaderEntry, HeaderIndex } from "./header-index.ts";
import type { BeaconVerifier, SignatureVerifier, Store, Write } from "./ports.ts";

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
}

interface Step {
  state: StateTree;
  readonly changes: StateChange[][];
  readonly writes: Write[];
  readonly connected: ConnectedBlock[];
  readonly disconnected: ConnectedBlock[];
}

/** Tells of each move of the head, before anything else happens on the chain. */
export type HeadListener = (change: HeadChange) => void;

/** The chain of one node. */
export class Chain {
  readonly index: HeaderIndex;
  readonly context: ExecutionContext;
  readonly coins: CoinIndex;
  /** State after the head. */
  state: StateTree;
  private readonly ports: ChainPorts;
  private readonly parameters: NetworkParameters;
  private readonly onHead: HeadListener;
  private readonly bodies = new Map<string, readonly PreparedTransaction[]>();
  /** Stored blocks off the canonical chain, kept or left behind: any of them may yet win. */
  private readonly storedTips: Set<HeaderEntry>;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    ports: ChainPorts,
    parameters: NetworkParameters,
    networkId: Uint8Array,
    loaded: LoadedChain,
    onHead: HeadListener,
  ) {
    this.ports = ports;
    this.parameters = parameters;
    this.index = loaded.index;
    this.state = loaded.state;
    this.coins = loaded.coins;
    this.storedTips = new Set(
      [...loaded.index.all()].filter((entry) => entry.hasBody && !loaded.index.isCanonical(entry)),
    );
    this.context = { parameters, networkId, signatures: new SignatureCache() };
    this.onHead = onHead;
  }

  get head(): HeaderEntry {
    return this.index.head;
  }

  /** Adds headers that follow each other; parents first. Gives their entries, new or known. */
  addHeaders(headers: readonly Header[], networkTimeMs: number): Promise<Result<readonly HeaderEntry[]>> {
    return this.exclusively(() => this.connectHeaders(headers, networkTimeMs));
  }

  /** Takes a whole block, ours or a peer's, whose parent is known; gives its entry once it is stored or applied. */
  addBlock(block: Block, networkTimeMs: number): Promise<Result<HeaderEntry>> {
    return this.exclusively(async () => {
      const connected = await this.connectHeaders([block.header], networkTimeMs);
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

  /** Reads a block's bytes. */
  async blockBytes(entry: HeaderEntry): Promise<Uint8Array | undefined> {
    if (entry.height === 0) return encodeBlock({ header: entry.header, transactions: [] });
    return this.ports.store.get("bodies", entry.hash);
  }

  /** Runs one task at a time, in order: the chain has one writer. */
  exclusively<T>(task: () => Promise<T>): Promise<T> {
    const result = this.queue.then(task);
    this.queue = result.catch(() => undefined);
    return result;
  }

  /** Resolves when everything asked for so far is done. */
  async settled(): Promise<void> {
    await this.queue;
  }

  private async connectHeaders(
    headers: readonly Header[],
    networkTimeMs: number,
  ): Promise<Result<readonly HeaderEntry[]>> {
    const entries: HeaderEntry[] = [];
    const fresh: HeaderEntry[] = [];
    const checks: BeaconCheck[] = [];
    let refusal: Rejected | null = null;
    for (const header of headers) {
      const placed = this.placeHeader(header, networkTimeMs);
      if (!placed.ok) {
        refusal = placed;
        break;
      }
      entries.push(placed.value.entry);
      if (placed.value.check === null) continue;
      fresh.push(placed.value.entry);
      checks.push(placed.value.check);
    }
    // Children need their parents in the index, so headers enter it before their proofs are checked, all in one batch.
    const good = checks.length === 0 ? [] : await this.ports.beaconVerifier.verifyBatch(checks);
    const bad = fresh.filter((_, i) => good[i] !== true);
    if (bad.length === 0) return refusal ?? accepted(entries);
    const wrong = rejected("wrong-beacon", "The beacon proof is not the proposer's.");
    // All of them: headers that came together need not be one branch.
    for (const entry of bad) this.index.invalidate(entry, wrong);
    return wrong;
  }

  /** Puts one header into the index; gives the beacon proof that is still to be checked, null for a known header. */
  private placeHeader(
    header: Header,
    networkTimeMs: number,
  ): Result<{ entry: HeaderEntry; check: BeaconCheck | null }> {
    const alone = validateHeaderAlone(header, this.parameters);
    if (!alone.ok) return alone;
    const known = this.index.get(alone.value);
    if (known !== undefined) return known.invalid ?? accepted({ entry: known, check: null });
    const parent = this.index.get(header.parent);
    if (parent === undefined) return rejected("unknown-parent", "The block's parent is not known here.");
    if (parent.invalid !== null) return { ...parent.invalid, code: "invalid-ancestor" };
    const check = validateHeaderInContext(header, this.index.contextAfter(parent, networkTimeMs), this.parameters);
    if (!check.ok) return check;
    const output = vrfClaimedOutput(header.beacon);
    if (output === null) return rejected("wrong-beacon", "The beacon proof is malformed.");
    const entry = this.index.add(header, alone.value, nextBeaconValue(parent.beaconValue, output));
    return accepted({ entry, check: check.value });
  }

  private async takeBodies(blocks: readonly Block[]): Promise<Result<null>> {
    const fresh: HeaderEntry[] = [];
    let refusal: Rejected | null = null;
    for (const block of blocks) {
      const entry = this.index.get(headerHash(block.header));
      if (entry === undefined) return rejected("unknown-parent", "A body came without its header.");
      if (entry.invalid !== null) return entry.invalid;
      if (entry.hasBody) continue;
      const transactions = block.transactions.map((transaction) => prepareTransaction(transaction));
      // Anybody can put other transactions under a good header; that condemns who sent them, never the block.
      const txRoot = rootOfLeafHashes(transactions.map(({ leafHash }) => leafHash));
      if (!equalBytes(txRoot, block.header.txRoot)) {
        refusal = rejected("wrong-transaction-root", "The transactions are not those the header names.");
        break;
      }
      this.bodies.set(entry.name, transactions);
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
    for (const name of this.bodies.keys()) {
      const entry = this.index.named(name);
      if (entry !== undefined && entry.invalid === null && isBetterBranch(entry, best) && this.isComplete(entry))
        best = entry;
    }
    // Side branches whose bodies were stored in an earlier life are found through their tips.
    for (const tip of this.storedTips)
      if (tip.invalid === null && isBetterBranch(tip, best) && this.isComplete(tip)) best = tip;
    return best;
  }

  private isComplete(entry: HeaderEntry): boolean {
    let at: HeaderEntry | undefined = entry;
    while (at !== undefined && !this.index.isCanonical(at)) {
      if (!at.hasBody) return false;
      at = this.index.parentOf(at);
    }
    return at !== undefined;
  }

  private async moveTo(target: HeaderEntry): Promise<Result<null>> {
    const way = reorganisationBetween(this.head, target, (entry) => this.index.parentOf(entry), null);
    if (way === null) throw new Error("no way between two known blocks");
    const step: Step = { state: this.state, changes: [], writes: [], connected: [], disconnected: [] };
    for (const entry of way.disconnect) await this.disconnect(entry, step);
    // A long catch-up is cut into several transactions; a reorganisation never is, or a crash could leave a worse chain.
    const reorganises = way.disconnect.length > 0;
    const batch = reorganises ? way.connect : way.connect.slice(0, chainLimits.blocksPerCommit);
    for (const entry of batch) {
      const refusal = await this.connect(entry, step);
      if (refusal === null) continue;
      this.index.invalidate(entry, refusal);
      this.bodies.delete(entry.name);
      // Blocks before the bad one extend our chain and are good on their own; a failed reorganisation leaves no trace.
      if (!reorganises && step.connected.length > 0) await this.commit(step);
      return refusal;
    }
    await this.commit(step);
    return accepted(null);
  }

  private async disconnect(entry: HeaderEntry, step: Step): Promise<void> {
    const undoBytes = await this.ports.store.get("undo", entry.hash);
    const undo = undoBytes === undefined ? undefined : records.undo.decode(undoBytes);
    if (undo === undefined || !undo.ok) throw new Error(`no undo data for block ${entry.name}`);
    const transactions = await this.transactionsOf(entry);
    if (!transactions.ok) throw new Error(`no body for block ${entry.name}: ${transactions.message}`);
    step.state = step.state.undoChanges(undo.value);
    const inverse = undo.value.map(({ key, before, after }) => ({ key, before: after, after: before })).reverse();
    step.changes.push(inverse);
    for (const { key, after } of inverse) step.writes.push({ table: "state", key, value: after });
    for (const { id, bytes } of transactions.value) {
      step.writes.push({ table: "transactions", key: id, value: null });
      // It waits again, and was acknowledged before: a crash must not lose it. Connecting takes it out once more.
      step.writes.push({ table: "pool", key: id, value: bytes });
    }
    step.writes.push({ table: "canonical", key: heightKey(entry.height), value: null });
    step.disconnected.push({ entry, transactions: transactions.value });
  }

  private async connect(entry: HeaderEntry, step: Step): Promise<Rejected | null> {
    const prepared = await this.transactionsOf(entry);
    if (!prepared.ok) return prepared;
    const block: Block = { header: entry.header, transactions: prepared.value.map(({ transaction }) => transaction) };
    const applied = applyBlock(step.state, block, this.context, prepared.value);
    if (!applied.ok) return applied;
    const refusal = await this.verifySignatures(applied.value);
    if (refusal !== null) return refusal;
    const { state, changes } = applied.value;
    step.state = state;
    step.changes.push([...changes]);
    for (const { key, after } of changes) step.writes.push({ table: "state", key, value: after });
    step.writes.push(
      ...this.blockWrites(entry, prepared.value),
      { table: "undo", key: entry.hash, value: records.undo.encode(changes) },
      { table: "canonical", key: heightKey(entry.height), value: entry.hash },
    );
    for (const [index, { id }] of prepared.value.entries()) {
      step.writes.push({
        table: "transactions",
        key: id,
        value: records.place.encode({ blockHash: entry.hash, index }),
      });
      step.writes.push({ table: "pool", key: id, value: null });
    }
    step.connected.push({ entry, transactions: prepared.value });
    return null;
  }

  private async commit(step: Step): Promise<void> {
    const head = (step.connected.at(-1) as ConnectedBlock).entry;
    step.writes.push({ table: "meta", key: headKey, value: head.hash });
    await this.ports.store.commit(step.writes);
    this.state = step.state;
    for (const changes of step.changes) this.coins.apply(changes);
    this.index.setHead(head);
    for (const { entry } of step.connected) {
      this.bodies.delete(entry.name);
      this.storedTips.delete(entry);
    }
    const [left] = step.disconnected;
    if (left !== undefined) this.storedTips.add(left.entry);
    this.onHead({ head, connected: step.connected, disconnected: step.disconnected });
  }

  private async verifySignatures(applied: AppliedBlock): Promise<Rejected | null> {
    const checks = applied.unverified.flatMap((transaction) => transaction.checks);
    if (checks.length === 0) return null;
    const good = await this.ports.signatureVerifier.verifyBatch(checks);
    if (!good.every(Boolean)) return rejected("bad-signature", "A signature in the block is wrong.");
    for (const { prepared } of applied.unverified) this.context.signatures.add(prepared.leafHash);
    return null;
  }

  private async transactionsOf(entry: HeaderEntry): Promise<Result<readonly PreparedTransaction[]>> {
    const waiting = this.bodies.get(entry.name);
    if (waiting !== undefined) return accepted(waiting);
    const bytes = await this.ports.store.get("bodies", entry.hash);
    if (bytes === undefined) return rejected("not-found", "The block's body is not here.");
    const block = decodeBlock(bytes);
    if (!block.ok) return block;
    return accepted(block.value.transactions.map((transaction) => prepareTransaction(transaction)));
  }

  private blockWrites(entry: HeaderEntry, transactions: readonly PreparedTransaction[]): Write[] {
    const { header, hash, totalWork, beaconValue } = entry;
    const body = encodeBlock({ header, transactions: transactions.map(({ transaction }) => transaction) });
    return [
      {
        table: "headers",
        key: hash,
        value: records.header.encode({ header, totalWork: workBytes(totalWork), beaconValue }),
      },
      { table: "bodies", key: hash, value: body },
    ];
  }

  /** Bodies that did not become canonical are stored, so that a restart does not lose a branch that may yet win. */
  private async keepSideBranches(entries: readonly HeaderEntry[]): Promise<void> {
    const writes: Write[] = [];
    const kept: HeaderEntry[] = [];
    for (const entry of entries) {
      const transactions = this.bodies.get(entry.name);
      if (transactions === undefined || entry.invalid !== null || !this.isComplete(entry)) continue;
      writes.push(...this.blockWrites(entry, transactions));
      kept.push(entry);
    }
    if (writes.length === 0) return;
    await this.ports.store.commit(writes);
    for (const entry of kept) {
      this.bodies.delete(entry.name);
      this.storedTips.add(entry);
    }
  }

  /** Bodies without their ancestors are a peer's gift; they may not pile up. */
  private forgetWaiting(): void {
    for (const name of this.bodies.keys()) {
      if (this.bodies.size <= chainLimits.waitingBodies) return;
      const entry = this.index.named(name);
      if (entry !== undefined) entry.hasBody = false;
      this.bodies.delete(name);
    }
  }
}
