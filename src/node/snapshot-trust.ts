/**
 * What vouches for a state that somebody else has executed. In this order: a block that is final to this device (its own
 * knowledge or its checkpoint) at or above it, through the chain of hashes; votes that make it final, of those who voted at
 * the final block this device knows (light-finality.ts says why that is needed and enough); and where this device knows no
 * final block, or only one so old that who voted then answers for nothing any more, or where nobody votes: work alone,
 * under more blocks. A chain that does not hold what is final here is never taken, whatever its work.
 * @module
 */

import type { Codec } from "#protocol/codec/schema.ts";
import type { VoteAggregate } from "#protocol/consensus/certificate.ts";
import {
  answersUntilMs,
  type ElectorateProof,
  finalityCheck,
  readElectorate,
} from "#protocol/consensus/light-finality.ts";
import { keepSeats } from "#protocol/consensus/seat-tenure.ts";
import { heightOfEpoch } from "#protocol/consensus/votes.ts";
import { type SyncRequest, syncAnswers } from "#protocol/messages/sync.ts";
import { hasVote, type SeatedVoter, votersInSlots } from "#protocol/programs/stake.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Chain } from "./chain.ts";
import type { Vouching } from "./finality-view.ts";
import type { HeaderEntry } from "./header-index.ts";
import type { OtherSide } from "./other-side.ts";
import type { Offence } from "./peer-scores.ts";
import type { VoteSignatures } from "./ports.ts";
import { verdictsOn } from "./voting/vote-verdicts.ts";

/** What is asked of peers, and with what their answers are checked. */
export interface SnapshotTrustParts {
  readonly chain: Chain;
  readonly votes: Pick<VoteSignatures, "verifyBatch">;
  ask<T>(peerId: string, request: SyncRequest, codec: Codec<T>): Promise<Result<T>>;
  networkTimeMs(): number;
  offend(peerId: string, offence: Offence, why: string): void;
}

/** Judges snapshots of blocks on the branch of headers that was fetched into the other side of the store. */
export class SnapshotTrust {
  private readonly parts: SnapshotTrustParts;
  private readonly other: Pick<OtherSide, "has">;

  constructor(parts: SnapshotTrustParts, other: Pick<OtherSide, "has">) {
    this.parts = parts;
    this.other = other;
  }

  /** Refuses a branch that ends at `tip` if it leaves what is final or justified here. */
  async checkBranch(tip: HeaderEntry): Promise<Result<null>> {
    const { finalised, justified } = this.parts.chain.finality;
    if (tip.height < finalised.height)
      return rejected("not-found", `The peer's chain ends before block ${finalised.height}, which is final here.`);
    if (finalised.height > 0 && !(await this.other.has(finalised))) {
      return rejected(
        "below-finalised",
        `It does not hold the block that is final here at height ${finalised.height}.`,
      );
    }
    const height = heightOfEpoch(justified.epoch);
    if (height > 0 && height <= tip.height && !(await this.other.has({ height, hash: justified.hash })))
      return rejected("not-found", `The peer's chain leaves block ${height}, which two thirds of the voters stand on.`);
    return accepted(null);
  }

  /** On what the state of a block may be believed, on a branch up to `tipHeight`; `deep`: enough work lies on it. */
  async vouchFor(peerId: string, entry: HeaderEntry, tipHeight: number, deep: boolean): Promise<Result<Vouching>> {
    const { finalised } = this.parts.chain.finality;
    // It may have become final since the branch was looked at.
    if (finalised.height > 0 && !(await this.other.has(finalised)))
      return rejected("not-found", `Block ${finalised.height} is final here now, and not on the peer's chain.`);
    if (finalised.height >= entry.height) return accepted({ by: "checkpoint", decision: null, finalised });
    const electorate = await this.electorateOf(peerId, entry);
    if (!electorate.ok) return electorate;
    const trusted = finalised.height === 0 ? accepted(null) : await this.trustedElectorate(peerId);
    if (!trusted.ok) return trusted;
    if (!electorate.value.some(hasVote)) {
      if (trusted.value?.some(hasVote))
        return rejected(
          "unknown-voters",
          "By this state nobody votes, though there were voters at what is final here.",
        );
      return deep
        ? accepted({ by: "work", decision: null, finalised })
        : rejected("not-found", "The snapshot is not deep enough.");
    }
    const decision = await this.decisionAbout(peerId, entry, tipHeight, electorate.value, trusted.value);
    if (!decision.ok) return decision;
    if (trusted.value !== null) return accepted({ by: "votes", decision: decision.value, finalised });
    // Voters that only the state itself names: they add nothing to the work, but a final block lacks neither.
    return deep
      ? accepted({ by: "work", decision: decision.value, finalised })
      : rejected("not-found", "The snapshot is not deep enough.");
  }

  private async decisionAbout(
    peerId: string,
    entry: HeaderEntry,
    tipHeight: number,
    electorate: readonly SeatedVoter[],
    trusted: readonly SeatedVoter[] | null,
  ): Promise<Result<VoteAggregate>> {
    const { ask, votes, chain, offend } = this.parts;
    const answer = await ask(peerId, { type: "decision", block: entry.hash }, syncAnswers.decision);
    if (!answer.ok) return answer;
    const { finalised } = answer.value;
    if (finalised === null) return rejected("not-found", "The peer cannot show that the snapshot's block is final.");
    const { target } = finalised.link;
    const height = heightOfEpoch(target.epoch);
    if (height < entry.height) offend(peerId, "bad-snapshot", "votes about another block");
    // Its chain may have grown or moved since it gave its headers.
    if (height < entry.height || !(await this.other.has({ height, hash: target.hash })))
      return rejected("not-found", "The peer showed votes about another block.");
    const check = finalityCheck(chain.context.networkId, finalised, electorate, trusted);
    const verdicts = check.ok ? await verdictsOn(votes, [check.value]) : [];
    if (verdicts === null) return rejected("not-found", "The votes that the peer showed could not be checked now.");
    if (verdicts[0] === true) return accepted(finalised);
    // Of a block above the snapshot's others may be the voters, and in the block that showed the votes a seat may have been
    // another's: then nobody has lied.
    if (!check.ok) return { ...check, code: check.code === "unknown-voters" ? check.code : "not-found" };
    const signers = votersInSlots(electorate, finalised.signers) ?? [];
    if (height === entry.height && keepSeats(signers, height, tipHeight, chain.context.parameters))
      offend(peerId, "bad-snapshot", "votes that nobody cast");
    return rejected("not-found", "The peer showed votes that those who vote at the snapshot's block did not cast.");
  }

  /** Who voted at what is final here; null if that is so long ago that they answer for nothing any more. */
  private async trustedElectorate(peerId: string): Promise<Result<readonly SeatedVoter[] | null>> {
    const { chain, networkTimeMs } = this.parts;
    const entry = await chain.reader.find(chain.finality.finalised.hash);
    if (entry === undefined) return rejected("not-found", "The header of what is final here is not known.");
    if (networkTimeMs() > answersUntilMs(entry.header.timeMs, chain.context.parameters)) return accepted(null);
    const own = chain.finality.electorateAt(entry);
    return own === undefined ? this.electorateOf(peerId, entry) : accepted(own.voters);
  }

  private async electorateOf(peerId: string, entry: HeaderEntry): Promise<Result<readonly SeatedVoter[]>> {
    const { ask, offend } = this.parts;
    const proof: Result<ElectorateProof> = await ask(
      peerId,
      { type: "electorate", block: entry.hash },
      syncAnswers.electorate,
    );
    if (!proof.ok) return proof;
    const electorate = readElectorate(entry.header.stateRoot, proof.value);
    if (!electorate.ok) offend(peerId, "bad-snapshot", electorate.message);
    return electorate;
  }
}
