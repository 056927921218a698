/**
 * What `man` says of the commands in commands/system.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  status:
    'Network, height, peers, pool and roles of this node. A node that makes blocks takes half of each thread unless you say otherwise, and pauses while its page is in the background or the device runs on its battery; then it says so here. `activity` tells more and changes it. Finality is the newest block that can never be undone; it says "not yet" while nobody votes, and confirmations come with odds instead.',
  doctor:
    "Checks peers, chain, finality, clock, database, storage, the backup of your keys, which build of the app this is and whether it starts without a network, whether programs are kept apart from the page (tried), and what the browser offers. Every line that is not ok comes with advice.",
  peers:
    "PEER is a peer's id or a part of it: then all that is known of it is shown. Each line is a peer that answered an echo over its own connection: its transport, whether direct or relayed, the newest round trip, its height, its score (0 is spotless), and `slow` if it says that its timers are late, as those of hidden tabs are.",
  role: "A node verifies by default. `role produce on` makes blocks too, on threads of their own; rewards go to your identity. On dev a block is made when something waits, else one a minute. It takes half of each thread and pauses while this page is in the background or the device runs on its battery; `activity cap` changes both. `role produce off` stops search, proof and sample at once. `activity` shows what is computed and what it costs.",
};
