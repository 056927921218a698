/**
 * What `man` says of the commands in commands/stake.ts.
 * @module
 */
import { networks } from "#protocol/parameters.ts";
import { aeth } from "../../commands/spending.ts";

/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  stake: `Bonds at least ${aeth(networks.dev.finality.minimumStakeNano)} on dev (${aeth(networks.main.finality.minimumStakeNano)} on main) behind this node's voting key. From then on this node votes for each block by itself, while a tab of this profile is open, and shares what blocks pay their voters; blocks that it makes are found more easily and paid in full instead of half (\`activity\` says how much). What can be lost: 5 % and the place for two votes that contradict each other (this node writes a journal before each vote, so that a crash or a second tab cannot do that); 0.001 % for each final block without its vote; and more and more while nothing becomes final for over 16 blocks and its vote is not heard. The voting key stays in this browser and is in no phrase or backup: delete this site's data, and the stake no longer votes; it can still be taken back with your phrase. One node has one stake.`,
  unstake: `Typed once it takes your voter out: it weighs nothing once the next voters are drawn, and its coins stay bonded for ${networks.dev.finality.unbondingBlocks} blocks on dev (${networks.main.finality.unbondingBlocks} on main), because what it signed can still be brought to the chain for so long. Typed again when that is over, it takes the coins back, with what they earned and without what they lost. Leaving costs a stamp and no coins, the way back a fee out of the stake. KEY is the front of a voting key, needed if you have several stakes.`,
};
