/**
 * What `man` says of the commands in commands/memory.ts.
 * @module
 */
const allocation = `Leases memory from the cheapest offer that has as much, until that offer's last block, and pays its provider. Sizes are whole pages of 64 KiB, rounded up, at most 4 GiB; an offer is divided into ${networks.main.memory.leasesPerOffer} leases at most, so a large one has none that are very small (\`offer list\` tells). A lease is the cap of a program that runs with \`--process NAME\`: the program runs in this tab, so the lease says how much it may take and shows it to everybody; it moves nothing to the provider's machine. One lease backs one process at a time. Where the offer costs nothing, a stamp takes the place of a fee and no coins are needed.`;

import { limits, networks } from "#protocol/parameters.ts";

/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  offer:
    "`offer memory` puts memory that you lend on the ledger; whoever allocates from it pays your key. The chain counts what is lent and never lends more than was offered; that the memory is there is your word. A place in the list of 64 is paid for by the block and burnt: little when few offers stand, and double for every eight. `offer withdraw` takes yours back, without a fee; what is lent stays lent until the offer's last block. On dev the seed offers some for nothing.\n" +
    "`offer storage` keeps sealed shards of other people's files in this browser, up to SIZE, while this tab is open: nobody pays for that yet, and nothing of it is on the ledger. You cannot read them, and those who leave them here see your peer id. Keepers ask each other now and then what is still there, and make anew what is missing. `off` deletes what is kept here; without SIZE it says how much that is.",
  alloc: `${allocation} \`alloc\` alone lists what you have leased. The same in words: \`allocate 1GB memory for process P\`.`,
  allocate: allocation,
  free: `Gives a lease back before its time: its bytes return to the offer, what you paid stays with the provider. Costs a stamp, no coins. A lease whose time is over needs no freeing: the chain clears it away by itself, and a process that nobody stops ${limits.processGraceBlocks} blocks later. A lease that a running process holds is not freed; if the tab that ran it is gone, --stop says so on the ledger first. Of two leases with one name the older goes first.`,
};
