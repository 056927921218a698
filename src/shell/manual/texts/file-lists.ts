/**
 * What `man` says of the commands in commands/file-lists.ts.
 * @module
 */
import { whereTheyAre } from "./files.ts";

/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  ls: `Lists files with size and age: all, or those that are named. With --kept or --shared it reads your vault, which is unlocked for it. \`> FILE\` behind a command makes one. ${whereTheyAre}`,
  rm:
    "Deletes files from this browser, after a question: there is no other copy, unless you `put` or `share` one. If one is missing, none is deleted.\n" +
    "NAME, where this browser has no such file: one that you `put` among peers. Its key is destroyed in your vault, for good and before anything else; then keepers are told to let its shards go, by a secret that only your vault had. They do so at once, make nothing of it anew, and one that was away does so when it comes while a tab of yours is open, or when it asks the others. Links to it end.\n" +
    "What that promises: whoever has only shards, a keeper that lies too, has noise that nothing opens any more. What nobody can promise: somebody who fetched the file has it; who opened a link to it may have its key; and a backup file that you made before has the key still, as long as shards are to be had. Delete such files, or make new ones.",
};
