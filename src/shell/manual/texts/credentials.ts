/**
 * What `man` says of the commands in commands/credentials.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  credential:
    "issue    makes a credential about the holder of an address: claims as NAME=VALUE (numbers, true and false are taken as such), or as a JSON object through a pipe or <. It goes where output goes: > badge.sdjwt\n" +
    "hold     checks a credential that was given to you and keeps it in your vault, by the end of its type or by a NAME\n" +
    "list     the credentials that you hold\n" +
    "export   gives one out as it was given to you: > badge.sdjwt\n" +
    "remove   forgets one, after asking\n" +
    "request  makes a nonce, and the line that whoever is to show you a credential types\n" +
    "present  shows the claims you choose to one audience, after saying which are shown and which stay hidden\n" +
    "verify   says who issued it, what is shown, whether its holder presented it to you, whether it is good and was not revoked, and at which block; where the issuer has replaced the key, it must have a mark from before\n" +
    "revoke   spends its mark: whoever verifies it from that block on is told\n" +
    "Credentials are SD-JWT VCs (RFC 9901), signed ES256K under did:key. Each claim can be shown or hidden by itself; decoys hide how many there are. Whoever sees one always sees its issuer, type, dates, your address, and the same signature each time: two who compare know that it is one person.\n" +
    "Issuing puts a mark on the chain, a coin of 0.01 AETH that only the issuer can spend; revoking spends it and gives the rest back. The chain shows that somebody made a mark, not for whom; a hash in it binds it to this one credential, and tells nobody who has not seen that what it says. A verifier looks the mark up in its own node: nobody learns that it looked. A node that is behind says that it cannot know yet.\n" +
    "What you hold is encrypted with your keys, so it shows only while those are unlocked. A backup file (`id backup`) takes it along, your recovery words do not; `id restore FILE` brings it back. All credentials and names together have room for 56 KiB; a larger one can be presented from its file.",
};
