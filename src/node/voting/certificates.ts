/**
 * Certificates out of the book: what the next block can show of votes, and what decides a block before any block shows it.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import type { Certificate, VoteAggregate } from "#protocol/consensus/certificate.ts";
import { certifiableBlocks, sourcesOf } from "#protocol/consensus/finality.ts";
import {
  equalCheckpoints,
  equalLinks,
  firstEpochOf,
  heightOfEpoch,
  type Link,
  secondRoundOf,
} from "#protocol/consensus/votes.ts";
import { beforeDraw } from "#protocol/programs/stake.ts";
import type { Chain } from "../chain.ts";
import type { Electorate } from "../finality-view.ts";
import type { HeaderEntry } from "../header-index.ts";
import type { VoteSignatures } from "../ports.ts";
import type { VoteBook } from "./vote-book.ts";

/** The first-round link for a block, by what its own branch says. */
export function firstRoundFor({ height, hash }: HeaderEntry, { record }: Electorate): Link {
  return { source: record.justified, target: { epoch: firstEpochOf(height), hash } };
}

/** Who judges what is said of a block on the head: those who voted when it was new. */
function judging({ target }: Link, ofHead: Electorate): Electorate {
  const { record, voters } = ofHead;
  return heightOfEpoch(target.epoch) < record.drawnHeight ? { record, voters: beforeDraw(voters) } : ofHead;
}

/** Adds up votes. */
export class Certificates {
  private readonly chain: Chain;
  private readonly book: VoteBook;
  private readonly votes: Pick<VoteSignatures, "aggregate">;

  constructor(chain: Chain, book: VoteBook, votes: Pick<VoteSignatures, "aggregate">) {
    this.chain = chain;
    this.book = book;
    this.votes = votes;
  }

  /**
   * All votes for a link in one; null if they do not add up. Signatures of two keys of one owner, made to be each
   * other's opposite, cancel: such votes are good one by one and nothing together.
   */
  async aggregate(link: Link, electorate: Electorate): Promise<VoteAggregate | null> {
    const cast = this.book.votesFor(link, electorate);
    const signers = this.book.signersFor(link, electorate);
    const signature = await this.votes.aggregate(cast.map(({ vote }) => vote.signature)).catch(() => null);
    return signature === null ? null : { link, signers, signature };
  }

  /** What a block on the head can carry: the newest decision that its branch does not show yet, else who is there. */
  async forNextBlock(): Promise<Certificate | null> {
    const { head, finality } = this.chain;
    const electorate = finality.electorateAt(head);
    if (electorate === undefined) return null;
    const { justified, finalised } = electorate.record;
    const seconds = sourcesOf(electorate.record)
      .filter(({ epoch }) => heightOfEpoch(epoch) > finalised.height)
      .map(secondRoundOf);
    const final = seconds.find((link) => this.isDecided(link, judging(link, electorate)));
    let best: readonly Link[] | null = final === undefined ? null : [final];
    let finalises = final !== undefined;
    const lowest = Math.max(heightOfEpoch(justified.epoch) + 1, head.height - certifiableBlocks + 1, 1);
    for (let height = lowest; height <= head.height; height++) {
      const first = this.firstRoundAt(height, electorate);
      if (first === null || !this.isDecided(first, judging(first, electorate))) continue;
      // Of justified blocks the newest: voters go on from it. But it never hides one that can be finalised.
      if (this.isDecided(secondRoundOf(first.target), judging(first, electorate))) {
        best = [first, secondRoundOf(first.target)];
        finalises = true;
      } else if (!finalises) best = [first];
    }
    if (best !== null) {
      const proven = await Promise.all(best.map((link) => this.proven(link, judging(link, electorate))));
      return proven.every((aggregate) => aggregate !== null) ? proven : null;
    }
    return this.attendance(electorate);
  }

  /** The first round of one of our blocks, from where those who voted for it began; null if no block can carry it now. */
  private firstRoundAt(height: number, ofHead: Electorate): Link | null {
    const { index, finality } = this.chain;
    const entry = index.at(height);
    if (entry === undefined) return null;
    // Who voted for an old block, and from where, may be forgotten: what decided it says so itself.
    const { justifiedBy } = finality.mark;
    const isDecisive = justifiedBy !== null && equalBytes(justifiedBy.link.target.hash, entry.hash);
    const link = isDecisive ? justifiedBy.link : firstRoundFor(entry, finality.electorateAt(entry) ?? ofHead);
    return sourcesOf(ofHead.record).some((source) => equalCheckpoints(source, link.source)) ? link : null;
  }

  /** Who is there, while nothing is decided for long: so that only the absent lose weight. */
  private async attendance(electorate: Electorate): Promise<Certificate | null> {
    const { head, context } = this.chain;
    const { finalised, justified } = electorate.record;
    const recentBlocks = context.parameters.finality.stallBlocks / 2;
    if (head.height - finalised.height < recentBlocks) return null;
    const links = this.book.firstRounds(heightOfEpoch(justified.epoch)).filter((link) => {
      const height = heightOfEpoch(link.target.epoch);
      const due = height > head.height - recentBlocks ? this.firstRoundAt(height, electorate) : null;
      return due !== null && equalLinks(due, link);
    });
    const weights = new Map(links.map((link) => [link, this.book.weightFor(link, electorate)]));
    const weightOf = (link: Link): bigint => weights.get(link) ?? 0n;
    // Newest first where they weigh the same: who voted again has been seen again.
    const most = links.reduce<Link | undefined>(
      (best, link) => (best === undefined || weightOf(link) > weightOf(best) ? link : best),
      undefined,
    );
    if (most === undefined || this.book.votesFor(most, electorate).length === 0) return null;
    const aggregate = await this.aggregate(most, electorate);
    return aggregate === null ? null : [aggregate];
  }

  private isDecided(link: Link, electorate: Electorate): boolean {
    return this.book.isDecided(link, electorate) || this.known(link) !== null;
  }

  /** What peers or blocks have shown of a link. */
  private known(link: Link): VoteAggregate | null {
    const { justifiedBy, finalisedBy } = this.chain.finality.mark;
    return [justifiedBy, finalisedBy].find((by) => by !== null && equalLinks(by.link, link)) ?? null;
  }

  private async proven(link: Link, electorate: Electorate): Promise<VoteAggregate | null> {
    const counted = this.book.isDecided(link, electorate) ? await this.aggregate(link, electorate) : null;
    return counted ?? this.known(link);
  }
}
