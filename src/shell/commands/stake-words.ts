/**
 * What is said of commands about stakes and votes.
 * @module
 */
import type { Command as LedgerCommand } from "#protocol/ledger/command.ts";
import { formatAmount } from "#wallet/amount.ts";
import { short } from "../format.ts";

type StakeCommand = Extract<LedgerCommand, { type: `stake.${string}` }>;

/** Whether a command is about a stake. */
export function isStakeCommand(command: LedgerCommand): command is StakeCommand {
  return command.type.startsWith("stake.");
}

/** One sentence on what a command about a stake does. */
export function stakeCommandWords(command: StakeCommand): string {
  switch (command.type) {
    case "stake.bond":
      return `Bonds ${formatAmount(command.stakeNano)} AETH behind the voting key ${short(command.key)}.`;
    case "stake.exit":
      return "Takes a voter out. Its coins stay bonded for a while.";
    case "stake.withdraw":
      return "Takes the coins of a voter back that has left.";
    case "stake.slash":
      return "Shows two votes that nobody may sign both; who did loses a share of the stake and its place.";
  }
}
