/**
 * `stake.slash`: two links that nobody may sign both, each with signatures. Whoever signed both loses a share of its stake
 * and its place. Anyone may bring it; it needs no coins, so that a node can do it by itself.
 * @module
 */
import { toHex } from "../../codec/bytes.ts";
import { culpritsOf } from "../../consensus/accountability.ts";
import { signedLinkCheck } from "../../consensus/certificate.ts";
import { offenceOf } from "../../consensus/votes.ts";
import { formerKeys } from "../../programs/former-voters.ts";
import { readVoters, voterWrites } from "../../programs/stake.ts";
import { accepted, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import { noEffect, type Rule } from "./rule.ts";

/** At least one voter that has not been slashed yet must have signed both; who has left with its stake is passed over. */
export const stakeSlash: Rule<Extract<Command, { type: "stake.slash" }>> = (command, context) => {
  const { first, second } = command;
  const { network } = context.transaction;
  if (offenceOf(first.link, second.link) === null) {
    return rejected("no-offence", "A voter may sign both of these votes.");
  }
  const both = new Set(culpritsOf(command));
  if ([first, second].some(({ keys }) => new Set(keys.map(toHex)).size !== keys.length)) {
    return rejected("rule-violated", "A key is named twice.");
  }
  const seated = readVoters(context.values);
  const shown = new Set([...seated.map(({ key }) => toHex(key)), ...formerKeys(context.values, context.height)]);
  // Whoever bonded has shown its secret. A key that nobody answers for can be made so that it cancels a voter's in the sum.
  if (![...first.keys, ...second.keys].every((key) => shown.has(toHex(key)))) {
    return rejected(
      "no-such-voter",
      "The evidence names a key that has had no stake of late; leave its signature out.",
    );
  }
  const { slashPercent } = context.parameters.finality;
  let burntNano = 0n;
  const voters = seated.map((voter) => {
    if (voter.slashed === 1 || !both.has(toHex(voter.key))) return voter;
    const lostNano = (voter.balanceNano * BigInt(slashPercent) + 99n) / 100n;
    burntNano += lostNano;
    const exitHeight = voter.exitHeight ?? context.height;
    return { ...voter, balanceNano: voter.balanceNano - lostNano, exitHeight, slashed: 1 };
  });
  if (burntNano === 0n) return rejected("no-such-voter", "No voter that could still be slashed has signed both votes.");
  return accepted({
    ...noEffect,
    // The coins are burnt out of escrow: they come from no input.
    lockedNano: -burntNano,
    burntNano,
    writes: voterWrites(context.values, voters),
    voteChecks: [signedLinkCheck(network, first), signedLinkCheck(network, second)],
  });
};
