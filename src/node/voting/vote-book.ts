/**
 * Votes that have been heard and verified: who signed which link, what that weighs, and who signed two that nobody may
 * sign both. Bounded by epochs and voters; what is older than the newest finalised block goes.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import type { OffencePair } from "#protocol/consensus/accountability.ts";
import { signedByOne, signersOf, type Vote } from "#protocol/consensus/certificate.ts";
import {
  compareLinks,
  firstEpochOf,
  heightOfEpoch,
  isSecondRound,
  type Link,
  offenceOf,
} from "#protocol/consensus/votes.ts";
import { hasVote, isSupermajority, type SeatedVoter } from "#protocol/programs/stake.ts";
import type { Electorate } from "../finality-view.ts";

/** Bounds of the book. */
export const voteBookLimits = {
  /** Epochs above the finalised one and the head's that are listened to. */
  epochs: 512,
  /** Votes that one voter can have in the book: two for each of the newest blocks, and room for an offence. */
  votesPerVoter: 160,
} as const;

/** What became of a vote. */
export type VoteOutcome =
  | { readonly type: "known" }
  | { readonly type: "counted" }
  | { readonly type: "offence"; readonly evidence: OffencePair };

/** Votes for one link. */
interface Tally {
  readonly link: Link;
  /** By the voter's key in hexadecimal. */
  readonly votes: Map<string, Vote>;
}

function linkName({ source, target }: Link): string {
  return `${source.epoch}:${toHex(source.hash)}>${target.epoch}:${toHex(target.hash)}`;
}

/** The votes of one node's ears. */
export class VoteBook {
  private readonly tallies = new Map<string, Tally>();
  /** By the voter's key in hexadecimal. */
  private readonly voters = new Map<string, Vote[]>();
  private floorEpoch = 0;

  /** Whether a vote is in the book already. */
  has({ link, key }: Vote): boolean {
    return this.tallies.get(linkName(link))?.votes.has(toHex(key)) ?? false;
  }

  /** Whether a vote for this epoch is still, or already, of interest. However long nothing was final: the head's is. */
  isTimely({ target }: Link, headHeight: number): boolean {
    const newest = Math.max(this.floorEpoch, firstEpochOf(headHeight));
    return target.epoch >= this.floorEpoch && target.epoch <= newest + voteBookLimits.epochs;
  }

  /** An earlier vote of the same voter that nobody may sign together with this one. */
  offended({ key, link }: Vote): Vote | undefined {
    return this.voters.get(toHex(key))?.find((earlier) => offenceOf(earlier.link, link) !== null);
  }

  /** Adds a verified vote of a known voter. */
  add(vote: Vote): VoteOutcome {
    if (this.has(vote)) return { type: "known" };
    const name = toHex(vote.key);
    const earlier = this.voters.get(name) ?? [];
    const other = this.offended(vote);
    const tally = this.tallies.get(linkName(vote.link)) ?? { link: vote.link, votes: new Map<string, Vote>() };
    tally.votes.set(name, vote);
    this.tallies.set(linkName(vote.link), tally);
    const all = [...earlier, vote];
    // One voter can sign more links than there is memory: its own oldest make room.
    for (const old of all.slice(0, -voteBookLimits.votesPerVoter)) this.drop(name, old);
    this.voters.set(name, all.slice(-voteBookLimits.votesPerVoter));
    if (other === undefined) return { type: "counted" };
    return { type: "offence", evidence: { first: signedByOne(other), second: signedByOne(vote) } };
  }

  private drop(name: string, { link }: Vote): void {
    const tally = this.tallies.get(linkName(link));
    tally?.votes.delete(name);
    if (tally?.votes.size === 0) this.tallies.delete(linkName(link));
  }

  /** Votes for a link by voters of an electorate. */
  votesFor(link: Link, { voters }: Electorate): readonly { readonly voter: SeatedVoter; readonly vote: Vote }[] {
    const votes = this.tallies.get(linkName(link))?.votes;
    if (votes === undefined) return [];
    return voters.flatMap((voter) => {
      if (!hasVote(voter)) return [];
      const vote = votes.get(toHex(voter.key));
      return vote === undefined ? [] : [{ voter, vote }];
    });
  }

  /** Weight of the votes for a link in its electorate. */
  weightFor(link: Link, electorate: Electorate): bigint {
    return this.votesFor(link, electorate).reduce((sum, { voter }) => sum + voter.activeNano, 0n);
  }

  /** Whether two thirds of an electorate have signed a link. */
  isDecided(link: Link, electorate: Electorate): boolean {
    const signers = this.votesFor(link, electorate).map(({ voter }) => voter);
    return signers.length > 0 && isSupermajority(electorate.voters, signers);
  }

  /** Whether so many have signed something else for the same epoch that a link cannot be decided any more. */
  isHopeless(link: Link, { voters }: Electorate): boolean {
    const ours = this.tallies.get(linkName(link))?.votes;
    const elsewhere = [...this.tallies.values()].filter(
      (tally) => tally.votes !== ours && tally.link.target.epoch === link.target.epoch,
    );
    const mayStill = voters.filter(({ key }) => {
      const name = toHex(key);
      return ours?.has(name) || !elsewhere.some(({ votes }) => votes.has(name));
    });
    return !isSupermajority(voters, mayStill);
  }

  /** Votes for a link whose voters' slots are not in a bitmap. */
  missing(link: Link, electorate: Electorate, known: ReadonlySet<number>): readonly Vote[] {
    return this.votesFor(link, electorate).flatMap(({ voter, vote }) => (known.has(voter.slot) ? [] : [vote]));
  }

  /** The bitmap of who has signed a link. */
  signersFor(link: Link, electorate: Electorate): Uint8Array {
    return signersOf(this.votesFor(link, electorate).map(({ voter }) => voter.slot));
  }

  /** First-round links for blocks above a height that somebody has signed, newest target first. */
  firstRounds(aboveHeight: number): readonly Link[] {
    return [...this.tallies.values()]
      .map(({ link }) => link)
      .filter((link) => !isSecondRound(link) && heightOfEpoch(link.target.epoch) > aboveHeight)
      .sort((a, b) => compareLinks(b, a));
  }

  /** Forgets what is about blocks up to a finalised one. */
  forget(finalisedHeight: number): void {
    this.floorEpoch = Math.max(this.floorEpoch, 2 * finalisedHeight + 1);
    for (const [name, { link }] of this.tallies) if (link.target.epoch < this.floorEpoch) this.tallies.delete(name);
    for (const [name, votes] of this.voters) {
      // The newest vote stays: an offence may come to light with the next one.
      const kept = votes.filter((vote, i) => vote.link.target.epoch >= this.floorEpoch || i === votes.length - 1);
      this.voters.set(name, kept);
    }
  }
}
