/**
 * Gossip over libp2p: topics with the network's prefix, validation before forwarding, and streams that do not go silent.
 * @libp2p/gossipsub keeps one stream a peer, on whichever connection it saw first, and opens no other when that
 * connection closes while another to the same peer stays: such a peer would hear nothing more of us.
 * @module
 */
import { type GossipSub, TopicValidatorResult } from "@libp2p/gossipsub";
import type { Identify } from "@libp2p/identify";
import type { Connection, Libp2p, PeerId } from "@libp2p/interface";
import { type GossipVerdict, type Topic, topics } from "#node/ports.ts";
import { limits as protocolLimits } from "#protocol/parameters.ts";
import type { NetworkLimits } from "./limits.ts";
import { TokenBuckets } from "./token-buckets.ts";

/** The services every libp2p node of ours has. */
export type AetherLibp2p = Libp2p<{ pubsub: GossipSub; identify: Identify }>;

/** Judges a message before it is passed on. */
export type JudgeGossip = (peerId: string, topic: Topic, message: Uint8Array) => Promise<GossipVerdict>;

const verdicts: Readonly<Record<GossipVerdict, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
};

/** Gossip of one node. */
export class GossipLink {
  private readonly libp2p: AetherLibp2p;
  private readonly networkName: string;
  private readonly limits: NetworkLimits;
  private readonly buckets: TokenBuckets;
  private unjudged = 0;

  constructor(libp2p: AetherLibp2p, networkName: string, limits: NetworkLimits) {
    this.libp2p = libp2p;
    this.networkName = networkName;
    this.limits = limits;
    const { gossipBurst: burst, gossipPerSecond: perSecond, rememberedPeers: names } = limits;
    this.buckets = new TokenBuckets({ burst, perSecond, names });
  }

  /** Sets the validators; before libp2p starts, so that they stand before the first message can come. */
  validateWith(judge: JudgeGossip): void {
    for (const topic of topics) {
      const validator = async (peer: PeerId, message: { data: Uint8Array }): Promise<TopicValidatorResult> => {
        if (message.data.length > protocolLimits.gossipBytes) return TopicValidatorResult.Reject;
        // Nobody is blamed: who forwards much may be honest. What is dropped here, status rounds make up for.
        const spent = this.buckets.spend(peer.toString(), Date.now());
        if (!spent || this.unjudged >= this.limits.unjudged) return TopicValidatorResult.Ignore;
        this.unjudged++;
        try {
          return verdicts[await judge(peer.toString(), topic, message.data)];
        } finally {
          this.unjudged--;
        }
      };
      this.libp2p.services.pubsub.topicValidators.set(this.nameOf(topic), validator);
    }
  }

  /** Subscribes; only a started service can. */
  subscribe(): void {
    for (const topic of topics) this.libp2p.services.pubsub.subscribe(this.nameOf(topic));
  }

  /** Sends our own message; resolves to the number of peers it went to. */
  async publish(topic: Topic, message: Uint8Array): Promise<number> {
    // libp2p drops what is too long without a word; this is our own message, so it is our bug.
    if (message.length > protocolLimits.gossipBytes) throw new Error(`a gossip message of ${message.length} bytes`);
    if (this.libp2p.status !== "started") return 0;
    const { recipients } = await this.libp2p.services.pubsub.publish(this.nameOf(topic), message);
    return recipients.length;
  }

  /** Whether there is no stream on which a peer would hear our gossip. */
  isSilentTo(peerId: PeerId): boolean {
    if (this.libp2p.status !== "started") return false;
    // Public on the class, but the class is not exported.
    const { streamsOutbound } = this.libp2p.services.pubsub as unknown as {
      streamsOutbound: ReadonlyMap<string, unknown>;
    };
    return !streamsOutbound.has(peerId.toString());
  }

  /**
   * After a connection to a peer has closed: if another stands, gossip's stream may have gone with the first. Asking who
   * the peer is over the one that stays makes libp2p offer that to gossip, as if it were new.
   */
  async mend(peerId: PeerId): Promise<void> {
    const standing = this.libp2p
      .getConnections(peerId)
      .find((one: Connection) => one.status === "open" && one.limits === undefined);
    if (standing === undefined || this.libp2p.status !== "started") return;
    const signal = AbortSignal.timeout(this.limits.echoTimeoutMs);
    // A connection that cannot even say who is there is closed by the next echo.
    await this.libp2p.services.identify.identify(standing, { signal }).catch(() => undefined);
  }

  private nameOf(topic: Topic): string {
    return `/aether/${this.networkName}/${topic}`;
  }
}
