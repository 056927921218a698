/**
 * `stake.withdraw`: the coins of a voter that left long enough ago come back, with what it earned and without what it lost.
 * @module
 */
import { formerWrite } from "../../programs/former-voters.ts";
import { hasNoWeight, voterWrites } from "../../programs/stake.ts";
import { accepted, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import { noEffect, type Rule } from "./rule.ts";
import { takenStake } from "./stake.ts";

/** The first input is the stake; its time must be over, and no electorate that still decides may count it. */
export const stakeWithdraw: Rule<Extract<Command, { type: "stake.withdraw" }>> = (_command, context) => {
  const taken = takenStake(context);
  if (!taken.ok) return taken;
  const { voter, voters } = taken.value;
  if (voter.exitHeight === null) {
    return rejected("stake-locked", "The voter still votes; take it out with stake.exit first.");
  }
  const { unbondingBlocks } = context.parameters.finality;
  const freeHeight = voter.exitHeight + unbondingBlocks;
  if (context.height < freeHeight) {
    const message = `The stake is bonded until block ${freeHeight}; the next block is ${context.height}.`;
    return rejected("stake-locked", message, { freeHeight });
  }
  if (!hasNoWeight(voter)) {
    const message = "The voter still counts, for no block has become final since it left; try again once one has.";
    return rejected("stake-locked", message);
  }
  const left = voters.filter(({ slot }) => slot !== voter.slot);
  return accepted({
    ...noEffect,
    takes: 1,
    lockedNano: -voter.balanceNano,
    writes: [
      ...voterWrites(context.values, left),
      formerWrite(context.values, voter.key, context.height, unbondingBlocks),
    ],
  });
};
