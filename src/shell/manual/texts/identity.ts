/**
 * What `man` says of the commands in commands/identity.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  id:
    "new         makes keys under a passphrase and shows twelve recovery words once; the first command that needs keys does the same in its place, where a person types it (not in scripts, pipes or with --json). Where the app can be installed that is offered first, once\n" +
    "show        your address (did:key), whether the keys are unlocked, and how the backup was proved\n" +
    "address     your address, to be given to who pays you; shown once a backup was proved to work\n" +
    "unlock      opens the vault; it locks itself after 15 minutes without use\n" +
    "lock        closes it at once\n" +
    "backup      an encrypted file of your keys, names and credentials, for the passphrase: to the browser's downloads, or to FILE here\n" +
    "drill       proves a backup: asks for three of the words, or opens a backup FILE (- lets you choose one)\n" +
    "restore     makes the same keys again from the twelve words, or from a backup FILE (- lets you choose one) under its passphrase; where these keys are already, sets that passphrase\n" +
    "phrase      shows the words again, for the passphrase\n" +
    "passphrase  changes the passphrase; keys and words stay, and backup files open with the old one\n" +
    "passkey     add lets a passkey of this device (fingerprint, face, security key) open the vault, too; remove ends that\n" +
    "rotate      replaces your keys by new ones with words of their own, when a device or the words may be in other hands; if they were replaced elsewhere, takes the new words\n" +
    "Places in documents (`edit`) stay with the old keys: whoever has those can still remove people from documents that you began; copy the text of such a document to a new one. After rotate only the new keys open what is at your old address, and what will still be paid there; who pays it is told, and pays the new one. Until that is final the vault keeps both; stop at any point and type it again to go on. It goes for all spaces: each in which something is gets a successor by a transaction of its own, paid by its own coins, and nothing changes here before all of them are final. A space in which nothing is gets a new address only, and what is paid to its old one later stays with the old words; --all-spaces takes it along. Whoever watches the chain sees these at one time and may guess that the spaces are one person's. Names come along, old messages stay readable here, credentials are presented (and yours revoked) with the new keys; passkeys, backup files and shares of `recovery` have to be made anew.\n" +
    "A passkey opens the vault by a secret that only it can make (WebAuthn PRF); it holds no keys, so it is no backup.\n" +
    "A backup file holds keys, the names of `contact` and what `credential` holds, not the files of `ls`; recovery words hold the keys alone. Coins are found again on the chain.\n" +
    "A wrong passphrase is asked for again, three times in a command. After two wrong ones each further try waits longer, half a minute at most; nothing is ever deleted.\n" +
    "Keys live encrypted in this browser and in clear only in a thread of their own while unlocked.",
};
