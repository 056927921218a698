/**
 * Voting of one node: hears votes, tells the chain what they decide, casts its own if it has a stake, and brings offences to
 * the chain. What may be signed is the voter's to say (voter.ts), what is worth a vote the choice's (vote-choice.ts).
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import type { OffencePair } from "#protocol/consensus/accountability.ts";
import { type Certificate, slotsOf, type Vote, type VoteAggregate } from "#protocol/consensus/certificate.ts";
import type { Header } from "#protocol/consensus/header.ts";
import {
  equalCheckpoints,
  equalLinks,
  firstEpochOf,
  heightOfEpoch,
  isSecondRound,
  type Link,
  secondRoundOf,
} from "#protocol/consensus/votes.ts";
import type { FinalityAnswer } from "#protocol/messages/sync.ts";
import type { Rejected } from "#protocol/result.ts";
import type { Chain } from "../chain.ts";
import type { Electorate } from "../finality-view.ts";
import type { HeaderEntry } from "../header-index.ts";
import type { Clock, VoteSignatures } from "../ports.ts";
import { BranchWalks } from "./branch-walks.ts";
import { Certificates, firstRoundFor } from "./certificates.ts";
import { ConflictInquiry } from "./conflict-inquiry.ts";
import { isMisshapen, judgeClaim } from "./decision-claims.ts";
import { VoteBook } from "./vote-book.ts";
import { VoteChoice, type VoteChoiceParts } from "./vote-choice.ts";
import { VoteIntake } from "./vote-intake.ts";
import type { Voter } from "./voter.ts";

/** What voting works with. */
export interface VotingParts extends Omit<VoteChoiceParts, "book"> {
  readonly chain: Chain;
  readonly clock: Clock;
  readonly votes: VoteSignatures;
  readonly voter: Voter;
  /** Sends a vote to the network. */
  publish(vote: Vote): Promise<unknown>;
  /** Two votes that cost their voter its place. */
  onOffence(evidence: OffencePair): void;
  /** This node's own key has signed something that is not in its journal. */
  onDouble(): void;
  /** Something became justified or final. */
  onDecided(): void;
  /** The store failed: nothing is voted until it is mended. */
  onFailure(error: unknown): void;
}

/** Votes of one node. */
export class Voting {
  readonly book = new VoteBook();
  readonly certificates: Certificates;
  private readonly parts: VotingParts;
  private readonly intake: VoteIntake;
  private readonly choice: VoteChoice;
  private readonly walks: BranchWalks;
  private considering = false;
  private again = false;
  private cancelTimer: (() => void) | null = null;
  private stopped = false;

  constructor(parts: VotingParts) {
    this.parts = parts;
    this.intake = new VoteIntake(parts.chain, this.book, parts.votes);
    this.certificates = new Certificates(parts.chain, this.book, parts.votes);
    this.walks = new BranchWalks(parts, this.book);
    this.choice = new VoteChoice({ ...parts, networkTimeMs: () => parts.networkTimeMs(), book: this.book });
  }

  /** Ends voting: nothing more is signed. */
  stop(): void {
    this.stopped = true;
    this.cancelTimer?.();
  }

  /** The certificate for a block on the head. */
  certificate(): Promise<Certificate | null> {
    return this.certificates.forNextBlock();
  }

  /** Takes a peer's vote; says whether it is worth passing on. */
  async receive(vote: Vote): Promise<"accept" | "ignore" | Rejected> {
    const outcome = await this.intake.take(vote);
    if (outcome === null) return "ignore";
    if ("ok" in outcome) return outcome;
    if (outcome.type === "known") return "ignore";
    if (outcome.type === "offence") this.parts.onOffence(outcome.evidence);
    // The network passes it on meanwhile: what follows from it here may have to wait for the chain.
    void this.follow(vote).catch((error: unknown) => this.parts.onFailure(error));
    return "accept";
  }

  private async follow(vote: Vote): Promise<void> {
    await this.watchOwn(vote);
    await this.weigh(vote.link);
    await this.settle(vote.link);
  }

  /** The head has moved: what was decided may be older news, and there is a new block to vote for. */
  onHead(): void {
    this.choice.onHead();
    this.book.forget(this.parts.chain.finality.finalised.height);
    void this.takeHeard().then(
      () => this.act(),
      (error: unknown) => this.parts.onFailure(error),
    );
  }

  /** Takes note of a header with real work: its body may take a while, and votes must not split over it. */
  noteHeader(header: Header, hash: Uint8Array): void {
    this.choice.noteHeader(header, hash);
  }

  /** The votes that decided what is decided, for a peer that does not know it yet. */
  finalityAnswer(): FinalityAnswer {
    const { justifiedBy, finalisedBy } = this.parts.chain.finality.mark;
    return { justified: justifiedBy, finalised: finalisedBy };
  }

  /** Votes for a link that a peer lacks. */
  votesAnswer(link: Link, known: Uint8Array): readonly Vote[] {
    const electorate = this.electorateOf(this.parts.chain.index.get(link.target.hash));
    return electorate === undefined ? [] : this.book.missing(link, electorate, new Set(slotsOf(known) ?? []));
  }

  /** Links whose votes are worth asking for: both rounds of the newest blocks that are not decided. */
  wanted(): readonly { readonly link: Link; readonly known: Uint8Array }[] {
    const { chain } = this.parts;
    const { head, finality } = chain;
    if (head.height <= finality.finalised.height) return [];
    const ofHead = this.electorateOf(head);
    const newest = this.book.firstRounds(finality.finalised.height)[0];
    const links = [
      ...(ofHead === undefined ? [] : [firstRoundFor(head, ofHead)]),
      ...(newest === undefined ? [] : [newest]),
      ...(finality.justified.epoch > firstEpochOf(finality.finalised.height)
        ? [secondRoundOf(finality.justified)]
        : []),
    ];
    return links
      .filter((link, i) => links.findIndex((other) => equalLinks(other, link)) === i)
      .map((link) => {
        const electorate = this.electorateOf(chain.index.get(link.target.hash));
        return { link, known: electorate === undefined ? new Uint8Array() : this.book.signersFor(link, electorate) };
      });
  }

  /**
   * Takes what a peer says has decided, whose chain was `knownHeight` blocks high; false if nobody honest can say so. What
   * cannot be judged here is nobody's fault.
   */
  async takeDecision(aggregate: VoteAggregate, peerId: string, knownHeight: number): Promise<boolean> {
    const { chain, votes } = this.parts;
    const { link } = aggregate;
    const entry = chain.index.get(link.target.hash);
    if (entry === undefined || chain.finality.decided(aggregate) === chain.finality.mark) return true;
    if (isMisshapen(aggregate, entry)) return false;
    const electorate = await this.walks.forDecision(aggregate, entry, peerId);
    if (electorate === null || !this.startsRight(link, electorate)) return true;
    const verdict = await judgeClaim(aggregate, electorate, knownHeight, chain.context, votes);
    if (verdict === "good") await this.decide(aggregate);
    return verdict !== "lie";
  }

  /** Brings to the chain whoever a chain that conflicts with what is final here shows to have voted for both. */
  async inquire(theirs: readonly VoteAggregate[], fromHeight: number): Promise<void> {
    const inquiry = new ConflictInquiry(this.parts.chain, this.parts.votes);
    for (const evidence of await inquiry.compare(theirs, fromHeight)) this.parts.onOffence(evidence);
  }

  private async weigh(link: Link): Promise<void> {
    const { chain } = this.parts;
    const entry = isSecondRound(link) ? undefined : chain.index.get(link.target.hash);
    const electorate = this.electorateOf(entry) ?? this.electorateOf(chain.head);
    if (entry !== undefined && electorate !== undefined)
      await chain.weigh(entry, this.book.weightFor(link, electorate));
  }

  /** Looks whether a link is decided by now, and votes on. */
  private async settle(link: Link): Promise<void> {
    const { chain } = this.parts;
    const entry = chain.index.get(link.target.hash);
    const electorate = this.electorateOf(entry) ?? (await this.walks.forVotes(link, entry));
    if (electorate === undefined) return;
    await this.take(link, electorate);
    await this.consider();
  }

  /** Tells the chain of a link that the votes in the book decide, if they do and it does not know yet. */
  private async take(link: Link, electorate: Electorate): Promise<void> {
    if (!this.book.isDecided(link, electorate) || !this.startsRight(link, electorate)) return;
    const { finality } = this.parts.chain;
    const isKnown = isSecondRound(link)
      ? heightOfEpoch(link.target.epoch) <= finality.finalised.height
      : link.target.epoch <= finality.justified.epoch;
    const aggregate = isKnown ? null : await this.certificates.aggregate(link, electorate);
    if (!isKnown && aggregate === null) return;
    if (aggregate !== null) await this.decide(aggregate);
    // The second round may have been complete before the first.
    if (!isSecondRound(link)) await this.take(secondRoundOf(link.target), electorate);
  }

  /** Votes travel faster than blocks: what was heard before its block came is looked at once it is here. */
  private async takeHeard(): Promise<void> {
    const { chain } = this.parts;
    for (const link of this.book.firstRounds(chain.finality.finalised.height)) {
      const electorate = this.electorateOf(chain.index.get(link.target.hash));
      if (electorate !== undefined) await this.take(link, electorate);
    }
  }

  private async decide(aggregate: VoteAggregate): Promise<void> {
    await this.parts.chain.decide(aggregate);
    this.parts.onDecided();
    this.book.forget(this.parts.chain.finality.finalised.height);
    this.act();
  }

  /** Whether a link starts at what its branch holds justified; for a second round, whether the first is decided. */
  private startsRight(link: Link, electorate: Electorate): boolean {
    if (!isSecondRound(link)) return equalCheckpoints(link.source, electorate.record.justified);
    const { justified } = this.parts.chain.finality;
    if (equalCheckpoints(link.source, justified)) return true;
    return this.book.isDecided({ source: electorate.record.justified, target: link.source }, electorate);
  }

  private electorateOf(entry: HeaderEntry | undefined): Electorate | undefined {
    return entry === undefined ? undefined : this.parts.chain.finality.electorateAt(entry);
  }

  /** A vote of our own key that we did not cast: another copy of this node votes. We do not vote against it. */
  private async watchOwn({ key, link }: Vote): Promise<void> {
    const { voter } = this.parts;
    if (!equalBytes(key, voter.key)) return;
    const last = voter.newest;
    if (last !== null && link.target.epoch <= last.target.epoch) return;
    await voter.heed(link);
    this.parts.onDouble();
  }

  private act(): void {
    void this.consider().catch((error: unknown) => this.parts.onFailure(error));
  }

  /** Casts every vote that can be cast now. */
  private async consider(): Promise<void> {
    if (this.stopped) return;
    if (this.considering) {
      this.again = true;
      return;
    }
    this.considering = true;
    try {
      do {
        this.again = false;
        for (let link = this.next(); link !== null && !this.stopped; link = this.next()) {
          const vote = await this.parts.voter.sign(link);
          if (vote === null) break;
          this.choice.onCast(link);
          // Another copy of this node was faster: this vote leaves neither by itself nor in a certificate.
          if (this.book.offended(vote) !== undefined) {
            this.parts.onDouble();
            break;
          }
          this.book.add(vote);
          void this.parts.publish(vote);
          await this.weigh(link);
          const electorate = this.electorateOf(this.parts.chain.index.get(link.target.hash));
          if (electorate !== undefined) await this.take(link, electorate);
        }
      } while (this.again);
    } finally {
      this.considering = false;
    }
  }

  private next(): Link | null {
    const { link, againInMs } = this.choice.next();
    if (againInMs !== null && !this.stopped) {
      this.cancelTimer?.();
      this.cancelTimer = this.parts.clock.schedule(againInMs, () => this.act());
    }
    return link;
  }
}
