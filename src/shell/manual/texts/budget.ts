/**
 * What `man` says of the commands in commands/budget.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  budget:
    "Budgets are hard and of this device. The wallet's is counted where the keys are, before a signature leaves: all that does not come back to you counts, fees and what is locked or bonded as well, whether the transaction gets into a block or not. Consent shows it (`budget 3 of 10 AETH today`); what goes beyond is not signed. It becomes more only for your passphrase, which is asked for also after `--yes`; less takes none. A program's is counted by the digest of its bytes: a run takes its fuel before it starts, and gets less if less is left, and what it has not used is given back at its end; after a run that was cut off with its tab, or that this device could not bring to its end, nothing is. Runs on the ledger (`--process`) and `rerun` need all they ask for. `budget` shows what was used today; budgets stay through restarts and hold for all tabs. A program with a few other bytes is another program: `budget set --fuel` is for every one. A day ends at midnight UTC; a clock that is set back gives no day twice.",
};
