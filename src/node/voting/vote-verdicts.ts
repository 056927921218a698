/**
 * Verdicts on signatures of votes where a verifier may fail: its worker died, its module did not load.
 * @module
 */
import type { BlsCheck } from "#protocol/crypto/bls-check.ts";
import type { VoteSignatures } from "../ports.ts";

/** Which checks hold; null if nobody could tell. That is nobody's fault: whoever needs to know asks again later. */
export async function verdictsOn(
  votes: Pick<VoteSignatures, "verifyBatch">,
  checks: readonly BlsCheck[],
): Promise<readonly boolean[] | null> {
  try {
    return await votes.verifyBatch(checks);
  } catch {
    return null;
  }
}
