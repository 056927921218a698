/**
 * What `man` says of the commands in commands/receipts.ts.
 * @module
 */
import { limits } from "#protocol/parameters.ts";
import { selfAttested } from "../../commands/memory-words.ts";

/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  receipts: `Alone, lists your processes: those that run, then those that were stopped, newest first, 100 at most and as far as blocks are kept here. With the id of a transaction that started or stopped any process, all of it: digests of program, input and output, how it ended, fuel and memory. A receipt is ${selfAttested}; the chain only holds that it claims no more memory than was leased and agrees with itself. A process that nobody stops goes ${limits.processGraceBlocks} blocks after its lease. If the input is public anybody can run the program again and compare.`,
};
