/**
 * `share` and `get`: a file by a link. What they do is loaded with their first use.
 * @module
 */
import type { Command } from "./command.ts";
import { homePaths } from "./files.ts";

const share: Command = {
  name: "share",
  group: "files",
  summary: "makes a link that opens a file, for 30 days",
  usage: "share FILE|- [--yes] [--dry-run] [--json]",
  options: {
    "--yes": "do not ask",
    "--dry-run": "say what would happen, and share nothing",
    "--json": "print one line of JSON",
  },
  manual:
    "Seals a copy of the file here, leaves it with nodes that keep files for others (the seed does), and gives a link. Whoever has the link can read the file with `get`, in any browser, while this tab is closed too. After 30 days those who keep it let it go; sharing it again makes another link.\n" +
    "What you share cannot be taken back: who has read it may keep it, and the link may be passed on. Changing or deleting your file changes nothing for the link.\n" +
    "Who sees what: the key stands behind the # of the link, which browsers send to no server. Nodes that keep the file see how big it is and which peer brought it; not its name, not a byte of it, not your address. Who opens the link is seen, as a peer, by the nodes that hand the file over.\n" +
    "Each mebibyte is sealed with XChaCha20-Poly1305 under a random key of its own and cut into ten shards, from which two more are computed (a Reed–Solomon code): any ten of the twelve give it back, so two of each may be lost or damaged. A file of at most 102 KiB is one shard. Shards are named by their SHA-256, so that nobody can hand over another file. If no node that keeps files is connected the link works while this tab is open. - shares what a pipe brings. It costs a moment of computing (stamps), no coins.",
  examples: ["share notes.txt", "cat a.txt b.txt | share -", "share notes.txt --yes | send-msg @bob"],
  spec: { flags: ["yes", "dry-run", "json"], positionals: { least: 1, most: 1 } },
  readsInput: true,
  complete: homePaths,
  run: async (context, options) => (await import("../files/share.ts")).shareFile(context, options),
};

const get: Command = {
  name: "get",
  group: "files",
  summary: "fetches a file by its link",
  usage: "get LINK [FILE|-] [--json]",
  options: { "--json": "print one line of JSON" },
  manual:
    "Asks connected peers for the file, checks every shard against the link, opens it here and keeps it among your files: under FILE, or else under the name that its owner gave it, with a number if you have one of that name. - gives it out instead, for a pipe. Nothing is run, and no file of yours is replaced.\n" +
    "A link that somebody sends opens this page with `get` at the prompt; nothing is fetched before you press Enter. Of each mebibyte it takes the first ten good shards of twelve. If too few can be had it says which are missing, and keeps nothing.",
  examples: ["get bafkrei….k3y…", "get bafkrei….k3y… notes.txt", "get bafkrei….k3y… - | sha256"],
  spec: { flags: ["json"], positionals: { least: 1, most: 2 } },
  run: async (context, options) => (await import("../files/fetch.ts")).getFile(context, options),
};

/** Commands about files among peers. */
export const sharedFileCommands: readonly Command[] = [share, get];
