/**
 * Verifies what executing blocks leaves open: signatures, votes and proofs of compute, in batches and off the thread.
 * @module
 */
import type { SegmentClaim } from "#protocol/consensus/proof-of-compute.ts";
import type { AppliedBlock } from "#protocol/ledger/apply.ts";
import type { SignatureCache } from "#protocol/ledger/signature-cache.ts";
import { type Rejected, rejected } from "#protocol/result.ts";
import type { HeaderEntry } from "./header-index.ts";
import type { SegmentVerifier, SignatureVerifier, VoteSignatures } from "./ports.ts";
import type { SegmentStatements } from "./segment-statements.ts";

/** What blocks are verified with. */
export interface VerificationPorts {
  readonly signatureVerifier: SignatureVerifier;
  readonly segmentVerifier: SegmentVerifier;
  readonly votes: Pick<VoteSignatures, "verifyBatch">;
  readonly statements: SegmentStatements;
}

/** A proof of compute that is still to be verified, with the block that carries it. */
export interface BlockClaim {
  readonly entry: HeaderEntry;
  readonly claim: SegmentClaim;
}

/** Why a block without a good proof is refused. */
export const unprovedBlock = rejected("bad-proof", "The proof is not one of the segment its proposer had to prove.");

/** Verifies all signatures in a block that the cache does not know; what is wrong, or null. */
export async function verifySignatures(
  { unverified, certificateChecks }: Pick<AppliedBlock, "unverified" | "certificateChecks">,
  known: SignatureCache,
  ports: Pick<VerificationPorts, "signatureVerifier" | "votes">,
): Promise<Rejected | null> {
  const checks = unverified.flatMap((transaction) => transaction.checks);
  const voteChecks = [...certificateChecks, ...unverified.flatMap((transaction) => transaction.voteChecks)];
  const [good, goodVotes] = await Promise.all([
    checks.length === 0 ? [] : ports.signatureVerifier.verifyBatch(checks),
    voteChecks.length === 0 ? [] : ports.votes.verifyBatch(voteChecks),
  ]);
  if (!good.every(Boolean) || !goodVotes.every(Boolean)) {
    return rejected("bad-signature", "A signature in the block is wrong.");
  }
  for (const { prepared } of unverified) known.add(prepared.leafHash);
  return null;
}

/** Verifies proofs in one batch; gives the first block whose proof is bad, or null. */
export async function firstUnproved(
  claims: readonly BlockClaim[],
  { segmentVerifier, statements }: Pick<VerificationPorts, "segmentVerifier" | "statements">,
): Promise<HeaderEntry | null> {
  const good = await segmentVerifier.verifyBatch(claims.map(({ claim }) => statements.claimOf(claim)));
  return claims[good.indexOf(false)]?.entry ?? null;
}
