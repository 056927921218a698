/**
 * `stake.exit`: a voter leaves. It weighs nothing in the electorates to come, and can still be slashed for what it signed.
 * @module
 */
import { voterWrites } from "../../programs/stake.ts";
import { accepted, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import { currentLock } from "../succession.ts";
import { noEffect, type Rule } from "./rule.ts";
import { takenStake, withVoter } from "./stake.ts";

/** The first input is the stake of a voter that has not left; the first output is the same again, under the key that stands for its. */
export const stakeExit: Rule<Extract<Command, { type: "stake.exit" }>> = (_command, context) => {
  const taken = takenStake(context);
  if (!taken.ok) return taken;
  const { output, voter, voters } = taken.value;
  if (voter.exitHeight !== null) {
    const freeHeight = voter.exitHeight + context.parameters.finality.unbondingBlocks;
    const message = `The voter has left already; its coins can be withdrawn from block ${freeHeight} on.`;
    return rejected("rule-violated", message, { freeHeight });
  }
  const writes = voterWrites(context.values, withVoter(voters, { ...voter, exitHeight: context.height }));
  return accepted({
    ...noEffect,
    takes: 1,
    makes: [{ ...output, lock: currentLock(context.values, output.lock) }],
    writes,
  });
};
