/**
 * What `man` says of the commands in commands/grants.ts.
 * @module
 */
import { capabilities } from "#veil/run.ts";

/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  grant: `LIST has, with commas, some of ${capabilities.join(", ")}; or all, or none. What is remembered is the most that any run of the program gets on this device, in all tabs: \`run --grant\` may give less and never more, and each run says what was granted and when. A program of which nothing is remembered gets what its run is given, as \`man run\` tells.
A program is the digest of its bytes. One of a remembered name with other bytes does not run until it is granted itself: so a changed file gets neither another's grant nor round a denial. What was denied (\`revoke\`) stays denied until you grant it again; programs cannot run commands, so none grants itself anything.
Without a LIST it shows what is remembered. The window Programs shows it too, and revokes.`,
  revoke:
    "With a LIST of capabilities the program has these no more, and keeps the others; without, it is denied: it does not run at all, whatever is typed, until `grant` gives it something again. It counts from the next run on; `kill` ends one that runs. A name means all remembered programs of that name; DIGEST is at least the first 12 digits, as `grant` lists them. It only takes away, so it does not ask.",
};
