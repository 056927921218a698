/**
 * `stake.bond`: coins are bonded behind a key that votes. The voter counts once the block with its bond is final.
 * @module
 */
import { possessionDigest } from "../../consensus/certificate.ts";
import { limits } from "../../parameters.ts";
import { readVoters, seatedVoter, voterWithKey, voterWrites } from "../../programs/stake.ts";
import { accepted, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import { stakeOutput } from "../things.ts";
import { noEffect, type Rule } from "./rule.ts";

/** Enough coins, a key that nobody votes with, shown to be its owner's; the first output is the stake under one key. */
export const stakeBond: Rule<Extract<Command, { type: "stake.bond" }>> = (command, context) => {
  const { key, beaconKey, possession, stakeNano } = command;
  const leastNano = context.parameters.finality.minimumStakeNano;
  if (stakeNano < leastNano) {
    const message = `A voter needs a stake of at least ${leastNano} nano-AETH, not ${stakeNano}.`;
    return rejected("rule-violated", message, { leastNano });
  }
  const inNano = context.inputs.reduce((sum, { output }) => sum + output.amount, 0n);
  // Escrow counts in 64 bits: a stake beyond all coins must be refused before it is added.
  if (stakeNano > inNano) {
    return rejected("not-balanced", `The inputs hold ${inNano} nano-AETH; the stake is ${stakeNano}.`, { inNano });
  }
  const voters = readVoters(context.values);
  if (voterWithKey(voters, key) !== undefined) {
    return rejected("voter-exists", "This key votes already; take the stake back first, or vote with another key.");
  }
  const lock = context.transaction.outputs[0]?.lock;
  if (lock?.type !== "key") return rejected("rule-violated", "The first output must be the stake, under one key.");
  const voter = seatedVoter(voters, { key, owner: lock.keyHash, beaconKey }, stakeNano, context.height);
  if (voter === null) {
    return rejected("voters-full", `All ${limits.voters} places of voters are taken; wait until one leaves.`);
  }
  const message = possessionDigest(context.transaction.network, key, lock.keyHash);
  return accepted({
    ...noEffect,
    lockedNano: stakeNano,
    writes: voterWrites(context.values, [...voters, voter]),
    makes: [stakeOutput({ key }, lock)],
    voteChecks: [{ message, publicKeys: [key], signature: possession }],
  });
};
