/**
 * What `man` says of the commands in commands/pairing.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  pair:
    "show    on the device that has your identity: makes an invitation for one other device, good for ten minutes: a QR code for its camera, a link, and a code to type\n" +
    "join    on the other device, which must have no identity yet: opens the way to the first one. The link types this line for you; nothing happens before you press Enter\n" +
    "list    your devices, with what others that are connected know of them, and when this one was last in step with each\n" +
    "sync    brings the devices that are connected in step now, and what is pinned to this one\n" +
    "remove  takes a device off the list by a signed statement that your other devices take over\n" +
    "Both devices then show six words. Compare all of them and say on both whether they are the same: nobody who stands between can make them so. The first device asks for its passphrase and hands over your keys and the names of `contact`, sealed from vault to vault; the new one protects them by a passphrase of its own. Messages and passkeys stay where they are. Invitation, link and code are no secrets on which anything hangs: an invitation that somebody else uses shows them other words than you see.\n" +
    "The channel is X-Wing (X25519 and ML-KEM-768) in both directions: what is recorded today stays closed to quantum computers of tomorrow. The two must reach each other as peers do; a code is found among the peers that are connected, a link says which peer to dial. Both tabs must stay open meanwhile.\n" +
    "From then on the two keep in step by themselves whenever both are open with their keys unlocked: names of `contact`, credentials, keys of documents, and what `ls --kept` and `ls --shared` list. What is deleted on one goes on the other; what was changed on one and deleted on the other stays. Two files of one name both stay, one as NAME-2; two people of one name become NAME-1 and NAME-2 on both, so that no payment goes to the wrong one. Pinned files are kept longer by each device, and `pair sync` brings them into this browser. What is said goes sealed from vault to vault (X-Wing once more, signed by both devices' own keys); a removed device is not answered.\n" +
    "Each device has a key of its own and a certificate of your identity. The list is shown to other peers sealed; only your devices can read it. What removing cannot do: a removed device still has the keys, for whoever opens its vault. `id rotate` moves you to new keys that it does not have. A device that is never connected while others are does not hear of it.",
};
