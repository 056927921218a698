/**
 * What `man` says of the commands in commands/files.ts.
 * @module
 */
/** What is said of where files of this browser are. */
export const whereTheyAre =
  "Files are kept in this browser only: they are not encrypted, not copied anywhere unless you `put` or `share` one, and gone when the browser's data for this page is cleared; `save` gives you a copy.";

/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  echo: "Gives out its words with a space between them and a line end behind them. Useful before a pipe.",
  cat: `Gives out files as they are. Without a file, or with -, it passes on what a pipe or < brings; with - and nothing brought, you choose a file of your device: \`cat - > notes.txt\` takes one in, and so does dropping files on the page. ${whereTheyAre}`,
  save: "Hands a file to the browser's downloads.",
};
