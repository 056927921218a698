/**
 * What `man` says of the command in commands/ipfs.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  ipfs:
    "Without words it lists the nodes of IPFS that are connected. `ipfs connect` connects one by its multiaddress, until this tab is closed or the node goes: then `get ipfs://CID/path`, and addresses under /ipfs/ in this browser, ask it for what no peer of this network has. Every block is checked against its CID; a node that sends other bytes is disconnected and kept away for ten minutes.\n" +
    "A browser can dial addresses with /tls/ws, /webrtc-direct, and, from a page that came over http, /ws; the address ends in /p2p/ and the node's id. `ipfs id` on a node shows its addresses: Kubo listens on a WebSocket once /ip4/0.0.0.0/tcp/4002/ws stands among its Addresses.Swarm. Other nodes are not looked for: there is no DHT here, so connect one that has the file. At most eight are connected. A seed keeps up those that its operator names (`--ipfs`), for what is asked of it under /ipfs/.\n" +
    "Who sees what: a node that you connect sees your network address and which CIDs you ask for. Any node of IPFS that connects to this one, as it may to a seed, is given what lies here and was published (`publish`), at a bounded pace and within `activity cap`; it is never given shards of sealed files, and is asked for nothing. Bitswap 1.2.0 is spoken; no coins are paid for it.",
};
