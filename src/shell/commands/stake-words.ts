/**
 * What is said of stakes, voters and commands about them.
 * @module
 */
import type { Command as LedgerCommand } from "#protocol/ledger/command.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import type { ValidatorView } from "#sdk/finality.ts";
import { formatAmount } from "#wallet/amount.ts";
import { duration, short } from "../format.ts";

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

/** How long some blocks take at the pace of a network where nothing happens. */
export function blocksWords(blocks: number, { development, blockIntervalMs }: NetworkParameters): string {
  const ms = blocks * (development?.idleBlockMs ?? blockIntervalMs);
  const pace = development === null ? "about" : "at most about";
  return `${blocks} ${blocks === 1 ? "block" : "blocks"} (${pace} ${duration(ms)})`;
}

/** What somebody who bonds coins must know, in lines. */
export function stakeTerms(parameters: NetworkParameters): readonly string[] {
  const { unbondingBlocks, slashPercent, silentParts, stallBlocks, leakQuotient } = parameters.finality;
  const halfBlocks = Math.round(Number(leakQuotient) * Math.LN2);
  return [
    `  bonded   until you leave with \`unstake\`, and ${blocksWords(unbondingBlocks, parameters)} more`,
    "  earns    a share of what each block pays its voters, for each final block that it votes for",
    "  eases    finding blocks here, up to four times, and pays them in full instead of half",
    `  can lose ${slashPercent} % and its place, if its key signs two votes that contradict each other`,
    `  can lose ${100 / Number(silentParts)} % for each final block that it does not vote for`,
    `  can lose half in ${halfBlocks} blocks if it is away while nothing becomes final for more than ${stallBlocks}`,
    "  votes    here alone, while a tab of this profile is open; its key is in no backup. `unstake` before you delete this site's data",
  ];
}

/** Where a voter stands. */
export function standingWords({ activeNano, exitHeight, freeHeight, slashed }: ValidatorView): string {
  const why = slashed === 1 ? "slashed" : "left";
  if (exitHeight !== null) return `${why} at block ${exitHeight}, bonded until ${freeHeight}`;
  return activeNano > 0n ? "votes" : "joins with one of the next final blocks";
}
