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
  unshare:
    "Forgets what opens a link, and tells keepers to let go of what it opens: who has not opened it before gets nothing any more. `ls --shared` lists links; a name means all to that file.\n" +
    "What it cannot do: who has opened the link may have the file, and, of a link to a kept file, what opens that file's pieces as long as keepers have them; `rm` of the kept file lets those go, too. A keeper that is away hears of it from this browser, while a tab of it is open, or from others when it is back; one that lies may keep what it has.",
};
