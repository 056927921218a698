/**
 * What must be true of every head of every node: its state is the one that a replay of its branch gives, and no coin
 * appears or vanishes. The replay is the oracle's own: each block is applied once to its parent's state.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { headerHash } from "#protocol/consensus/header.ts";
import type { BlsVerifier } from "#protocol/crypto/bls-check.ts";
import { verifySignature } from "#protocol/crypto/signature.ts";
import { applyBlock, type ExecutionContext, readAmount, supplyKey, treasuryKey } from "#protocol/ledger/apply.ts";
import { type Block, decodeBlock } from "#protocol/ledger/block.ts";
import { clearances, lapsesAfter } from "#protocol/ledger/lapse.ts";
import { decodeStoredOutput, type StateView } from "#protocol/ledger/state.ts";
import { lapseKey, namespace } from "#protocol/ledger/state-key.ts";
import { emptyStateTree, type StateTree } from "#protocol/ledger/state-tree.ts";
import { leaseOf, processOf } from "#protocol/ledger/things.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import { standingOffers } from "#protocol/programs/memory-market.ts";
import { proofEscrowKey } from "#protocol/programs/proof-queue.ts";
import { stakeEscrowKey } from "#protocol/programs/stake.ts";
import { dealMark, dealOfEntry, type StorageDeal } from "#protocol/programs/storage-deals.ts";
import { dealRoomBytes, offerOfEntry, storageEscrowKey } from "#protocol/programs/storage-offers.ts";
import type { Chain } from "../../node/chain.ts";
import type { HeaderEntry } from "../../node/header-index.ts";
import { type FixtureNetwork, testContext } from "../ledger-fixtures.ts";

/** Says what is wrong with the value in a state; null if nothing is. */
export function valueError(state: StateView): string | null {
  let coinsNano = 0n;
  for (const [, value] of state.entries(Uint8Array.of(namespace.output))) {
    const stored = decodeStoredOutput(value);
    if (!stored.ok) return `an output cannot be read: ${stored.message}`;
    coinsNano += stored.value.output.amount;
  }
  const treasuryNano = readAmount(state.get(treasuryKey));
  const supplyNano = readAmount(state.get(supplyKey));
  const escrowNano = [proofEscrowKey, stakeEscrowKey, storageEscrowKey].reduce(
    (sum, key) => sum + readAmount(state.get(key)),
    0n,
  );
  if (coinsNano + treasuryNano + escrowNano === supplyNano) return null;
  return `coins of ${coinsNano}, a treasury of ${treasuryNano} and an escrow of ${escrowNano} are not the supply of ${supplyNano}`;
}

/** Says what is wrong with the memory that is lent in a state, for the block to come; null if nothing is. */
export function memoryError(state: StateView, nextHeight: number): string | null {
  const outBytes = new Map<string, number>();
  for (const [, value] of state.entries(Uint8Array.of(namespace.output))) {
    const stored = decodeStoredOutput(value);
    if (!stored.ok) return `an output cannot be read: ${stored.message}`;
    const { output } = stored.value;
    const lease = leaseOf(output) ?? processOf(output)?.lease;
    if (lease === undefined) continue;
    const offer = toHex(lease.offer);
    outBytes.set(offer, (outBytes.get(offer) ?? 0) + lease.bytes);
  }
  for (const { id, bytes, freeBytes } of standingOffers(state, nextHeight)) {
    const lentBytes = outBytes.get(toHex(id)) ?? 0;
    if (freeBytes + lentBytes !== bytes)
      return `of ${bytes} bytes offered ${freeBytes} are free and ${lentBytes} are lent`;
  }
  return null;
}

/**
 * Says what is wrong with how things lapse in a state, for the block to come; null if nothing is: each has one mark, each
 * mark stands for a thing, and what could not be taken in the last block has gone with it. (Nothing here plays so much
 * that a block could not clear it away.)
 */
export function lapseError(state: StateView, nextHeight: number): string | null {
  const marks = new Map<string, string>();
  for (const [key, value] of state.entries(Uint8Array.of(namespace.lapse))) marks.set(toHex(key), toHex(value));
  for (const [key, value] of state.entries(Uint8Array.of(namespace.output))) {
    const stored = decodeStoredOutput(value);
    if (!stored.ok) return `an output cannot be read: ${stored.message}`;
    const { output, height } = stored.value;
    const last = lapsesAfter(output);
    if (last === null) continue;
    const mark = toHex(lapseKey(key, last));
    if (marks.get(mark) !== toHex(key)) return `a thing of kind ${output.kind} has no mark for its end at ${last}`;
    marks.delete(mark);
    // One that a process gave back after its end came too late for the last block.
    if (last < nextHeight - 1 && height < nextHeight - 1)
      return `a thing of kind ${output.kind} lies there since its end at ${last}`;
  }
  return marks.size === 0 ? null : `${marks.size} marks stand for nothing`;
}

/**
 * Says what is wrong with storage deals in a state, for the block to come; null if nothing is: the escrow is all that offers
 * and deals hold, each offer's room is free or in accepted deals, its counts are true and it is gone once it is over, each deal has one mark and its time has not passed,
 * but for the blocks that one waits for its draw.
 */
export function storageError(
  state: StateView,
  nextHeight: number,
  parameters: Pick<NetworkParameters, "storage">,
): string | null {
  const entries = [...state.entries(Uint8Array.of(namespace.storage))];
  const deals = entries.flatMap(([key, value]) => dealOfEntry(key, value) ?? []);
  const offers = entries.flatMap(([key, value]) => offerOfEntry(key, value) ?? []);
  const heldNano =
    offers.reduce((sum, { freeBondNano }) => sum + freeBondNano, 0n) +
    deals.reduce((sum, { escrowNano, bondNano }) => sum + escrowNano + bondNano, 0n);
  const escrowNano = readAmount(state.get(storageEscrowKey));
  if (heldNano !== escrowNano) return `offers and deals of storage hold ${heldNano}, their escrow is ${escrowNano}`;
  for (const { id, bytes, freeBytes, withdrawn, deals: count, waiting } of offers) {
    const all = deals.filter(({ offer }) => toHex(offer) === toHex(id));
    const own = all.filter((deal) => deal.accepted === 1);
    const keptBytes = own.reduce((sum, deal) => sum + dealRoomBytes({ bytes }, deal.bytes, parameters), 0);
    if (own.length !== count || (withdrawn === 0 && freeBytes + keptBytes !== bytes))
      return `of ${bytes} bytes of storage ${freeBytes} are free and ${keptBytes} are in ${own.length} deals of ${count}`;
    if (all.length - own.length !== waiting)
      return `${all.length - own.length} deals wait where an offer counts ${waiting}`;
    if (withdrawn === 1 && all.length === 0) return `the offer ${toHex(id)} is over and still there`;
  }
  const marks = [namespace.waitingDeal, namespace.audit].flatMap((space) => [...state.entries(Uint8Array.of(space))]);
  const marked = new Set(marks.map(([key]) => toHex(key)));
  const unmarked = deals.find((deal) => !marked.has(toHex(dealMark(deal).key)));
  if (unmarked !== undefined) return `the deal ${toHex(unmarked.id)} has no mark`;
  if (marks.length !== deals.length) return `${marks.length} marks stand for ${deals.length} deals`;
  const waited = ({ accepted }: StorageDeal): number => (accepted === 1 ? parameters.storage.bondedDrawBlocks : 0);
  const late = deals.find((deal) => deal.dueHeight + waited(deal) < nextHeight - 1);
  return late === undefined
    ? null
    : `the deal ${toHex(late.id)} lies there since its time was over at ${late.dueHeight}`;
}

interface Replayed {
  readonly state: StateTree;
  readonly transactions: readonly string[];
  /** Whether it proves a segment of somebody's job. */
  readonly provesJob: boolean;
  /** Leases and processes that went because their time was over. */
  readonly lapses: number;
}

/** Replays every branch that any node ever followed. */
export class LedgerOracle {
  private readonly replayed = new Map<string, Replayed>();
  private readonly context: ExecutionContext;
  private readonly votes: BlsVerifier;
  private readonly bodyOf: (hash: Uint8Array) => Promise<Uint8Array | undefined>;

  /** `bodyOf`: reads a block's bytes from whoever has them. `votes`: checks the signatures of certificates. */
  constructor(
    network: FixtureNetwork,
    votes: BlsVerifier,
    bodyOf: (hash: Uint8Array) => Promise<Uint8Array | undefined>,
  ) {
    this.context = testContext(network);
    this.votes = votes;
    this.bodyOf = bodyOf;
  }

  /** Blocks seen on anybody's canonical chain. */
  get blocks(): number {
    return this.replayed.size;
  }

  /** Ids of the transactions in a block that has been replayed. */
  transactionsOf(name: string): readonly string[] {
    return this.replayed.get(name)?.transactions ?? [];
  }

  /** Whether a block that has been replayed proves a segment of a job. */
  provesJob(name: string): boolean {
    return this.replayed.get(name)?.provesJob ?? false;
  }

  /** How many leases and processes went with a block that has been replayed because their time was over. */
  lapsesIn(name: string): number {
    return this.replayed.get(name)?.lapses ?? 0;
  }

  /** Checks a head with the state its node has for it; what is wrong, or null. */
  async check(chain: Chain, head: HeaderEntry, state: StateTree): Promise<string | null> {
    const missing: HeaderEntry[] = [];
    for (let at: HeaderEntry | undefined = head; at !== undefined && at.height > 0; at = chain.index.parentOf(at)) {
      if (this.replayed.has(at.name)) break;
      missing.push(at);
    }
    for (const entry of missing.reverse()) {
      const wrong = await this.replay(entry);
      if (wrong !== null) return wrong;
    }
    if (toHex(head.header.stateRoot) !== toHex(state.root()) && head.height > 0) {
      return `the state of block ${head.name} is not the one its header names`;
    }
    const expected = head.height === 0 ? emptyStateTree() : (this.replayed.get(head.name) as Replayed).state;
    if (toHex(expected.root()) !== toHex(state.root()))
      return `the state of block ${head.name} is not that of a replay`;
    const next = head.height + 1;
    return (
      valueError(state) ??
      memoryError(state, next) ??
      lapseError(state, next) ??
      storageError(state, next, this.context.parameters)
    );
  }

  private async replay(entry: HeaderEntry): Promise<string | null> {
    const bytes = await this.bodyOf(entry.hash);
    // Another node may have shown the block meanwhile.
    if (this.replayed.has(entry.name)) return null;
    const block = bytes === undefined ? undefined : decodeBlock(bytes);
    if (!block?.ok) return `block ${entry.name} is on a chain but on nobody's disk`;
    if (toHex(headerHash(block.value.header)) !== entry.name) return `another block lies under the name ${entry.name}`;
    return this.apply(entry.name, block.value);
  }

  private async apply(name: string, block: Block): Promise<string | null> {
    const parent = this.replayed.get(toHex(block.header.parent))?.state ?? emptyStateTree();
    if (block.header.height > 1 && !this.replayed.has(toHex(block.header.parent))) return `block ${name} has no parent`;
    const applied = applyBlock(parent, block, this.context);
    if (!applied.ok) return `block ${name} is on a chain but is not valid: ${applied.message}`;
    const { unverified, certificateChecks } = applied.value;
    const voteChecks = [...certificateChecks, ...unverified.flatMap((transaction) => transaction.voteChecks)];
    if (!unverified.every(({ checks }) => checks.every(verifySignature))) return `block ${name} holds a bad signature`;
    if ((await this.votes.verifyBatch(voteChecks)).includes(false)) return `block ${name} holds votes nobody has cast`;
    for (const { prepared } of unverified) this.context.signatures.add(prepared.leafHash);
    const transactions = applied.value.transactions.map(({ id }) => toHex(id));
    const provesJob = applied.value.claim.segment.jobId !== null;
    const due = clearances(parent, block.header.height);
    const lapses = due.filter(({ key }) => key[0] === namespace.lapse).length;
    this.replayed.set(name, { state: applied.value.state, transactions, provesJob, lapses });
    return null;
  }
}
