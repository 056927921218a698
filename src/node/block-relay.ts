/**
 * Carrying new blocks: small ones whole, so that they arrive after one way through each link; bigger ones by their
 * header and in shreds (shreds/shred-relay.ts), and nobody passes such a header on before it has the block to serve.
 *
 * What is passed on has its work and is what its header names; whether it may be applied is found out meanwhile.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { type Header, headerHash } from "#protocol/consensus/header.ts";
import { checkWeight, validateHeaderAlone, validateHeaderInContext } from "#protocol/consensus/validate-header.ts";
import { workOfTarget } from "#protocol/consensus/work.ts";
import { type Block, decodeBlock } from "#protocol/ledger/block.ts";
import { encodeGossip } from "#protocol/messages/gossip.ts";
import { syncAnswers } from "#protocol/messages/sync.ts";
import { limits } from "#protocol/parameters.ts";
import type { RejectionCode } from "#protocol/result.ts";
import type { Chain } from "./chain.ts";
import { bodyOf } from "./chain-history.ts";
import type { HeaderEntry } from "./header-index.ts";
import type { Offence } from "./peer-scores.ts";
import type { Clock, GossipVerdict, Network } from "./ports.ts";
import type { ServingBudget } from "./serving-budget.ts";
import { ShredRelay } from "./shreds/shred-relay.ts";
import type { Sync } from "./sync.ts";
import type { Voting } from "./voting/voting.ts";

/** Refusals of a block after which comparing notes with its sender may help. */
const pulled: ReadonlySet<RejectionCode> = new Set<RejectionCode>([
  "time-too-late",
  "unknown-parent",
  "below-finalised",
]);

/** Bounds of what is carried. */
export const relayLimits = {
  /**
   * A block whose branch lacks more work than so many blocks like the head have is carried by nobody: it could fork off
   * where work was at its easiest. If its branch ever matters, comparing notes brings it.
   */
  behindBlocks: 16n,
  /** Whole blocks that wait to be applied; each is as long as a gossip message at most. */
  taking: 64,
} as const;

/** What carrying blocks works with. */
export interface BlockRelayParts {
  readonly chain: Chain;
  readonly network: Pick<Network, "publish" | "peers" | "request" | "selfId">;
  readonly clock: Clock;
  readonly sync: Pick<Sync, "withPeer" | "ask">;
  readonly voting: Pick<Voting, "noteHeader">;
  networkTimeMs(): number;
  /** Says whether the user's cap leaves room to pass whole blocks on. */
  readonly serving: Pick<ServingBudget, "maySend" | "note" | "refusal">;
  offend(peerId: string, offence: Offence, why: string): void;
  /** The store failed. */
  onFailure(error: unknown): void;
}

/** The carrier of one node. */
export class BlockRelay {
  private readonly parts: BlockRelayParts;
  /** Whole blocks that wait to be applied. */
  private taking = 0;
  /** Carries bodies that are longer than a message. */
  readonly shreds: ShredRelay;

  constructor(parts: BlockRelayParts) {
    this.parts = parts;
    this.shreds = new ShredRelay({
      ...parts,
      judge: (peerId, header) => this.judge(peerId, header),
      take: (peerId, block) => this.take(peerId, block),
    });
  }

  /** Tells the network of a block. */
  announce(block: Block): Promise<number> {
    const whole = encodeGossip({ type: "block", block });
    const fits = whole.length <= limits.gossipBytes;
    this.shreds.spread(block);
    return this.parts.network.publish("block", fits ? whole : encodeGossip({ type: "header", header: block.header }));
  }

  /** Judges a block that a peer passes on, and takes it in. */
  receiveBlock(peerId: string, block: Block): GossipVerdict {
    const { header } = block;
    const hash = this.judge(peerId, header);
    if (typeof hash === "string") return hash;
    // Nobody waits for these: what is too much now comes with the next comparing of notes.
    if (this.taking >= relayLimits.taking) return "ignore";
    // Everybody looks at this before passing it on.
    const body = bodyOf(block);
    if (!body.ok) return this.refuse(peerId, "bad-block", body.message);
    this.parts.voting.noteHeader(header, hash);
    void this.take(peerId, block);
    return this.parts.serving.maySend() ? "accept" : "ignore";
  }

  /** Judges a block of which a peer tells, and waits for its shreds, or fetches it there. */
  async receiveHeader(peerId: string, header: Header): Promise<GossipVerdict> {
    if (header.shreds !== null && this.shreds.isUntold(headerHash(header))) return "accept";
    const hash = this.judge(peerId, header);
    if (typeof hash === "string") return hash;
    this.parts.voting.noteHeader(header, hash);
    if (!(await this.shreds.complete(peerId, header, hash))) await this.fetch(peerId, hash);
    const entry = this.parts.chain.index.get(hash);
    return entry?.hasBody && entry.invalid === null ? "accept" : "ignore";
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
      if (this.isForlorn(header, alone.value, parent as HeaderEntry)) {
        void sync.withPeer(peerId);
        return "ignore";
      }
      // Where the state after its parent is at hand, its proposer's weight is known; elsewhere it passes on what it cannot judge.
      const judged = equalBytes(header.parent, chain.head.hash);
      return judged && checkWeight(header, alone.value, chain.state, chain.context) !== null ? "ignore" : alone.value;
    }
    return placed.code === "time-too-late" ? "ignore" : this.refuse(peerId, "bad-header", placed.message);
  }

  /** Whether a block is on a branch that is closed, or so far behind that its work may have cost next to nothing. */
  private isForlorn({ height, target }: Header, hash: Uint8Array, parent: HeaderEntry): boolean {
    const { head, finality } = this.parts.chain;
    const lacked = head.totalWork - parent.totalWork - workOfTarget(target);
    return finality.isSettled(height, hash) || lacked > relayLimits.behindBlocks * workOfTarget(head.header.target);
  }

  /** Fetches a block from who announced it. */
  private async fetch(peerId: string, hash: Uint8Array): Promise<void> {
    const { sync, chain } = this.parts;
    // Its shreds have shown it to be no good.
    if (chain.index.get(hash)?.invalid) return;
    const answer = await sync.ask(peerId, { type: "bodies", hashes: [hash] }, syncAnswers.bodies);
    const [bytes] = answer.ok ? answer.value : [];
    const block = bytes === undefined ? undefined : decodeBlock(bytes);
    if (!block?.ok || !equalBytes(headerHash(block.value.header), hash)) return sync.withPeer(peerId);
    const body = bodyOf(block.value);
    if (!body.ok) return this.parts.offend(peerId, "bad-block", body.message);
    await this.take(peerId, block.value);
    this.shreds.wasHad(hash);
  }

  /**
   * Takes a block in; what it lacks to be applied is pulled from the peer that it came from. Nobody answers for what shows
   * only when it is applied: who has it on a side branch has not applied it.
   */
  private async take(peerId: string, block: Block): Promise<void> {
    const { chain, sync } = this.parts;
    this.taking++;
    try {
      const added = await chain.addBlock(block, this.parts.networkTimeMs());
      if (added.ok ? !chain.isComplete(added.value) : pulled.has(added.code)) await sync.withPeer(peerId);
    } catch (error) {
      this.parts.onFailure(error);
    } finally {
      this.taking--;
    }
  }

  private refuse(peerId: string, offence: Offence, why: string): GossipVerdict {
    this.parts.offend(peerId, offence, why);
    return "reject";
  }
}
