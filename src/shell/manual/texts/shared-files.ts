/**
 * What `man` says of the commands in commands/shared-files.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  share:
    "Seals a copy of the file here, leaves it with nodes that keep files for others (the seed does, and tabs that `offer storage`), and gives a link. Whoever has the link can read the file with `get`, in any browser, while this tab is closed too. After 30 days those who keep it let it go; sharing it again makes another link.\n" +
    "Of a file that you `put` among peers no second copy is made: the link has a key of its own, and ends with the file. While your keys are unlocked links are remembered: `ls --shared` lists them, `unshare` ends them before their time. Who has opened one by then may keep what they got, and any link may be passed on. Changing or deleting a file of this browser changes nothing for the link.\n" +
    "Who sees what: the key stands behind the # of the link, which browsers send to no server. Nodes that keep the file see how big it is and which peer brought it; not its name, not a byte of it, not your address. Who opens the link is seen, as a peer, by the nodes that hand the file over.\n" +
    "Each mebibyte is sealed with XChaCha20-Poly1305 under a random key of its own and cut into ten shards, from which two more are computed (a Reed–Solomon code): any ten of the twelve give it back. Each shard lies with another keeper, as long as there are others; where there are fewer than twelve keepers it is cut into four and four more, and any four are enough. A file of at most 102 KiB is left whole, as several copies. How many keepers may go is said at the end. Keepers watch over each other and make lost shards anew, without you and without a key. Shards are named by their SHA-256, so that nobody can hand over another file. If no keeper is connected the link works while this tab is open. - shares what a pipe brings. A file may have 4 GiB. It costs a moment of computing (stamps), no coins. `offer storage` makes this tab a keeper.",
  get:
    "A NAME is that of a file that you `put` among peers. Asks connected peers for the file, checks every shard against what the link or your vault says, opens it here and keeps it among your files: under FILE, or else under the name that its owner gave it, with a number if you have one of that name. - gives it out instead, for a pipe. Nothing is run, and no file of yours is replaced.\n" +
    "A link that somebody sends opens this page with `get` at the prompt; nothing is fetched before you press Enter. Of each mebibyte it takes the first good shards that are enough, and waits for nobody who is slow. If too few can be had it says which are missing. Stopped or broken off, what had come waits here for 3 days, and the same `get` goes on from there.",
};
