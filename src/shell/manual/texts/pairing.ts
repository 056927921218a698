/**
 * What `man` says of the commands in commands/pairing.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  pair:
    "show    on the device that has your identity: makes an invitation for one other device, good for ten minutes: a QR code for its camera, a link, and a code to type\n" +
    "join    on the other device, which must have no identity yet: opens the way to the first one. The link types this line for you; nothing happens before you press Enter\n" +
    "list    your devices, with what others that are connected know of them\n" +
    "remove  takes a device off the list by a signed statement that your other devices take over\n" +
    "Both devices then show six words. Compare all of them and say on both whether they are the same: nobody who stands between can make them so. The first device asks for its passphrase and hands over your keys and the names of `contact`, sealed from vault to vault; the new one protects them by a passphrase of its own. Files, messages and passkeys stay where they are. Invitation, link and code are no secrets on which anything hangs: an invitation that somebody else uses shows them other words than you see.\n" +
    "The channel is X-Wing (X25519 and ML-KEM-768) in both directions: what is recorded today stays closed to quantum computers of tomorrow. The two must reach each other as peers do; a code is found among the peers that are connected, a link says which peer to dial. Both tabs must stay open meanwhile.\n" +
    "Each device has a key of its own and a certificate of your identity. The list is shown to other peers sealed; only your devices can read it. What removing cannot do: a removed device still has the keys, for whoever opens its vault. `id rotate` moves you to new keys that it does not have. A device that is never connected while others are does not hear of it.",
};
