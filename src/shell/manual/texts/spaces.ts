/**
 * What `man` says of the commands in commands/spaces.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  space:
    "Without a word it lists them; with one it goes there, in all tabs of this browser. Prompt, colour and the field beside the title say where you are.\n" +
    "Each space has its own address, coins, messages and credentials. Nobody can see that they are one person's, unless you show it: paying from one to another does, and so does using them at once from one device, to who watches its connections.\n" +
    "All three come from the same recovery words (BIP32 accounts 0, 1, 2) and open with the same passphrase: nothing more is to be written down. Names of people, files, history and settings are this device's and the same in all.\n" +
    "What you planned in one space is never signed by another: a command that was under way when another tab changed the space is refused.\n" +
    "Messages for a space that is not chosen wait with the nodes that keep them. Rewards of blocks go where you were when you turned that on.",
};
