/**
 * What `man` says of the commands in commands/documents.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  edit:
    "Opens the document of that name in a window; a new name makes one, and no name lists those there are. What you write is sealed and signed with your keys and kept on this device as you write: the line above the text says when it is. It needs no network.\n" +
    "--invite gives a link. Whoever has it can read all of the document and write it, and can pass the link on; it cannot be taken back. The key stands behind the # of the link, which browsers send to no server. Who gets it types or follows `edit LINK`, if they like with a name of their own for it.\n" +
    "Documents go from one to another directly, while both have this app open; no server keeps them. What two have written apart is merged once they meet, without losing anything of either. Those who were let in see each other as peers and, while it is open, where others write; nobody else sees that you have it.\n" +
    "All that was ever written in it is kept on the devices that have it, deleted words too: --history lists versions, --print --version shows one. Times are by the writers' clocks.\n" +
    "It has up to 250 000 characters. --forget deletes what this device has; whoever else has the document keeps theirs. Its keys go into backup files (`id backup`), its text does not: it comes again from who has it.",
};
