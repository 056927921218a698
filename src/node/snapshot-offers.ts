/**
 * The snapshots a node offers to newcomers: the states of a few older blocks at round heights, so that all nodes offer the
 * same ones; final ones where somebody votes. A state is found by undoing from the head when it is first asked for, and
 * shares its leaves with the head's.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { Snapshot, snapshotLimits } from "#protocol/ledger/snapshot.ts";
import type { SnapshotOffer } from "#protocol/messages/sync.ts";
import { type Result, rejected } from "#protocol/result.ts";
import type { Chain } from "./chain.ts";
import { finalityView } from "./finality-answers.ts";

/** Which states are offered, and which are believed. */
export interface SnapshotRules {
  /** Heights divisible by this are offered. */
  readonly everyBlocks: number;
  /** A snapshot that only work vouches for is offered and taken under so many blocks. */
  readonly confirmations: number;
  /** How many are offered: those before the newest let a slow newcomer finish. */
  readonly offered: number;
  /** Entries in a part, at most. */
  readonly partEntries: number;
  /** A device that may start from a snapshot of its own accord does so if it saves it so many blocks, */
  readonly worthBlocks: number;
  /** and where it knows no final block, so that it has to believe its peers, so many. */
  readonly unvouchedWorthBlocks: number;
}

/** Deep enough that no reorganisation seen in practice reaches it, well within what undo records cover. */
export const snapshotRules: SnapshotRules = {
  everyBlocks: 32,
  confirmations: 100,
  offered: 4,
  partEntries: snapshotLimits.partEntries,
  worthBlocks: 32,
  unvouchedWorthBlocks: 200,
};

/** The snapshots of one chain. */
export class SnapshotOffers {
  private readonly chain: Chain;
  private readonly rules: SnapshotRules;
  private readonly ready = new Map<string, Promise<Snapshot | null>>();

  constructor(chain: Chain, rules: SnapshotRules) {
    this.chain = chain;
    this.rules = rules;
  }

  /** What is offered now, newest first. */
  async list(count: number): Promise<readonly SnapshotOffer[]> {
    const { everyBlocks, confirmations, offered } = this.rules;
    const { reader, head } = this.chain;
    const offers: SnapshotOffer[] = [];
    const deepest = Math.max(1, reader.kept.undoFrom - 1);
    const { voting, finalised } = finalityView(this.chain);
    const settled =
      voting || finalised.height > 0 ? Math.min(finalised.height, head.height) : head.height - confirmations;
    let height = Math.floor(settled / everyBlocks) * everyBlocks;
    for (; height >= deepest && offers.length < Math.min(count, offered); height -= everyBlocks) {
      const entry = await reader.at(height);
      if (entry !== undefined) offers.push({ block: entry.hash, height });
    }
    return offers;
  }

  /** The snapshot of a block, if it is offered. */
  async open(block: Uint8Array): Promise<Result<Snapshot>> {
    const offers = await this.list(this.rules.offered);
    const offer = offers.find((one) => equalBytes(one.block, block));
    if (offer === undefined)
      return rejected("not-found", "This node does not offer a snapshot of that block (any more).");
    const offered = new Set(offers.map((one) => toHex(one.block)));
    for (const name of this.ready.keys()) if (!offered.has(name)) this.ready.delete(name);
    const name = toHex(block);
    const ready = this.ready.get(name) ?? this.build(offer);
    this.ready.set(name, ready);
    const snapshot = await ready;
    if (snapshot !== null) return { ok: true, value: snapshot };
    this.ready.delete(name);
    return rejected("not-found", "This node cannot go back to that block.");
  }

  /** The chain may move before it gets to undoing; then the block's root tells. */
  private async build({ block, height }: SnapshotOffer): Promise<Snapshot | null> {
    const state = await this.chain.stateAt(height);
    const entry = await this.chain.reader.find(block);
    if (state === null || entry === undefined || !equalBytes(state.root(), entry.header.stateRoot)) return null;
    return new Snapshot(state, this.rules.partEntries);
  }
}
