/**
 * What can be concluded from votes by somebody who has not followed the chain, only knows one block to be final (its
 * checkpoint) and is shown another one above it. A checkpoint is a block's hash: it binds the header, so the state root,
 * so who voted then and with what weight, and everything below it by the chain of hashes.
 *
 * A forger without stake can make headers (that takes work alone) which name any state, with voters of its own who all
 * sign: so the shown block's own electorate proves nothing by itself. More than a third of those who voted at the
 * checkpoint must be among the signers: one of them at least is honest, has executed the shown block and so vouches for
 * its state and electorate, of which more than two thirds then make it final. Every signer must have had a seat at the
 * checkpoint: a made-up list could otherwise name honest keys beside one that cancels them (a rogue key), and only seats
 * of a state that honest nodes have executed come with proofs of possession. Keys of voters who left and took their coins
 * are for sale and cost nothing to sign with again; so a checkpoint older than unbonding takes vouches for what is below it
 * and for nothing above: {@link answersUntilMs} says until when.
 * @module
 */
import { toHex } from "../codec/bytes.ts";
import { record, type Schema } from "../codec/schema.ts";
import type { BlsCheck } from "../crypto/bls-check.ts";
import { proveState, type StateProof, stateProofSchema, verifyStateProof } from "../ledger/state-proof.ts";
import type { StateTree } from "../ledger/state-tree.ts";
import type { NetworkParameters } from "../parameters.ts";
import {
  decodeVoters,
  isSupermajority,
  type SeatedVoter,
  standingsKey,
  totalWeights,
  votersInSlots,
  votersKey,
} from "../programs/stake.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { signedBy, signedLinkCheck, type VoteAggregate } from "./certificate.ts";
import { equalLinks, isSecondRound, secondRoundOf } from "./votes.ts";

/** Who votes after a block, proved against the state root of its header. */
export interface ElectorateProof {
  readonly voters: StateProof;
  readonly standings: StateProof;
}

/** Wire form of {@link ElectorateProof}. */
export const electorateProofSchema: Schema<ElectorateProof> = record<ElectorateProof>({
  voters: stateProofSchema,
  standings: stateProofSchema,
});

/** Proves who votes after the block with this state. */
export function proveElectorate(state: StateTree): ElectorateProof {
  return { voters: proveState(state, votersKey), standings: proveState(state, standingsKey) };
}

/** Who votes after the block whose header names this root; nobody where the proof shows that there is no list. */
export function readElectorate(stateRoot: Uint8Array, proof: ElectorateProof): Result<readonly SeatedVoter[]> {
  const voters = verifyStateProof(stateRoot, votersKey, proof.voters);
  if (!voters.ok) return voters;
  const standings = verifyStateProof(stateRoot, standingsKey, proof.standings);
  return standings.ok ? decodeVoters(voters.value, standings.value) : standings;
}

/** Until when those who voted at a checkpoint answer for what they sign with coins they cannot have back yet, Unix ms. */
export function answersUntilMs(checkpointTimeMs: number, { finality, blockIntervalMs }: NetworkParameters): number {
  return checkpointTimeMs + finality.unbondingBlocks * blockIntervalMs;
}

/** Whether more than a third of an electorate, the present one and the one before (if anybody is left of it), is among some keys. */
function holdsMoreThanAThird(electorate: readonly SeatedVoter[], names: ReadonlySet<string>): boolean {
  const all = totalWeights(electorate);
  const among = totalWeights(electorate.filter(({ key }) => names.has(toHex(key))));
  const isEnoughBefore = all.previousNano === 0n || 3n * among.previousNano > all.previousNano;
  return isEnoughBefore && 3n * among.activeNano > all.activeNano;
}

/**
 * Checks all but the signature of votes that are said to make their target final; gives the signature to check.
 * `electorate` is who votes by the state shown, `trusted` who voted at the checkpoint (null: no checkpoint, and then the
 * outcome is no better than what vouches for the state).
 */
export function finalityCheck(
  networkId: Uint8Array,
  aggregate: VoteAggregate,
  electorate: readonly SeatedVoter[],
  trusted: readonly SeatedVoter[] | null,
): Result<BlsCheck> {
  const { link, signers } = aggregate;
  if (!isSecondRound(link) || !equalLinks(link, secondRoundOf(link.source)))
    return rejected("wrong-certificate", "These are no votes that make a block final.");
  const signed = votersInSlots(electorate, signers);
  if (signed === null || !isSupermajority(electorate, signed))
    return rejected("wrong-certificate", "No two thirds of those who vote by the state shown have signed.");
  if (trusted !== null) {
    const seats = new Set(trusted.map(({ key }) => toHex(key)));
    const names = new Set(signed.map(({ key }) => toHex(key)));
    if ([...names].some((name) => !seats.has(name)) || !holdsMoreThanAThird(trusted, names)) {
      return rejected(
        "unknown-voters",
        "Others sign than voted at the checkpoint: it is too old for this. Take a newer one.",
      );
    }
  }
  return accepted(signedLinkCheck(networkId, signedBy(aggregate, signed)));
}
