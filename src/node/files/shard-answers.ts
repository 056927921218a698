/**
 * What this node does for peers with files: gives blocks to who asks for them by their digests, and keeps some for others if
 * its user offers room, until who left them lets them go. Nothing here can read a file.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { type DigestBlock, digestsOf } from "#protocol/files/block-digests.ts";
import type { CombineShards } from "#protocol/files/erasure-code.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import {
  allowanceId,
  blockWireLimits,
  type DealRequest,
  decodeBlockRequest,
  fittingBlocks,
  haveAnswers,
  type KeepRequest,
  keepingCharge,
  offersAnswers,
  releasedAnswers,
  roomAnswers,
  wantAnswers,
} from "#protocol/files/requests.ts";
import { stampStrengthBits } from "#protocol/ledger/stamp.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { StorageOffer } from "#sdk/files.ts";
import type { KeepingNode } from "../keeping-node.ts";
import type { Entropy } from "../ports.ts";
import type { ServingBudget } from "../serving-budget.ts";
import type { BlockShelf } from "./block-shelf.ts";
import { filePlan } from "./file-limits.ts";
import type { Keepers } from "./keepers.ts";

/** What files need of a node. */
export interface FileNode
  extends KeepingNode<{
    /** Bytes it keeps for others at most, until its user says otherwise; none if absent. */
    readonly othersFilesBytes?: number;
  }> {
  readonly ports: KeepingNode<object>["ports"] & {
    readonly entropy: Entropy;
    /** The work of erasure codes; the plain one if absent. */
    readonly combineShards?: () => Promise<CombineShards>;
    /** SHA-256 of blocks, apart from this thread; the plain one if absent. */
    readonly digestBlock?: DigestBlock;
  };
  readonly resources: { readonly serving: ServingBudget };
}

const nothing = accepted(new Uint8Array());

const keepsNothing = rejected("not-serving", "This node keeps no files for others.");

const challengeBytes = 32;

/** Who answers with a bond for what is kept here. */
export interface DealTaker {
  /** Told of the blocks of a deal. */
  take(peerId: string, request: DealRequest): Promise<Result<null>>;
  /** Ids of its offers in the chain. */
  offers(): readonly Uint8Array[];
}

const bondsNothing = rejected("not-serving", "This node makes no storage deals.");

/** What a peer may leave here. */
interface Allowance {
  /** What its next stamp is to be over; null once there was one. */
  challenge: Uint8Array | null;
  bytes: number;
}

/** Answers of one node. */
export class ShardAnswers {
  private readonly node: FileNode;
  private readonly shelf: BlockShelf;
  private readonly keepers: Keepers;
  /** Null on a node without a key of its own. */
  dealTaker: DealTaker | null = null;
  /** In the order in which they last asked. */
  private readonly allowances = new Map<string, Allowance>();

  constructor(node: FileNode, shelf: BlockShelf, keepers: Keepers) {
    this.node = node;
    this.shelf = shelf;
    this.keepers = keepers;
  }

  /** Answers a peer. */
  async answer(peerId: string, bytes: Uint8Array): Promise<Result<Uint8Array>> {
    const request = decodeBlockRequest(bytes);
    if (!request.ok) return request;
    switch (request.value.type) {
      case "want":
        return this.give(request.value.digests);
      case "have":
        return accepted(haveAnswers.encode({ here: this.shelf.which(request.value.digests) }));
      case "room":
        return this.tellRoom(peerId);
      case "allow":
        return this.allow(peerId, request.value.stamp);
      case "keep":
      case "publish":
        return this.keep(peerId, request.value);
      case "release":
        return accepted(haveAnswers.encode({ here: await this.shelf.release(request.value.releases) }));
      case "released":
        return accepted(releasedAnswers.encode({ secrets: this.shelf.releasedBy(request.value.marks) }));
      case "offers":
        return accepted(
          offersAnswers.encode({ offers: this.dealTaker?.offers().slice(0, blockWireLimits.offers) ?? [] }),
        );
      case "deal": {
        const taken = (await this.dealTaker?.take(peerId, request.value)) ?? bondsNothing;
        return taken.ok ? nothing : taken;
      }
    }
  }

  /** What is kept for others, and how much may be. */
  offer(): StorageOffer {
    return { offeredBytes: this.shelf.offeredBytes, keptBytes: this.shelf.othersBytes };
  }

  private async give(digests: readonly Uint8Array[]): Promise<Result<Uint8Array>> {
    const { serving } = this.node.resources;
    const refusal = serving.refusal();
    if (refusal !== null) return refusal;
    const answer = wantAnswers.encode({ blocks: fittingBlocks(await this.shelf.find(digests)) });
    serving.note(answer.length);
    return accepted(answer);
  }

  private tellRoom(peerId: string): Result<Uint8Array> {
    const { offeredBytes } = this.offer();
    if (offeredBytes === null) return keepsNothing;
    const known = this.allowances.get(peerId);
    // One that waits for its stamp stays: who makes it may ask for the room again meanwhile.
    const challenge = known?.challenge ?? this.node.ports.entropy.bytes(challengeBytes);
    const bytes = known?.bytes ?? 0;
    this.allowances.delete(peerId);
    this.allowances.set(peerId, { challenge, bytes });
    const [oldest] = this.allowances.keys();
    if (this.allowances.size > filePlan.allowances && oldest !== undefined) this.allowances.delete(oldest);
    const freeBytes = this.shelf.freeFor(peerId);
    return accepted(roomAnswers.encode({ offeredBytes, freeBytes, challenge, others: this.keepers.names() }));
  }

  private allow(peerId: string, stamp: Uint8Array): Result<Uint8Array> {
    const allowance = this.allowances.get(peerId);
    const challenge = allowance?.challenge ?? null;
    const least = this.node.options.parameters.freeLane.stampBits + filePlan.moreStampBits;
    if (
      allowance === undefined ||
      challenge === null ||
      stampStrengthBits(allowanceId(challenge, peerId), stamp) < least
    )
      return rejected("stamp-too-weak", "The stamp is too weak, or not over what was asked for last.");
    allowance.challenge = null;
    allowance.bytes += fileLimits.bytesPerStamp;
    return nothing;
  }

  private async keep(peerId: string, request: KeepRequest): Promise<Result<Uint8Array>> {
    const { stripe, places, blocks, untilMs, marks } = request;
    if (this.offer().offeredBytes === null) return keepsNothing;
    const named = blocks.map((block, i) => ({ block, digest: stripe.shards[places[i] as number] as Uint8Array }));
    const digests = await digestsOf(blocks, this.node.ports.digestBlock);
    if (!named.every(({ digest }, i) => equalBytes(digests[i] as Uint8Array, digest)))
      return rejected("bad-response", "A shard is not the one that its piece names.");
    const allowance = this.allowances.get(peerId);
    const isRenewal = blocks.length === 0;
    // To keep for longer what is here costs what it cost to bring it.
    const bytes = isRenewal ? this.shelf.chargeOf(stripe) : keepingCharge(blocks.map(({ length }) => length));
    if (bytes === 0) return rejected("not-found", "No shard of this piece is here.");
    if (allowance === undefined || allowance.bytes < bytes)
      return rejected("stamp-missing", "Shards are kept here for a stamp; ask how much room there is first.");
    // Taken before anything is awaited: of two requests at once each needs its own.
    allowance.bytes -= bytes;
    const kept = isRenewal
      ? await this.shelf.renew(stripe, untilMs)
      : await this.shelf.keep({
          stripe,
          blocks: named,
          untilMs,
          from: peerId,
          marks,
          isPublic: request.type === "publish",
        });
    return kept.ok ? nothing : kept;
  }
}
