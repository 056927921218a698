/**
 * A walk from the head to another block, not yet taken: the state it ends in, and all that would have to be written.
 * @module
 */

import { readFinality } from "#protocol/consensus/finality.ts";
import { checkWeight } from "#protocol/consensus/validate-header.ts";
import { applyBlock, type ExecutionContext } from "#protocol/ledger/apply.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import type { StateChange } from "#protocol/ledger/state.ts";
import type { StateTree } from "#protocol/ledger/state-tree.ts";
import { readVoters } from "#protocol/programs/stake.ts";
import type { Rejected } from "#protocol/result.ts";
import { type BlockBodies, blockOf, blockWrites, provedWrites, unprovedWrites } from "./block-bodies.ts";
import { type BlockClaim, type VerificationPorts, verifySignatures } from "./block-verification.ts";
import type { ChainReader } from "./chain-reader.ts";
import { type FinalityMark, heightKey, provedByKey, records, stateTable } from "./chain-records.ts";
import type { Electorate, FinalityView } from "./finality-view.ts";
import type { HeaderEntry } from "./header-index.ts";
import type { Store, Write } from "./ports.ts";
import { forgetTransactions, transactionWrites } from "./transaction-rows.ts";

/** A block that became part of the chain. */
export interface ConnectedBlock {
  readonly entry: HeaderEntry;
  readonly transactions: readonly PreparedTransaction[];
}

/** How far a walk has come. */
export interface Step {
  state: StateTree;
  readonly changes: StateChange[][];
  readonly writes: Write[];
  readonly claims: BlockClaim[];
  readonly electorates: { readonly entry: HeaderEntry; readonly electorate: Electorate }[];
  mark: FinalityMark;
  readonly connected: ConnectedBlock[];
  readonly disconnected: ConnectedBlock[];
}

/** What a walk needs of its chain. */
export interface WalkedChain {
  readonly bodies: BlockBodies;
  readonly reader: ChainReader;
  readonly finality: FinalityView;
  readonly context: ExecutionContext;
}

/** Who votes after a block with this state, and from where. */
export function electorateIn(state: StateTree, { networkId }: ExecutionContext): Electorate {
  return { record: readFinality(state, networkId), voters: readVoters(state) };
}

/** Undoes and applies blocks on a step. */
export class ChainSteps {
  private readonly store: Store;
  private readonly ports: VerificationPorts;
  private readonly chain: WalkedChain;

  constructor(ports: VerificationPorts & { readonly store: Store }, chain: WalkedChain) {
    this.store = ports.store;
    this.ports = ports;
    this.chain = chain;
  }

  /** A walk that has not begun. */
  start(state: StateTree): Step {
    const lists = { changes: [], writes: [], claims: [], electorates: [], connected: [], disconnected: [] };
    return { state, mark: this.chain.finality.mark, ...lists };
  }

  /** Undoes the newest block. What it needs is missing only if the store is damaged. */
  async disconnect(entry: HeaderEntry, step: Step): Promise<void> {
    const undoBytes = await this.store.get("undo", entry.hash);
    const undo = undoBytes === undefined ? undefined : records.undo.decode(undoBytes);
    if (undo === undefined || !undo.ok) throw new Error(`no undo data for block ${entry.name}`);
    const body = await this.chain.bodies.of(entry);
    if (!body.ok) throw new Error(`no body for block ${entry.name}: ${body.message}`);
    const { transactions } = body.value;
    step.state = step.state.undoChanges(undo.value);
    const inverse = undo.value.map(({ key, before, after }) => ({ key, before: after, after: before })).reverse();
    step.changes.push(inverse);
    const table = stateTable(this.chain.reader.side);
    for (const { key, after } of inverse) step.writes.push({ table, key, value: after });
    step.writes.push(...forgetTransactions(transactions, entry.height));
    for (const { id, bytes } of transactions) {
      // It waits again, and was acknowledged before: a crash must not lose it. Connecting takes it out once more.
      step.writes.push({ table: "pool", key: id, value: bytes });
    }
    const proved = await this.store.get("transactions", provedByKey(entry.hash));
    step.writes.push(...unprovedWrites(entry.hash, proved));
    step.writes.push({ table: "canonical", key: heightKey(entry.height, this.chain.reader.side), value: null });
    step.disconnected.push({ entry, transactions });
  }

  /** Applies one more block, signatures included; what is wrong with it, or null. Its proof is left in `claims`. */
  async connect(entry: HeaderEntry, step: Step): Promise<Rejected | null> {
    const body = await this.chain.bodies.of(entry);
    if (!body.ok) return body;
    const light = checkWeight(entry.header, entry.hash, step.state, this.chain.context);
    if (light !== null) return light;
    const { transactions } = body.value;
    const applied = applyBlock(step.state, blockOf(entry, body.value), this.chain.context, transactions);
    if (!applied.ok) return applied;
    const refusal = await verifySignatures(applied.value, this.chain.context.signatures, this.ports);
    if (refusal !== null) return refusal;
    const { state, changes, claim, finality } = applied.value;
    step.claims.push({ entry, claim });
    step.electorates.push({ entry, electorate: { record: finality, voters: readVoters(state) } });
    step.mark = this.chain.finality.after(finality, body.value.certificate ?? [], step.mark);
    step.writes.push(...provedWrites(claim.segment, entry));
    step.state = state;
    step.changes.push([...changes]);
    const { side } = this.chain.reader;
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
}
