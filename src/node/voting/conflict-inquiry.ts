/**
 * Looks for the guilty when a peer's chain leaves ours below what is final: compares the certificates of both.
 * @module
 */
import { type OffencePair, offencesBetween } from "#protocol/consensus/accountability.ts";
import { type SignedLink, signedBy, signedLinkCheck, type VoteAggregate } from "#protocol/consensus/certificate.ts";
import { readVoters, type SeatedVoter, votersInSlots } from "#protocol/programs/stake.ts";
import type { Chain } from "../chain.ts";
import type { VoteSignatures } from "../ports.ts";
import { verdictsOn } from "./vote-verdicts.ts";

/** Our newest blocks whose certificates are compared: a conflict is older only if nobody looked for so long. */
const comparedBlocks = 512;

/** Compares the certificates of conflicting chains. */
export class ConflictInquiry {
  private readonly chain: Chain;
  private readonly votes: Pick<VoteSignatures, "verifyBatch">;

  constructor(chain: Chain, votes: Pick<VoteSignatures, "verifyBatch">) {
    this.chain = chain;
    this.votes = votes;
  }

  /** What a chain's certificates and ours show together; `fromHeight`: where the chains part. */
  async compare(theirs: readonly VoteAggregate[], fromHeight: number): Promise<readonly OffencePair[]> {
    const seatings = await this.seatings(fromHeight);
    const ours = await this.signed(await this.ours(fromHeight), seatings);
    return offencesBetween(ours, await this.signed(theirs, seatings));
  }

  /**
   * Who sat where when the chains parted, and who does now. Until either has finalised something both have the voters of
   * that time, and among these votes are more than a third who signed on both sides; seats may have changed hands since.
   */
  private async seatings(fromHeight: number): Promise<readonly (readonly SeatedVoter[])[]> {
    const { index, finality, state } = this.chain;
    const parted = Math.max(0, fromHeight - 1);
    const entry = index.at(parted);
    const then = entry === undefined ? undefined : finality.electorateAt(entry)?.voters;
    const before = then === undefined ? await this.chain.stateAt(parted) : null;
    return [then ?? (before === null ? [] : readVoters(before)), readVoters(state)];
  }

  private async ours(fromHeight: number): Promise<readonly VoteAggregate[]> {
    const { head, index, bodies, finality } = this.chain;
    const found = [finality.mark.justifiedBy, finality.mark.finalisedBy].filter((one) => one !== null);
    for (let height = Math.max(1, fromHeight, head.height - comparedBlocks); height <= head.height; height++) {
      const entry = index.at(height);
      if (entry === undefined || entry.header.finality === null) continue;
      const body = await bodies.of(entry);
      if (body.ok) found.push(...(body.value.certificate ?? []));
    }
    return found;
  }

  /**
   * Names who signed, by one list of voters or another. A seat that belonged to somebody else gives a wrong name, and then
   * the signature does not hold: only what verifies is evidence. What cannot be checked now is none; the next inquiry looks again.
   */
  private async signed(
    aggregates: readonly VoteAggregate[],
    seatings: readonly (readonly SeatedVoter[])[],
  ): Promise<readonly SignedLink[]> {
    const found: SignedLink[] = [];
    let open = aggregates;
    for (const seats of seatings) {
      const named = open.map((aggregate) => ({ aggregate, signed: namedBy(aggregate, seats) }));
      const checks = named.flatMap(({ signed }) =>
        signed === null ? [] : [signedLinkCheck(this.chain.context.networkId, signed)],
      );
      const good = ((await verdictsOn(this.votes, checks)) ?? []).values();
      open = named.flatMap(({ aggregate, signed }) => {
        if (signed === null || good.next().value !== true) return [aggregate];
        found.push(signed);
        return [];
      });
    }
    return found;
  }
}

/** An aggregate with its signers' keys by a list of voters; null if a seat of it is nobody's there. */
function namedBy(aggregate: VoteAggregate, seats: readonly SeatedVoter[]): SignedLink | null {
  const signers = votersInSlots(seats, aggregate.signers);
  return signers === null || signers.length === 0 ? null : signedBy(aggregate, signers);
}
