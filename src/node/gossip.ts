/**
 * Gossip of transactions, blocks and votes: everything is validated before it is passed on. A verdict of `reject` also costs
 * the sender.
 * @module
 */
import type { Vote } from "#protocol/consensus/certificate.ts";
import { decodePrepared, type PreparedTransaction } from "#protocol/ledger/prepared.ts";
import { decodeGossip, encodeGossip } from "#protocol/messages/gossip.ts";
import { limits } from "#protocol/parameters.ts";
import type { RejectionCode } from "#protocol/result.ts";
import { BlockRelay, type BlockRelayParts } from "./block-relay.ts";
import type { Offence } from "./peer-scores.ts";
import type { PoolService } from "./pool-service.ts";
import type { GossipVerdict, Network, Topic } from "./ports.ts";
import type { Sync } from "./sync.ts";
import type { Voting } from "./voting/voting.ts";

/** Refusals that an honest peer can cause: it saw another head, and with it other stakes and offers, or a rival first. */
const innocent: ReadonlySet<RejectionCode> = new Set<RejectionCode>([
  "already-included",
  "already-reported",
  "missing-output",
  "spent-in-pool",
  "replacement-fee-too-low",
  "too-many-descendants",
  "too-many-ancestors",
  "pool-full",
  "lane-full",
  "queue-full",
  "quota-exceeded",
  "expired",
  "expires-too-late",
  "stamp-too-weak",
  "fee-too-low",
  "lock-not-satisfied",
  "no-such-voter",
  "voter-exists",
  "voters-full",
  "stake-locked",
  "no-such-offer",
  "offer-exhausted",
  "lease-expired",
]);

/** Room for the envelope around a transaction. */
const envelopeBytes = 64;

/** What gossip works with. */
export interface GossipParts extends BlockRelayParts {
  readonly pool: PoolService;
  readonly network: Network;
  readonly sync: Sync;
  readonly voting: Pick<Voting, "receive" | "noteHeader">;
}

/** Gossip of one node. */
export class Gossip {
  readonly blocks: BlockRelay;
  private readonly parts: GossipParts;

  constructor(parts: GossipParts) {
    this.parts = parts;
    this.blocks = new BlockRelay(parts);
  }

  /** Judges a message from a peer, and acts on it. */
  async receive(peerId: string, topic: Topic, bytes: Uint8Array): Promise<GossipVerdict> {
    const message = decodeGossip(bytes);
    if (!message.ok) return this.refuse(peerId, "garbage", message.message);
    if (topic === "block" && message.value.type === "block")
      return this.blocks.receiveBlock(peerId, message.value.block);
    if (topic === "block" && message.value.type === "header")
      return this.blocks.receiveHeader(peerId, message.value.header);
    if (topic === "transaction" && message.value.type === "transaction") {
      return this.receiveTransaction(peerId, message.value.bytes);
    }
    if (topic === "transaction" && message.value.type === "transaction-ids") {
      const before = this.parts.pool.pool.size;
      await this.parts.sync.fetchTransactions(peerId, message.value.ids);
      return this.parts.pool.pool.size > before ? "accept" : "ignore";
    }
    if (topic === "vote" && message.value.type === "vote") return this.receiveVote(peerId, message.value.vote);
    return this.refuse(peerId, "garbage", "a message on the wrong topic");
  }

  /** Tells the network of a transaction: whole if it fits, else by its id. */
  async announceTransaction({ bytes, id }: PreparedTransaction): Promise<number> {
    const small = bytes.length <= limits.gossipBytes - envelopeBytes;
    const message = encodeGossip(small ? { type: "transaction", bytes } : { type: "transaction-ids", ids: [id] });
    return this.parts.network.publish("transaction", message);
  }

  /** Tells the network of our own vote. */
  async announceVote(vote: Vote): Promise<number> {
    return this.parts.network.publish("vote", encodeGossip({ type: "vote", vote }));
  }

  private async receiveVote(peerId: string, vote: Vote): Promise<GossipVerdict> {
    const verdict = await this.parts.voting.receive(vote);
    return typeof verdict === "string" ? verdict : this.refuse(peerId, "bad-vote", verdict.message);
  }

  private async receiveTransaction(peerId: string, bytes: Uint8Array): Promise<GossipVerdict> {
    const prepared = decodePrepared(bytes);
    if (!prepared.ok) return this.refuse(peerId, "garbage", prepared.message);
    if (this.parts.pool.pool.has(prepared.value.id)) return "ignore";
    const added = await this.parts.pool.add(prepared.value, peerId);
    if (added.ok) return "accept";
    if (innocent.has(added.code)) return "ignore";
    return this.refuse(peerId, "bad-transaction", added.message);
  }

  private refuse(peerId: string, offence: Offence, why: string): GossipVerdict {
    this.parts.offend(peerId, offence, why);
    return "reject";
  }
}
