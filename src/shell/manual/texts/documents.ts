/**
 * What `man` says of the commands in commands/documents.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  edit:
    "Opens the document of that name in a window; a new name makes one, and no name lists those there are. What you write is sealed and signed with your keys and kept on this device as you write: the line above the text says when it is. It needs no network.\n" +
    "--invite gives a link. Whoever has it can read all of the document and write it, and can pass the link on; it cannot be taken back by itself. The key stands behind the # of the link, which browsers send to no server. Who gets it types or follows `edit LINK`, if they like with a name of their own for it.\n" +
    "Documents go from one to another directly, while both have this app open; no server keeps them. What two have written apart is merged once they meet, without losing anything of either. Those who were let in see each other as peers and, while it is open, where others write; nobody else sees that you have it.\n" +
    "All that was ever written in it is kept on the devices that have it, deleted words too: --history lists versions, --print --version shows one. Times are by the writers' clocks.\n" +
    "--members lists who has opened it. --remove WHO, a @name or an address, removes somebody: those who stay get a new key, sealed for each of them, and links given before let nobody in any more. Before it does, it says who gets the key (64 at most), and who has written and is not among them: those need a new invitation. Who was removed keeps what they had, and reads and writes nothing that comes after; with that address they cannot come back to this document. Who began a document can remove anybody; after the first removal everybody who was named as staying can remove those who came after them. Who is away hears of it when they return, and what they wrote meanwhile is kept; until then, what they write can still be read with the old key. Of two removals at the same time that by who was in the document earlier counts, and the other must be made again: --members shows how it came out. Documents from before there was this, and documents whose beginner has new keys since (`id rotate`), have nobody who can begin: copy the text to a new one.\n" +
    "--anchor puts a digest of the text as it is now into the memo of a payment to yourself, after you have agreed to its fee. Nobody can tell from it what the text says, nor which document it is. Everybody who has the document sees with --anchors by which block the text was there, and their own node checks it: the digest is of the document's secret id and the text, so a changed text has another one.\n" +
    "It has up to 250 000 characters. --forget deletes what this device has; whoever else has the document keeps theirs. Its keys go into backup files (`id backup`), its text does not: it comes again from who has it.",
};
