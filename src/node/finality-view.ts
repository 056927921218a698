/**
 * What this node knows to be decided: the newest finalised block, below which nothing moves any more, and the newest
 * justified one, on which the head must stand. Either is learnt from certificates in blocks or from votes heard before
 * any block carries them.
 *
 * Justification goes before work in the choice of a branch: whoever has voted for a block's second epoch may never vote
 * on a branch without that block, so a heavier branch without it could neither be finalised nor left.
 * @module
 */

import { equalBytes } from "#protocol/codec/bytes.ts";
import type { VoteAggregate } from "#protocol/consensus/certificate.ts";
import type { FinalisedBlock, FinalityRecord } from "#protocol/consensus/finality.ts";
import { type Checkpoint, heightOfEpoch, isSecondRound } from "#protocol/consensus/votes.ts";
import { putNewest } from "#protocol/newest.ts";
import type { SeatedVoter } from "#protocol/programs/stake.ts";
import { type FinalityMark, finalityKey, records } from "./chain-records.ts";
import type { HeaderEntry, HeaderIndex } from "./header-index.ts";
import type { Write } from "./ports.ts";

/** Who may vote for a block and from which source, by the state after it. */
export interface Electorate {
  readonly record: FinalityRecord;
  readonly voters: readonly SeatedVoter[];
}

/** On what a state that somebody else has executed was taken over. */
export interface Vouching {
  readonly by: "checkpoint" | "votes" | "work";
  /** The votes that made its block, or one above it, final. */
  readonly decision: VoteAggregate | null;
  /** What was final here when it was judged. */
  readonly finalised: FinalisedBlock;
}

/** Electorates of so many of the newest blocks are remembered. */
const mostElectorates = 128;

/** What is decided on a chain, and who decides. */
export class FinalityView {
  /** What is known now; changes only once it is stored. */
  mark: FinalityMark;
  private readonly index: HeaderIndex;
  private readonly electorates = new Map<string, Electorate>();

  constructor(index: HeaderIndex, stored: FinalityMark | null) {
    const { hash } = index.genesis;
    this.index = index;
    this.mark = stored ?? {
      finalised: { height: 0, hash },
      justified: { epoch: 0, hash },
      finalisedBy: null,
      justifiedBy: null,
    };
  }

  /** The newest block that can never be undone. */
  get finalised(): FinalisedBlock {
    return this.mark.finalised;
  }

  /** The newest justified checkpoint. */
  get justified(): Checkpoint {
    return this.mark.justified;
  }

  /** Whether the head may be here: what is final and what is justified lies behind it, or ahead on its own branch. */
  agrees(entry: HeaderEntry): boolean {
    const { finalised, justified } = this.mark;
    const block = { height: heightOfEpoch(justified.epoch), hash: justified.hash };
    return this.isOnWay(entry, finalised) && this.isOnWay(entry, block);
  }

  private isOnWay(entry: HeaderEntry, block: FinalisedBlock): boolean {
    if (entry.height >= block.height) return this.descends(entry, block);
    const known = this.index.get(block.hash);
    return known === undefined || this.descends(known, entry);
  }

  /**
   * Whether a header that is not known comes too late: another one is final at its height, or what is there is below one.
   * After a repair the final block may have to be fetched again itself: until then only its own height is closed to others.
   */
  isSettled(height: number, hash: Uint8Array): boolean {
    const { finalised } = this.mark;
    if (height >= finalised.height) return height === finalised.height && !equalBytes(hash, finalised.hash);
    return this.index.head.height >= finalised.height || this.index.get(finalised.hash) !== undefined;
  }

  /** Whether votes about a block may decide anything: it is on the one branch that goes on from what is final. */
  mayDecide(entry: HeaderEntry): boolean {
    return entry.height > this.mark.finalised.height && this.isOnWay(entry, this.mark.finalised);
  }

  /** The final block, if our chain holds it already: nothing at or below it can be undone. */
  get barrier(): FinalisedBlock | null {
    const { finalised } = this.mark;
    const ours = this.index.at(finalised.height);
    const holds =
      ours === undefined ? this.index.head.height >= finalised.height : equalBytes(ours.hash, finalised.hash);
    return holds ? finalised : null;
  }

  /** Whether a block is another one or comes after it on one branch. */
  descends(entry: HeaderEntry, { height, hash }: FinalisedBlock): boolean {
    let at: HeaderEntry | undefined = entry;
    while (at !== undefined && at.height > height && !this.index.isCanonical(at)) at = this.index.parentOf(at);
    if (at === undefined || at.height < height) return false;
    const there = at.height === height ? at : this.index.at(height);
    // What is older than memory reaches was final before it went.
    return there === undefined || equalBytes(there.hash, hash);
  }

  /** Electorate after a block, if it is one of the newest that were applied. */
  electorateAt(entry: HeaderEntry): Electorate | undefined {
    return this.electorates.get(entry.name);
  }

  /** Remembers who votes after a block. */
  remember(entry: HeaderEntry, electorate: Electorate): void {
    putNewest(this.electorates, entry.name, electorate, mostElectorates);
  }

  /** What is known once a branch says this; the same object if it is nothing new. */
  after(record: FinalityRecord, carried: readonly VoteAggregate[], mark: FinalityMark = this.mark): FinalityMark {
    let next = mark;
    if (record.justified.epoch > next.justified.epoch) {
      const justifiedBy = carried.find(({ link }) => link.target.epoch === record.justified.epoch) ?? null;
      next = { ...next, justified: record.justified, justifiedBy };
    }
    if (record.finalised.height > next.finalised.height) {
      const finalisedBy = carried.find(({ link }) => isSecondRound(link)) ?? null;
      next = { ...next, finalised: record.finalised, finalisedBy };
    }
    return next;
  }

  /**
   * What is known once a state was taken over: what it says itself, and what the votes that came with it decide. Votes of
   * the second round start at their block's first, so that was decided before.
   */
  adopted(record: FinalityRecord, decision: VoteAggregate | null): FinalityMark {
    const said = this.after(record, []);
    if (decision === null) return said;
    const { source } = decision.link;
    const height = heightOfEpoch(source.epoch);
    const justifies = source.epoch > said.justified.epoch;
    return {
      ...said,
      ...(justifies ? { justified: source, justifiedBy: null } : {}),
      ...(height > said.finalised.height ? { finalised: { height, hash: source.hash }, finalisedBy: decision } : {}),
    };
  }

  /** What is known once votes have decided by themselves. */
  decided(aggregate: VoteAggregate): FinalityMark {
    const { target } = aggregate.link;
    const height = heightOfEpoch(target.epoch);
    const { mark } = this;
    if (isSecondRound(aggregate.link)) {
      return height > mark.finalised.height
        ? { ...mark, finalised: { height, hash: target.hash }, finalisedBy: aggregate }
        : mark;
    }
    return target.epoch > mark.justified.epoch ? { ...mark, justified: target, justifiedBy: aggregate } : mark;
  }

  /** What has to be written for it. */
  writes(mark: FinalityMark): readonly Write[] {
    return mark === this.mark ? [] : [{ table: "meta", key: finalityKey, value: records.finality.encode(mark) }];
  }
}
