/**
 * What `man` says of the commands in commands/processes.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  jobs: "Lists the lines that run behind the prompt, each with its number: a line that ends in & does, and so does one that Ctrl-Z sent there. `fg` brings one back, `kill` stops it.",
  fg: "Brings a line that runs behind the prompt back, the newest if you name none: it shows how far it is, Ctrl-C stops it, Ctrl-Z sends it behind again, and its exit code is that of fg. It does not repeat what it has printed.",
  ps: "A line that ends in & runs behind the prompt, in this tab. Each has a number; `kill` and the number stops it. Closing the tab stops all. Runs recorded with `run --process` that the ledger has as running follow, wherever they run.",
  kill: "Stops lines by their numbers in `ps`, at once. What they have written to the screen stays; a file after > is not touched. Ctrl-C, or the Stop button, stops the line in front.",
};
