/**
 * What `man` says of the commands in commands/mail.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  "send-msg":
    "Seals the words for the owner of the address and gives them to their node if it is connected; if not, to a node that keeps sealed messages (the seed does), which hands them over when the receiver opens the tab and unlocks. If nobody takes the message it stays in this browser and is tried again, also after a restart, for 30 days. A message has at most 8192 bytes; a pipe brings it as well.\n" +
    "Who sees what: the receiver sees your address, the words, and when you wrote them, and could prove to others that you did. The node that keeps the message sees whom it is for, about how long it is, and which peer brought it; not who wrote it, and no word of it. Connected peers are asked for the receiver's encryption key, so those that know the address learn that somebody here writes to it. Nobody else sees anything.\n" +
    "Sealed with X-Wing (X25519 and ML-KEM-768 together), so that what is recorded today stays closed to quantum computers of tomorrow; the signature inside is secp256k1, which such a computer could forge. Whoever gets the receiver's recovery words reads all messages to them that were kept.\n" +
    "It costs a moment of computing (a stamp), no coins.",
  inbox:
    "Asks the nodes that keep messages for yours and lists the newest 50, oldest first, by number; `new` stands before what was not read. `inbox read N` shows one, `inbox delete N` deletes it for good; both take several numbers as the list shows them, or ids (of `--json`, at least their first 12 digits), which stay when others are deleted. `open messages` shows conversations in a window.\n" +
    "Messages come by themselves once your keys were unlocked in this tab, for a day, also while the vault is locked again; a line tells of new ones. Reading takes the open vault. While it receives, peers that know your address can learn that this tab is yours. They are kept in this browser sealed as they came, so without your passphrase nobody reads them; your recovery words open them too. Backups hold keys, not messages. A message is deleted at the node that kept it once it is here: one browser of an identity gets each message.\n" +
    "--sent lists the newest 50 messages that you have sent from this browser: to whom, when and how far they are, and while your keys are unlocked what they say. It keeps a copy of each, sealed for you, of those that were taken up to 1024. `inbox delete ID` deletes one of yours here, by its id (of `--sent --json`): nobody can take it back from who has it; one that still waits is not sent.\n" +
    "An address is proved by a signature inside the seal: a message says who wrote it, and nobody can alter, repeat or redirect it. `by a key that was replaced` stands behind a sender who has new keys by now: the words may be of whoever has the old ones.",
};
