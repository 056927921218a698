/**
 * Looks for the guilty when a peer's chain leaves ours below what is final: compares the certificates of both.
 * @module
 */
import { type OffencePair, offencesBetween } from "#protocol/consensus/accountability.ts";
import { type SignedLink, signedLinkCheck, slotsOf, type VoteAggregate } from "#protocol/consensus/certificate.ts";
import { readVoters } from "#protocol/programs/stake.ts";
import type { Chain } from "../chain.ts";
import type { VoteSignatures } from "../ports.ts";

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
    return offencesBetween(await this.signed(await this.ours(fromHeight)), await this.signed(theirs));
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
   * Names who signed by our list of voters. A seat that another chain gave to somebody else gives a wrong name, and then
   * the signature does not hold: only what verifies is evidence.
   */
  private async signed(aggregates: readonly VoteAggregate[]): Promise<readonly SignedLink[]> {
    const { context, state } = this.chain;
    const keyOf = new Map(readVoters(state).map(({ slot, key }) => [slot, key]));
    const named = aggregates.flatMap(({ link, signers, signature }): SignedLink[] => {
      const keys = (slotsOf(signers) ?? []).map((slot) => keyOf.get(slot)).filter((key) => key !== undefined);
      return keys.length === 0 ? [] : [{ link, keys, signature }];
    });
    const good = await this.votes.verifyBatch(named.map((one) => signedLinkCheck(context.networkId, one)));
    return named.filter((_, i) => good[i] === true);
  }
}
