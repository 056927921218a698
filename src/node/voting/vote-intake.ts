/**
 * Votes from peers on their way into the book: cheap looks first, then signatures in batches. A vote for a block that is
 * not here yet waits, verified, until the block is applied.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { signedByOne, signedLinkCheck, type Vote } from "#protocol/consensus/certificate.ts";
import { equalLinks, heightOfEpoch, isSecondRound, type Link, secondRoundOf } from "#protocol/consensus/votes.ts";
import { hasVote, voterWithKey } from "#protocol/programs/stake.ts";
import { type Rejected, rejected } from "#protocol/result.ts";
import type { Chain } from "../chain.ts";
import type { VoteSignatures } from "../ports.ts";
import type { VoteBook, VoteOutcome } from "./vote-book.ts";
import { verdictsOn } from "./vote-verdicts.ts";

/** Signatures checked together at most. */
const batchVotes = 64;

/** Votes whose signatures wait to be checked; beyond that new ones are not taken. */
const mostUnchecked = 2_048;

/** What is wrong with the form of a link, whoever signs it. */
export function linkError(link: Link): Rejected | null {
  const { source, target } = link;
  const wellFormed = isSecondRound(link)
    ? equalLinks(link, secondRoundOf(source))
    : source.epoch % 2 === 0 && source.epoch < target.epoch;
  return wellFormed ? null : rejected("bad-vote", "A vote has a form that no voter gives it.");
}

interface Unchecked {
  readonly vote: Vote;
  settle(outcome: VoteOutcome | Rejected | null): void;
}

/** Takes votes into a book. */
export class VoteIntake {
  private readonly chain: Chain;
  private readonly book: VoteBook;
  private readonly votes: Pick<VoteSignatures, "verifyBatch">;
  private readonly queue: Unchecked[] = [];
  private checking = false;

  constructor(chain: Chain, book: VoteBook, votes: Pick<VoteSignatures, "verifyBatch">) {
    this.chain = chain;
    this.book = book;
    this.votes = votes;
  }

  /**
   * Takes a vote; gives what became of it, a refusal that its sender must answer for, or null if it is of no use here and
   * nobody's fault.
   */
  take(vote: Vote): Promise<VoteOutcome | Rejected | null> {
    const wrong = linkError(vote.link);
    if (wrong !== null) return Promise.resolve(wrong);
    if (this.book.has(vote)) return Promise.resolve({ type: "known" });
    const full = this.queue.length >= mostUnchecked;
    if (full || !this.book.isTimely(vote.link, this.chain.head.height) || !this.mayCount(vote))
      return Promise.resolve(null);
    return new Promise((settle) => {
      this.queue.push({ vote, settle });
      void this.check();
    });
  }

  /** Whether the voter votes, here or on the branch that the vote is about, as far as that is known. */
  private mayCount({ link, key }: Vote): boolean {
    const { index, finality } = this.chain;
    const target = index.get(link.target.hash);
    if (target !== undefined && target.height !== heightOfEpoch(link.target.epoch)) return false;
    const electorates = [target, this.chain.head].flatMap((entry) =>
      entry === undefined ? [] : (finality.electorateAt(entry) ?? []),
    );
    return electorates.some(({ voters }) => {
      const voter = voterWithKey(voters, key);
      return voter !== undefined && hasVote(voter);
    });
  }

  private async check(): Promise<void> {
    if (this.checking) return;
    this.checking = true;
    try {
      while (this.queue.length > 0) {
        const batch = this.queue.splice(0, batchVotes);
        const good = await this.verify(batch);
        if (good === null) {
          for (const { settle } of batch) settle(null);
          continue;
        }
        for (const [i, { vote, settle }] of batch.entries()) {
          const bad = rejected("bad-vote", `The signature of a vote by ${toHex(vote.key)} is wrong.`);
          settle(good[i] === true ? this.book.add(vote) : bad);
        }
      }
    } finally {
      this.checking = false;
    }
  }

  /** Which signatures are good; null if nobody could tell: a verifier that failed is not the voters' fault. */
  private verify(batch: readonly Unchecked[]): Promise<readonly boolean[] | null> {
    const { networkId } = this.chain.context;
    const checks = batch.map(({ vote }) => signedLinkCheck(networkId, signedByOne(vote)));
    return verdictsOn(this.votes, checks);
  }
}
