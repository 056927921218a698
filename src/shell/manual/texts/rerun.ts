/**
 * What `man` says of the commands in commands/rerun.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  rerun:
    "TX is the transaction that started or stopped a run recorded with `run --process NAME --public`. A receipt is self-attested: its owner says so, nobody checked. This command checks it: it takes the input from the ledger and the program by its digest, runs it here in a sandbox, and compares how it ended, the digest of its output, its fuel to the unit and its memory. Exit code 0 if all are the same, 1 if not, 126 if it cannot be told. It does no more work than the receipt tells of. If that takes more than two seconds, a line shows how far it is; Ctrl-C, or the Stop button, stops it, and nothing is changed. After 20 minutes it gives up.",
};
