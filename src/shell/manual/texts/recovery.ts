/**
 * What `man` says of the commands in commands/recovery.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  recovery:
    "share   splits your recovery words into one share for each HOLDER, an address, a @NAME of `contact` or a file that they made with key; any NEEDED of them bring your keys back, fewer learn nothing. Each goes into a file of its own that only its holder can open: recovery/share-….txt\n" +
    "key     your encryption key, for somebody who wants you to hold a share and cannot reach your node: > my.key\n" +
    "show    what a share that you hold is about\n" +
    "begin   on a new device: makes a key for it and a request for shares: > request.txt. Six words stand for it\n" +
    "give    seals your share for the device of a request: > given.txt. It asks for the six words, which the owner reads to you by a way that you trust; and it waits as long as the share says, after telling the owner\n" +
    "stop    tells the holders of these addresses or names not to give: the owner's answer to a request that is not theirs\n" +
    "        share and stop work in your first space, give in the space that holds the share (`space`)\n" +
    "finish  joins the shares that were given to this device into the keys of DID: the whole address, as a new device knows no names\n" +
    "Try it once you have made shares: begin, have them given, and finish with --drill, on this device or another. Then the drill has shown that they work.\n" +
    "What is enforced: fewer shares than needed say nothing; a share opens for its holder alone; one that is foreign or altered is refused; no keys are put in the place of others. What is not: the wait and the six words are kept by the holders' app. Holders who want to can act together without waiting, and have your keys; so choose people who would not, and who do not all know each other. A share that was given out cannot be called back: new shares do not end old ones.",
};
