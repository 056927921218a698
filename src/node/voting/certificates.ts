/**
 * Certificates out of the book: what the next block can show of votes, and what decides a block before any block shows it.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import type { Certificate, VoteAggregate } from "#protocol/consensus/certificate.ts";
import { certifiableBlocks } from "#protocol/consensus/finality.ts";
import {
  equalCheckpoints,
  equalLinks,
  firstEpochOf,
  heightOfEpoch,
  type Link,
  secondRoundOf,
} from "#protocol/consensus/votes.ts";
import type { Chain } from "../chain.ts";
import type { Electorate } from "../finality-view.ts";
import type { HeaderEntry } from "../header-index.ts";
import type { VoteSignatures } from "../ports.ts";
import type { VoteBook } from "./vote-book.ts";

/** The first-round link for a block, by what its own branch says. */
export function firstRoundFor({ height, hash }: HeaderEntry, { record }: Electorate): Link {
  return { source: record.justified, target: { epoch: firstEpochOf(height), hash } };
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

  /** All votes for a link in one; the caller knows that there are some. */
  async aggregate(link: Link, electorate: Electorate): Promise<VoteAggregate> {
    const cast = this.book.votesFor(link, electorate);
    const signature = await this.votes.aggregate(cast.map(({ vote }) => vote.signature));
    return { link, signers: this.book.signersFor(link, electorate), signature };
  }

  /** What a block on the head can carry: the newest decision that its branch does not show yet, else who is there. */
  async forNextBlock(): Promise<Certificate | null> {
    const { head, finality } = this.chain;
    const electorate = finality.electorateAt(head);
    if (electorate === undefined) return null;
    const { justified, finalised, sinceHeight } = electorate.record;
    const justifiedHeight = heightOfEpoch(justified.epoch);
    let best: readonly Link[] | null = null;
    if (justifiedHeight > finalised.height && this.isDecided(secondRoundOf(justified), electorate)) {
      best = [secondRoundOf(justified)];
    }
    const lowest = Math.max(sinceHeight, justifiedHeight + 1, head.height - certifiableBlocks + 1, 1);
    for (let height = lowest; height <= head.height; height++) {
      const entry = this.chain.index.at(height);
      if (entry === undefined) continue;
      const first = { source: justified, target: { epoch: firstEpochOf(height), hash: entry.hash } };
      if (!this.isDecided(first, electorate)) continue;
      const second = secondRoundOf(first.target);
      // A block that is only justified never hides one that can be finalised.
      if (this.isDecided(second, electorate)) best = [first, second];
      else if (best === null) best = [first];
    }
    if (best !== null) return Promise.all(best.map((link) => this.proven(link, electorate)));
    return this.attendance(electorate);
  }

  /** Who is there, while nothing is decided for long: so that only the absent lose weight. */
  private async attendance(electorate: Electorate): Promise<Certificate | null> {
    const { index, head, context } = this.chain;
    const { finalised, justified, sinceHeight } = electorate.record;
    const recentBlocks = context.parameters.finality.stallBlocks / 2;
    if (head.height - finalised.height < recentBlocks) return null;
    const links = this.book.firstRounds(Math.max(finalised.height, sinceHeight - 1)).filter(({ source, target }) => {
      const height = heightOfEpoch(target.epoch);
      const entry = index.at(height);
      return (
        height > head.height - recentBlocks &&
        entry !== undefined &&
        equalCheckpoints(source, justified) &&
        equalHash(entry, target.hash)
      );
    });
    const weights = new Map(links.map((link) => [link, this.book.weightFor(link, electorate)]));
    const weightOf = (link: Link): bigint => weights.get(link) ?? 0n;
    // Newest first where they weigh the same: who voted again has been seen again.
    const most = links.reduce<Link | undefined>(
      (best, link) => (best === undefined || weightOf(link) > weightOf(best) ? link : best),
      undefined,
    );
    if (most === undefined || this.book.votesFor(most, electorate).length === 0) return null;
    return [await this.aggregate(most, electorate)];
  }

  private isDecided(link: Link, electorate: Electorate): boolean {
    return this.book.isDecided(link, electorate) || this.known(link) !== null;
  }

  /** What peers or blocks have shown of a link. */
  private known(link: Link): VoteAggregate | null {
    const { justifiedBy, finalisedBy } = this.chain.finality.mark;
    return [justifiedBy, finalisedBy].find((by) => by !== null && equalLinks(by.link, link)) ?? null;
  }

  private async proven(link: Link, electorate: Electorate): Promise<VoteAggregate> {
    if (this.book.isDecided(link, electorate)) return this.aggregate(link, electorate);
    return this.known(link) as VoteAggregate;
  }
}

function equalHash({ name }: HeaderEntry, hash: Uint8Array): boolean {
  return name === toHex(hash);
}
