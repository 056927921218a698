/**
 * What somebody's word is worth that votes have decided something. It is judged by those who vote after the block that the
 * votes are about. Whoever learnt of it from a later block was told by the voters of that time: absent weight may have leaked
 * or been slashed until fewer signatures were enough, others may have bonded since, and a seat may have become another's.
 * That block says so itself once it is here; until then such a word is worth nothing, and nobody's fault.
 * @module
 */
import { signedBy, signedLinkCheck, slotsOf, type VoteAggregate } from "#protocol/consensus/certificate.ts";
import { keepSeats } from "#protocol/consensus/seat-tenure.ts";
import { heightOfEpoch } from "#protocol/consensus/votes.ts";
import type { ExecutionContext } from "#protocol/ledger/apply.ts";
import { isSupermajority, votersInSlots } from "#protocol/programs/stake.ts";
import type { Electorate } from "../finality-view.ts";
import type { HeaderEntry } from "../header-index.ts";
import type { VoteSignatures } from "../ports.ts";
import { linkError } from "./vote-intake.ts";
import { verdictsOn } from "./vote-verdicts.ts";

/** `lie`: nobody honest can have been told so. `unknown`: it cannot be judged here and now. */
export type ClaimVerdict = "good" | "lie" | "unknown";

/** Whether votes about a block have a form that no voter and no block gives them. */
export function isMisshapen({ link, signers }: VoteAggregate, { height }: HeaderEntry): boolean {
  return linkError(link) !== null || height !== heightOfEpoch(link.target.epoch) || slotsOf(signers) === null;
}

/** Judges such a word about a block with this electorate, said on a chain of `knownHeight` blocks or some more. */
export async function judgeClaim(
  aggregate: VoteAggregate,
  { voters }: Electorate,
  knownHeight: number,
  { networkId, parameters }: Pick<ExecutionContext, "networkId" | "parameters">,
  votes: Pick<VoteSignatures, "verifyBatch">,
): Promise<ClaimVerdict> {
  const signers = votersInSlots(voters, aggregate.signers);
  if (signers === null || !isSupermajority(voters, signers)) return "unknown";
  const verdicts = await verdictsOn(votes, [signedLinkCheck(networkId, signedBy(aggregate, signers))]);
  if (verdicts === null) return "unknown";
  if (verdicts[0] === true) return "good";
  const height = heightOfEpoch(aggregate.link.target.epoch);
  return keepSeats(signers, height, knownHeight, parameters) ? "lie" : "unknown";
}
