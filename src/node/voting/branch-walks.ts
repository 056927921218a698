/**
 * Who votes on a branch that is not ours, for which it has to be applied: work that a peer must not get for nothing. It is
 * done for what more than half of our own electorate has signed; and for what a peer only says is decided (others may vote
 * there) once in a while.
 * @module
 */
import { signedBy, signedLinkCheck, type VoteAggregate } from "#protocol/consensus/certificate.ts";
import { heightOfEpoch, type Link } from "#protocol/consensus/votes.ts";
import { putNewest } from "#protocol/newest.ts";
import { totalWeights, votersInSlots } from "#protocol/programs/stake.ts";
import type { Chain } from "../chain.ts";
import type { Electorate } from "../finality-view.ts";
import type { HeaderEntry } from "../header-index.ts";
import type { Clock, VoteSignatures } from "../ports.ts";
import type { VoteBook } from "./vote-book.ts";
import { verdictsOn } from "./vote-verdicts.ts";

/** How often a branch is applied on a peer's word alone. */
export const walkLimits = {
  /** One a peer in this time. */
  everyMs: 60_000,
  /** Peers that are remembered for it. */
  peers: 1_000,
} as const;

/** What walks are made with. */
export interface BranchWalkParts {
  readonly chain: Chain;
  readonly votes: Pick<VoteSignatures, "verifyBatch">;
  readonly clock: Pick<Clock, "nowMs">;
}

/** Learns electorates of other branches. */
export class BranchWalks {
  private readonly parts: BranchWalkParts;
  private readonly book: VoteBook;
  private readonly lastMs = new Map<string, number>();

  constructor(parts: BranchWalkParts, book: VoteBook) {
    this.parts = parts;
    this.book = book;
  }

  /** Who votes after a block of another branch that votes in the book are about; undefined if that is not worth a walk. */
  async forVotes(link: Link, entry: HeaderEntry | undefined): Promise<Electorate | undefined> {
    const { chain } = this.parts;
    const ours = chain.finality.electorateAt(chain.head);
    if (entry === undefined || ours === undefined || heightOfEpoch(link.target.epoch) !== entry.height)
      return undefined;
    if (!isMoreThanHalf(this.book.weightFor(link, ours), ours)) return undefined;
    return (await chain.electorateAfter(entry)) ?? undefined;
  }

  /** Who votes after a block that a peer says is decided; null if that cannot be known, or not on this peer's word now. */
  async forDecision(aggregate: VoteAggregate, entry: HeaderEntry, peerId: string): Promise<Electorate | null> {
    const { chain } = this.parts;
    const known = chain.finality.electorateAt(entry);
    if (known !== undefined) return known;
    if (!chain.mayApply(entry)) return null;
    if (!(await this.isSignedByHalf(aggregate)) && !this.takesTurn(peerId)) return null;
    return chain.electorateAfter(entry);
  }

  /** Whether those who have these seats by our head, and more than half of its weight, have signed. */
  private async isSignedByHalf(aggregate: VoteAggregate): Promise<boolean> {
    const { chain, votes } = this.parts;
    const ours = chain.finality.electorateAt(chain.head);
    const seated = ours === undefined ? null : votersInSlots(ours.voters, aggregate.signers);
    if (ours === undefined || seated === null || !isMoreThanHalf(totalWeights(seated).activeNano, ours)) return false;
    const check = signedLinkCheck(chain.context.networkId, signedBy(aggregate, seated));
    return (await verdictsOn(votes, [check]))?.[0] === true;
  }

  private takesTurn(peerId: string): boolean {
    const nowMs = this.parts.clock.nowMs();
    const lastMs = this.lastMs.get(peerId);
    if (lastMs !== undefined && nowMs - lastMs < walkLimits.everyMs) return false;
    putNewest(this.lastMs, peerId, nowMs, walkLimits.peers);
    return true;
  }
}

function isMoreThanHalf(weightNano: bigint, { voters }: Electorate): boolean {
  return 2n * weightNano > totalWeights(voters).activeNano;
}
