/**
 * What is worth a vote of this node now. What may be signed at all is the voter's to say (voter.ts); this chooses so that
 * votes meet on one block, and so that nobody binds itself to a block that can never be shown as decided.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import type { Header } from "#protocol/consensus/header.ts";
import { equalLinks, heightOfEpoch, isSecondRound, type Link, secondRoundOf } from "#protocol/consensus/votes.ts";
import { hasVote, voterWithKey } from "#protocol/programs/stake.ts";
import type { Chain } from "../chain.ts";
import type { Electorate } from "../finality-view.ts";
import type { HeaderEntry } from "../header-index.ts";
import type { Clock } from "../ports.ts";
import { firstRoundFor } from "./certificates.ts";
import { freshMs } from "./vote-age.ts";
import type { VoteBook } from "./vote-book.ts";
import type { Voter } from "./voter.ts";

/** Waiting, in milliseconds. */
export const votePace = {
  /** A voter stays with a block that may still be decided for this long before it votes for a newer one. */
  patienceMs: 2_000,
  /**
   * A voter lets a new block settle for this long before it is the first to vote for it: blocks that are found at the same
   * time have then met, and votes do not split among them. Two ways through a network of slow links.
   */
  settlingMs: 500,
  /**
   * It lets a block that has a rival settle for longer: by then the votes of those who did not hear of the rival in time have
   * reached everybody and have broken the tie for all alike.
   */
  rivalSettlingMs: 900,
} as const;

/** Rivals remembered for one height: real work each, and more never come at once. */
const mostRivals = 8;

/** What the choice is made from. */
export interface VoteChoiceParts {
  readonly chain: Pick<Chain, "head" | "index" | "finality" | "context">;
  readonly book: VoteBook;
  readonly voter: Pick<Voter, "key" | "newest" | "maySign">;
  readonly clock: Pick<Clock, "nowMs">;
  /**
   * Network time at which this node started. It votes for no block made before: with a database that was brought back from a
   * copy, an earlier life of it may have voted for that block's rivals, and its journal would not know.
   */
  readonly startedAtMs: number;
  /** Time as the network has it. */
  networkTimeMs(): number;
}

/** The link to sign now, or when to look again if nothing else happens; neither: when something happens. */
export interface Choice {
  readonly link: Link | null;
  readonly againInMs: number | null;
}

const nothing: Choice = { link: null, againInMs: null };

/** Chooses for one node. */
export class VoteChoice {
  private readonly parts: VoteChoiceParts;
  private votedAtMs = Number.NEGATIVE_INFINITY;
  /** Names of blocks heard of at the height to come or just reached, whether their bodies are here or not. */
  private rivals: { height: number; names: string[] } = { height: 0, names: [] };
  /** When the newest height was first reached. */
  private reached = { height: 0, atMs: Number.NEGATIVE_INFINITY };

  constructor(parts: VoteChoiceParts) {
    this.parts = parts;
  }

  /** The head has moved. */
  onHead(): void {
    const { chain, clock } = this.parts;
    const { height } = chain.head;
    if (height > this.reached.height) this.reached = { height, atMs: clock.nowMs() };
  }

  /** Takes note of a header with real work: its body may take a while, and votes must not split over it. */
  noteHeader({ height }: Header, hash: Uint8Array): void {
    const { head } = this.parts.chain;
    if (height < this.rivals.height || height > head.height + 1) return;
    if (height > this.rivals.height) this.rivals = { height, names: [] };
    if (this.rivals.names.length < mostRivals) this.rivals.names.push(toHex(hash));
  }

  /** Takes note that a link has been signed. */
  onCast(link: Link): void {
    if (!isSecondRound(link)) this.votedAtMs = this.parts.clock.nowMs();
  }

  /** The next link worth our vote that may be signed. */
  next(): Choice {
    const { chain, voter } = this.parts;
    const electorate = chain.finality.electorateAt(chain.head);
    const self = electorate === undefined ? undefined : voterWithKey(electorate.voters, voter.key);
    if (electorate === undefined || self === undefined || !hasVote(self)) return nothing;
    const second = this.secondRound(electorate);
    if (second !== null && voter.maySign(second)) return { link: second, againInMs: null };
    const first = this.firstRound(electorate);
    if (first.link === null) return first;
    if (!voter.maySign(first.link)) return nothing;
    const leftMs = this.patienceLeftMs(first.link);
    return leftMs > 0 ? { link: null, againInMs: leftMs } : first;
  }

  /** The second round of the newest justified block, while it is open. */
  private secondRound(ofHead: Electorate): Link | null {
    const { head, index, finality } = this.parts.chain;
    const { justified, finalised } = finality;
    const height = heightOfEpoch(justified.epoch);
    const entry = index.get(justified.hash);
    const open =
      entry !== undefined &&
      height > finalised.height &&
      this.isOfThisLife(entry) &&
      finality.descends(head, { height, hash: justified.hash });
    // A block of ours shows it already: then nobody can bind itself to what no block shows.
    const fresh = open && (ofHead.record.justified.epoch >= justified.epoch || this.isFresh(entry));
    return fresh ? secondRoundOf(justified) : null;
  }

  /** The block to vote for: where others already vote, so that votes meet; else the head. */
  private firstRound(ofHead: Electorate): Choice {
    const { chain, clock } = this.parts;
    const joined = this.joined(ofHead);
    const settlesMs = this.reached.atMs + this.settlingMs(chain.head) - clock.nowMs();
    const isOpen = settlesMs > 0 && this.rivalsOf(chain.head).length > 0;
    if (joined !== null && !(isOpen && equalBytes(joined.target.hash, chain.head.hash))) {
      return { link: joined, againInMs: null };
    }
    if (chain.head.height <= chain.finality.finalised.height || !this.isVotable(chain.head)) return nothing;
    return settlesMs > 0
      ? { link: null, againInMs: settlesMs }
      : { link: firstRoundFor(chain.head, ofHead), againInMs: null };
  }

  /** Of the blocks of our chain that others vote for the one with most of their stake. */
  private joined(ofHead: Electorate): Link | null {
    const { chain, voter, book } = this.parts;
    const { index, finality } = chain;
    const above = Math.max(finality.finalised.height, heightOfEpoch(voter.newest?.target.epoch ?? 0));
    const links = book.firstRounds(above).filter((link) => {
      const entry = index.get(link.target.hash);
      const electorate = entry === undefined ? undefined : finality.electorateAt(entry);
      return (
        entry !== undefined &&
        electorate !== undefined &&
        index.isCanonical(entry) &&
        this.isVotable(entry) &&
        equalLinks(link, firstRoundFor(entry, electorate)) &&
        voter.maySign(link)
      );
    });
    const weight = (link: Link): bigint => book.weightFor(link, ofHead);
    const [best] = links.sort((a, b) => (weight(b) > weight(a) ? 1 : weight(b) < weight(a) ? -1 : 0));
    return best ?? null;
  }

  /** Longer beside a rival; longest while one is on its way that will be preferred for its smaller hash once it is here. */
  private settlingMs(head: HeaderEntry): number {
    const rivals = this.rivalsOf(head);
    if (rivals.length === 0) return votePace.settlingMs;
    const isAwaited = (rival: string): boolean =>
      rival < head.name && this.parts.chain.index.named(rival)?.hasBody !== true;
    return rivals.some(isAwaited) ? votePace.patienceMs : votePace.rivalSettlingMs;
  }

  /** Names of other blocks of a height that may be preferred by others. */
  private rivalsOf({ height, name }: HeaderEntry): readonly string[] {
    if (this.rivals.height !== height) return [];
    return this.rivals.names.filter((rival) => rival !== name && this.parts.chain.index.named(rival)?.invalid == null);
  }

  /** How long it is too early for a newer block because the one we voted for may still be decided. */
  private patienceLeftMs({ target }: Link): number {
    const { chain, voter, clock, book } = this.parts;
    const last = voter.newest;
    if (last === null || heightOfEpoch(last.target.epoch) <= chain.finality.finalised.height) return 0;
    const entry = chain.index.get(last.target.hash);
    if (entry === undefined || !chain.index.isCanonical(entry) || equalBytes(target.hash, last.target.hash)) return 0;
    const electorate = chain.finality.electorateAt(entry);
    if (!isSecondRound(last) && electorate !== undefined && book.isHopeless(last, electorate)) return 0;
    return this.votedAtMs + votePace.patienceMs - clock.nowMs();
  }

  private isOfThisLife({ header }: HeaderEntry): boolean {
    return header.timeMs >= this.parts.startedAtMs;
  }

  /** Whether a block is young enough that blocks to come can still show its votes. */
  private isFresh({ header }: HeaderEntry): boolean {
    const { chain, networkTimeMs } = this.parts;
    return header.timeMs > networkTimeMs() - freshMs(chain.context.parameters);
  }

  /** Whether the first round may be voted for a block at all. */
  private isVotable(entry: HeaderEntry): boolean {
    return this.isOfThisLife(entry) && this.isFresh(entry);
  }
}
