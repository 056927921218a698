/**
 * What the rules about stakes share.
 * @module
 */
import { readVoters, type SeatedVoter, voterWithKey } from "../../programs/stake.ts";
import { accepted, type Result, rejected } from "../../result.ts";
import { stakeOf } from "../things.ts";
import type { Output } from "../transaction.ts";
import type { RuleContext } from "./rule.ts";

/** A stake that a transaction consumes first: its output, the voter it belongs to, and all voters. */
export interface TakenStake {
  readonly output: Output;
  readonly voter: SeatedVoter;
  readonly voters: readonly SeatedVoter[];
}

/** The stake that a transaction consumes first. */
export function takenStake({ inputs, values }: RuleContext): Result<TakenStake> {
  const output = inputs[0]?.output;
  const stake = output === undefined ? null : stakeOf(output);
  if (output === undefined || stake === null) return rejected("rule-violated", "The first input must be a stake.");
  const voters = readVoters(values);
  const voter = voterWithKey(voters, stake.key);
  // In the pool a stake may build on a bond that is in no block yet.
  if (voter === undefined) return rejected("missing-output", "The stake is not bonded in a block yet; wait for one.");
  return accepted({ output, voter, voters });
}

/** The same voters but one. */
export function withVoter(voters: readonly SeatedVoter[], changed: SeatedVoter): readonly SeatedVoter[] {
  return voters.map((voter) => (voter.slot === changed.slot ? changed : voter));
}
