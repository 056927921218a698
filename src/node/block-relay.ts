/**
 * Carrying new blocks: small ones whole, so that they arrive after one way through each link; bigger ones by their
 * header, and nobody passes such a header on before it has the block to serve.
 *
 * What is passed on has its work and is what its header names; whether it may be applied is found out meanwhile.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { type Header, headerHash } from "#protocol/consensus/header.ts";
import { checkWeight, validateHeaderAlone, validateHeaderInContext } from "#protocol/consensus/validate-header.ts";
import { type Block, decodeBlock } from "#protocol/ledger/block.ts";
import { encodeGossip } from "#protocol/messages/gossip.ts";
import { syncAnswers } from "#protocol/messages/sync.ts";
import { limits } from "#protocol/parameters.ts";
import type { RejectionCode } from "#protocol/result.ts";
import type { Chain } from "./chain.ts";
import { bodyOf } from "./chain-history.ts";
import type { Offence } from "./peer-scores.ts";
import type { GossipVerdict, Network } from "./ports.ts";
import type { Sync } from "./sync.ts";
import type { Voting } from "./voting/voting.ts";

/** Refusals of a block that say nothing about who serves it. */
const innocent: ReadonlySet<RejectionCode> = new Set<RejectionCode>([
  "time-too-late",
  "unknown-parent",
  "below-finalised",
]);

/** What carrying blocks works with. */
export interface BlockRelayParts {
  readonly chain: Chain;
  readonly network: Pick<Network, "publish">;
  readonly sync: Pick<Sync, "withPeer" | "ask">;
  readonly voting: Pick<Voting, "noteHeader">;
  networkTimeMs(): number;
  offend(peerId: string, offence: Offence, why: string): void;
  /** The store failed. */
  onFailure(error: unknown): void;
}

/** The carrier of one node. */
export class BlockRelay {
  private readonly parts: BlockRelayParts;

  constructor(parts: BlockRelayParts) {
    this.parts = parts;
  }

  /** Tells the network of a block. */
  announce(block: Block): Promise<number> {
    const whole = encodeGossip({ type: "block", block });
    const fits = whole.length <= limits.gossipBytes;
    return this.parts.network.publish("block", fits ? whole : encodeGossip({ type: "header", header: block.header }));
  }

  /** Judges a block that a peer passes on, and takes it in. */
  receiveBlock(peerId: string, block: Block): GossipVerdict {
    const { header } = block;
    const hash = this.judge(peerId, header);
    if (typeof hash === "string") return hash;
    // Everybody looks at this before passing it on.
    const body = bodyOf(block);
    if (!body.ok) return this.refuse(peerId, "bad-block", body.message);
    this.parts.voting.noteHeader(header, hash);
    // Who passed it on could not know better, as we cannot: nobody answers for what shows only when it is applied.
    void this.take(peerId, block, () => undefined);
    return "accept";
  }

  /** Judges a block of which a peer tells, and fetches it there. */
  async receiveHeader(peerId: string, header: Header): Promise<GossipVerdict> {
    const hash = this.judge(peerId, header);
    if (typeof hash === "string") return hash;
    this.parts.voting.noteHeader(header, hash);
    await this.fetch(peerId, hash);
    return this.parts.chain.index.get(hash)?.hasBody ? "accept" : "ignore";
  }

  /** The hash of a header that is worth its block; or the verdict over who passes it on. */
  private judge(peerId: string, header: Header): Uint8Array | GossipVerdict {
    const { chain, sync } = this.parts;
    const { index } = chain;
    const { parameters } = chain.context;
    const alone = validateHeaderAlone(header, parameters);
    if (!alone.ok) return this.refuse(peerId, "bad-header", alone.message);
    const known = index.named(toHex(alone.value));
    if (known?.invalid || known?.hasBody) return "ignore";
    const parent = index.get(header.parent);
    if (parent?.invalid) return "ignore";
    const context = parent === undefined ? null : index.contextAfter(parent, this.parts.networkTimeMs());
    if (context === null) {
      // Its work cannot be told from the easiest there ever was: only who follows the chain may pass it on.
      void sync.withPeer(peerId);
      return "ignore";
    }
    const placed = validateHeaderInContext(header, context, parameters);
    if (placed.ok) {
      // Where the state after its parent is at hand, its proposer's weight is known; elsewhere it passes on what it cannot judge.
      const judged = equalBytes(header.parent, chain.head.hash);
      return judged && checkWeight(header, alone.value, chain.state, chain.context) !== null ? "ignore" : alone.value;
    }
    return placed.code === "time-too-late" ? "ignore" : this.refuse(peerId, "bad-header", placed.message);
  }

  /** Fetches a block from who announced it. */
  private async fetch(peerId: string, hash: Uint8Array): Promise<void> {
    const { sync } = this.parts;
    const answer = await sync.ask(peerId, { type: "bodies", hashes: [hash] }, syncAnswers.bodies);
    const [bytes] = answer.ok ? answer.value : [];
    const block = bytes === undefined ? undefined : decodeBlock(bytes);
    if (!block?.ok || !equalBytes(headerHash(block.value.header), hash)) return sync.withPeer(peerId);
    await this.take(peerId, block.value, (why) => this.parts.offend(peerId, "bad-block", why));
  }

  /** Takes a block in; what it lacks to be applied is pulled from the peer that it came from. */
  private async take(peerId: string, block: Block, blame: (why: string) => void): Promise<void> {
    const { chain, sync } = this.parts;
    try {
      const added = await chain.addBlock(block, this.parts.networkTimeMs());
      if (added.ok ? !chain.isComplete(added.value) : innocent.has(added.code)) await sync.withPeer(peerId);
      else if (!added.ok) blame(added.message);
    } catch (error) {
      this.parts.onFailure(error);
    }
  }

  private refuse(peerId: string, offence: Offence, why: string): GossipVerdict {
    this.parts.offend(peerId, offence, why);
    return "reject";
  }
}
