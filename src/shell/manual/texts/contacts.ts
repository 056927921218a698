/**
 * What `man` says of the commands in commands/contacts.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  contact:
    "add   gives an address a name: up to 32 letters of one script, digits, and - _ . between them; capitals do not count\n" +
    "list  all names with their whole addresses\n" +
    "show  one name's address, or an address's name\n" +
    "rm    forgets a name; coins are not touched\n" +
    "Where an address is taken, @NAME stands for it, as in `pay @alice 5`; before anything is signed both are shown. A name never means an address by itself, so none can stand in an address's place.\n" +
    "A name that could be taken for one you have (a1ice for alice), mixes scripts or holds what is not seen is refused. Names are yours alone: nobody else learns them, and the same name may mean somebody else to another.\n" +
    "They are encrypted with your keys, so they show only while those are unlocked. A backup file (`id backup`) takes them along, your recovery words do not; `id restore FILE` brings them back.",
};
