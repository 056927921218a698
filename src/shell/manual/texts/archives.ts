/**
 * What `man` says of the commands in commands/archives.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  car:
    "export  gives out an archive of files (CAR, Content Addressable aRchive) and says its CID, the name by which IPFS knows what is in it. One file stands by itself; of several, a folder is made in which they have their paths\n" +
    "import  takes the files of an archive in, under FOLDER if you name one; a single file without a name gets that of the archive. With - you choose a file of your device, or a pipe brings it\n" +
    "list    what is in an archive, after all of it was checked\n" +
    "What is in an archive is public: it is not encrypted, and whoever gets it, or its blocks by their CIDs, can read it. Nothing is sent by these commands. For files that only some may read there is `share`.\n" +
    "Each block is checked against the SHA-256 in its name, and the whole tree is read, before any file is kept: then all are, or none. No file of yours is replaced. An archive with a changed byte, a missing block, sizes that are not true or names that lead out of the folder is refused; so are links to paths and other hashes than SHA-256.\n" +
    "Files are cut into raw blocks of 1 MiB, at most 1024 below one node, under CIDs of version 1: `ipfs add` of kubo 0.40 and newer gives the same CIDs with its profile unixfs-v1-2025. `ipfs dag import` takes the archives, and those of `ipfs dag export` are read here: versions 1 and 2, also with old CIDs and with folders that are spread over blocks.",
};
