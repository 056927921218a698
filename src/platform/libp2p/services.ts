/**
 * The libp2p services that tab and seed share, set up alike.
 * @module
 */
import { type GossipsubOpts, gossipsub } from "@libp2p/gossipsub";
import { identify } from "@libp2p/identify";
import { ping } from "@libp2p/ping";
import { sha256 } from "#protocol/codec/hash.ts";
import { limits } from "#protocol/parameters.ts";

/** A mesh this small keeps a machine full of tabs idle; flooding one's own messages to everybody does not. */
const mesh = { D: 4, Dlo: 3, Dhi: 6, Dlazy: 3, Dout: 1, Dscore: 2 } as const;

/** How gossip behaves on every node of ours. */
export const gossipOptions: Partial<GossipsubOpts> = {
  ...mesh,
  // Every second all peers beyond the mesh are told the ids of the newest messages: where Sybils fill the meshes and pass
  // nothing on, that is how messages arrive. An id is 32 bytes; a quarter of the peers, the default, loses 4 % of messages.
  gossipFactor: 1,
  floodPublish: false,
  allowPublishToZeroTopicPeers: true,
  ignoreDuplicatePublishError: true,
  // Who relays us to a peer gossips with both of us already; and a stream on a relayed connection would go silent when
  // the direct connection takes that one's place.
  runOnLimitedConnection: false,
  emitSelf: false,
  // Messages prove themselves (work, signatures, stamps); who sent one on is nobody's business.
  globalSignaturePolicy: "StrictNoSign",
  msgIdFn: (message) => sha256(message.data),
  maxInboundDataLength: 4 * limits.gossipBytes,
};

/** Fresh service factories for one node. */
export function sharedServices() {
  return { identify: identify(), ping: ping(), pubsub: gossipsub(gossipOptions) };
}
