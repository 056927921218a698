/**
 * What `man` says of the commands in commands/proofs.ts.
 * @module
 */
import { trustLabel } from "../../text.ts";

/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  prove:
    "PROGRAM is one that comes with the app (checksum, collatz, fibonacci, gcd, sort, square-root) or - to choose an assembly file. The words become its memory. It is run here first, which tells its result and how many segments of 64 steps it takes; each costs a price that rises as the queue fills (64 jobs at most), locked when you sign and paid to who proves it. One block proves one segment. Program, input and result are public. The proofs rest on a " +
    `${trustLabel}.`,
  proof: `\`proof show\` tells which segments are proved, and in which blocks. \`proof verify\` checks every proof of a job in this tab; with - instead of a job it checks a receipt file from anywhere, and says whether this chain carries its proofs. \`proof export\` saves the receipt, which anyone can check without this network: \`npm run verify-receipt FILE\` in a checkout. \`proof state\` saves a proof that the newest final block's state holds an output (or any key of the state), or that it holds nothing there; who knows that block to be final, or the older one that is named as HEIGHT:HASH (its voters answer for it as long as a stake stays bonded: 17 minutes on dev, a week on main), checks it without a node: \`npm run verify-state\` in a checkout, or \`verifyState\` of dist/conformance.js. Trust in receipts: ${trustLabel}.`,
};
