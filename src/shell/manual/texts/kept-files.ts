/**
 * What `man` says of the commands in commands/kept-files.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  put:
    "Seals a copy of each file here, as `share` does, and leaves it with nodes that keep files for others; but there is no link: what opens it stands in your vault alone, under the file's name. `get NAME` brings it back, `ls --kept` lists what you keep, `rm NAME` lets it go. It says how many nodes keep it and how many of them may go.\n" +
    "A backup file (`id backup`) takes along what opens your kept files, and so do paired devices; your recovery words alone do not. Take a new one after you have put something that matters.\n" +
    "A file that is changed here changes nothing among peers until it is put again: that is a new version, and the one before is let go after a question. If the tab dies in the middle the version before is there, whole. Keepers keep what is put for 30 days; `pin NAME` keeps renewing that. All names in the vault together have room for some hundreds of files. It costs a moment of computing (stamps), no coins.",
  pin: "Keepers let a file go 30 days after they were last asked to keep it. For one that is pinned this browser asks again before half of that is over, whenever this tab runs, and makes anew what keepers have lost. A browser that is away for longer than what is left comes too late: `ls --kept` says until when, and nobody else renews for you. On another device of yours type `pin` there, too: each renews by itself. What you `publish` is pinned alike, by the name that `ls --shared` shows. Each renewal costs a moment of computing (stamps), no coins.",
  unpin: "The file is not renewed any more: keepers let it go when their time is over, within 30 days.",
  deal:
    "Keepers keep a file of yours for nothing, and may stop. One that has made an offer with a bond can be paid to answer for it: `deal make NAME` asks each connected keeper with an offer that has parts of the file to answer for those parts, for a number of audits. Their price is locked; nothing of it is spent before the keeper has shown what an audit asks for.\n" +
    "An audit comes every so many blocks (`deal offers` says how many). A block that nobody could foresee draws which kilobytes the keeper has to show, with a proof that they are those of your file. It is paid for each audit that it passes. One that it misses costs it a quarter of what it has bonded for the deal; after two in a row the deal is over, and you get what was not earned and what is left of the bond. Nobody learns what is in the file.\n" +
    "This browser tells the keeper which blocks the deal is about, as soon as it is in a block; if the tab is closed before, it does so when it is open again. A keeper that does not accept within 50 blocks has refused, and your coins come back by themselves. `deal list` shows how deals stand. `deal end ID` ends one that waits at once, and one that runs with its running audit; an ID is as much of it as tells it from the others.\n" +
    "Keepers that answer for parts of a file keep them until the deal is over, though its 30 days are over or `rm` let it go before; others keep theirs as without one, so `pin` what is to stay. Several keepers make several deals, and you are asked about each. What everybody can see: that your key pays which keeper for how many bytes, and their audit root.",
  unshare:
    "Forgets what opens a link, and tells keepers to let go of what it opens: who has not opened it before gets nothing any more. `ls --shared` lists links and whom they are for; a name means all to that file.\n" +
    "What it cannot do: who has opened the link may have the file, and, of a link to a kept file, what opens that file's pieces as long as keepers have them; `rm` of the kept file lets those go, too. A keeper that is away hears of it from this browser, while a tab of it is open, or from others when it is back; one that lies may keep what it has.",
};
