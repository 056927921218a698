/**
 * Files on a node: gives blocks to who asks for them by their digests, keeps some for others if it serves, places our own
 * people's with nodes that do, and fetches. Nothing here can read a file.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import {
  type BlockRequest,
  blockWireLimits,
  decodeBlockRequest,
  encodeBlockRequest,
  keptBlocksId,
  wantAnswers,
} from "#protocol/files/requests.ts";
import { stampStrengthBits } from "#protocol/ledger/stamp.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { Fetched, FileRequests, Placement } from "#sdk/files.ts";
import { guarded } from "../guarded.ts";
import type { KeepingNode } from "../keeping-node.ts";
import { type PeerInfo, protocols, type Store } from "../ports.ts";
import type { ServingBudget } from "../serving-budget.ts";
import { findStamp } from "../stamp-search.ts";
import { BlockShelf } from "./block-shelf.ts";
import { filePlan } from "./file-limits.ts";

/** What files need of a node. */
export interface FileNode
  extends KeepingNode<{
    /** Whether it keeps blocks for others. */
    readonly keepsFiles?: boolean;
  }> {
  readonly resources: { readonly serving: ServingBudget };
}

const saturated = rejected(
  "rate-limited",
  "The nodes that have the file may not send so much just now; try again later.",
);

const nothing = accepted(new Uint8Array());

/** The files of one node. */
export class FileBlocks {
  private readonly node: FileNode;
  private readonly shelf: BlockShelf;
  /** Peers that had nothing to give when they were last asked: they are asked last. */
  private readonly unhelpful = new Set<string>();
  private sweepAtMs = 0;
  private readonly joinedByMs: number;

  private constructor(node: FileNode, shelf: BlockShelf) {
    this.node = node;
    this.shelf = shelf;
    this.joinedByMs = node.ports.clock.nowMs() + filePlan.joiningMs;
  }

  /** Reads what is kept. */
  static async open(node: FileNode, store: Store): Promise<FileBlocks> {
    return new FileBlocks(node, await BlockShelf.open(store, node.ports.clock));
  }

  /** Answers a peer. */
  async answer(peerId: string, bytes: Uint8Array): Promise<Result<Uint8Array>> {
    const request = decodeBlockRequest(bytes);
    if (!request.ok) return request;
    return request.value.type === "want"
      ? this.give(request.value.digests)
      : this.keepFor(peerId, request.value.blocks, request.value.stamp);
  }

  /** A peer has gone. */
  onPeerDisconnected(peerId: string): void {
    this.unhelpful.delete(peerId);
  }

  /** To be called every few seconds. */
  async tick(): Promise<void> {
    const nowMs = this.node.ports.clock.nowMs();
    if (nowMs < this.sweepAtMs) return;
    this.sweepAtMs = nowMs + filePlan.sweepEveryMs;
    await this.shelf.sweep();
  }

  /** Keeps blocks of our own people. */
  keep(blocks: readonly Uint8Array[]): Promise<Result<null>> {
    return this.shelf.keep(blocks, "");
  }

  /** Leaves blocks that are here with nodes that keep them for others. */
  async place(digests: readonly Uint8Array[]): Promise<Result<Placement>> {
    const found = await this.shelf.find(digests);
    const blocks = found.filter((block) => block !== null);
    if (blocks.length < digests.length) return rejected("not-found", "A shard of the file is not here any more.");
    const { freeLane } = this.node.options.parameters;
    while (this.isJoining()) await this.pause();
    const seeds = this.peers().filter(({ seed }) => seed);
    if (seeds.length === 0) return accepted({ keepers: 0, trouble: "no node that keeps files is connected" });
    const id = keptBlocksId(digests);
    const stamp = await findStamp(this.node.ports.nonceSearch, id, freeLane.stampBits + filePlan.moreStampBits);
    if (!stamp.ok) return stamp;
    let keepers = 0;
    let trouble = "";
    for (const seed of seeds.slice(0, filePlan.copies)) {
      const kept = await this.ask(seed.id, { type: "keep", blocks, stamp: stamp.value });
      if (kept.ok) keepers++;
      else trouble = kept.message;
    }
    return accepted({ keepers, trouble: keepers > 0 ? "" : trouble });
  }

  /** Blocks by their digests, from here or from peers; those that came from peers are not kept. */
  async fetch(digests: readonly Uint8Array[]): Promise<Result<Fetched>> {
    const blocks = [...(await this.shelf.find(digests))];
    for (let round = 0; round < filePlan.rounds; round++) {
      const putOff = await this.fetchMissing(digests, blocks);
      const missing = blocks.filter((block) => block === null).length;
      if (missing === 0) return accepted({ blocks, trouble: null });
      if (!putOff && !this.isJoining()) return accepted({ blocks, trouble: this.notFound(missing) });
      await this.pause();
    }
    return accepted({ blocks, trouble: saturated });
  }

  /** Asks one peer after the other for what is missing; true if one of them may only not send more now. */
  private async fetchMissing(digests: readonly Uint8Array[], found: (Uint8Array | null)[]): Promise<boolean> {
    let putOff = false;
    for (const { id } of this.helpfulFirst()) {
      const missing = digests.flatMap((digest, i) => (found[i] === null ? [{ digest, i }] : []));
      if (missing.length === 0) return false;
      const answered = await this.ask(id, { type: "want", digests: missing.map(({ digest }) => digest) });
      const answer = answered.ok ? wantAnswers.decode(answered.value) : answered;
      if (!answer.ok) {
        putOff ||= answer.code === "rate-limited";
        this.unhelpful.add(id);
        continue;
      }
      let came = 0;
      for (const [at, { digest, i }] of missing.entries()) {
        const block = answer.value.blocks[at] ?? null;
        if (block === null) continue;
        if (equalBytes(sha256(block), digest)) {
          found[i] = block;
          came++;
        } else this.node.offend(id, "bad-shard", "it gave other bytes than were asked for");
      }
      if (came > 0) this.unhelpful.delete(id);
      else this.unhelpful.add(id);
    }
    return putOff;
  }

  private notFound(missing: number): Rejected {
    const asked = this.node.ports.network.peers().length;
    if (asked === 0) {
      return rejected("disconnected", "Nobody is connected who could have the file; `peers` shows when somebody is.");
    }
    return rejected(
      "not-found",
      `None of ${asked} connected peer${asked === 1 ? "" : "s"} has ${missing} of the file's shards. Whoever shared it may be away, or 30 days are over; try again later, or ask for a new link.`,
    );
  }

  private async give(digests: readonly Uint8Array[]): Promise<Result<Uint8Array>> {
    const { serving } = this.node.resources;
    const refusal = serving.refusal();
    if (refusal !== null) return refusal;
    const answer = wantAnswers.encode({ blocks: await this.shelf.find(digests) });
    serving.note(answer.length);
    return accepted(answer);
  }

  private async keepFor(from: string, blocks: readonly Uint8Array[], stamp: Uint8Array): Promise<Result<Uint8Array>> {
    const { keepsFiles, parameters } = this.node.options;
    if (keepsFiles !== true) return rejected("not-serving", "This node keeps no files for others.");
    const id = keptBlocksId(blocks.map((block) => sha256(block)));
    if (stampStrengthBits(id, stamp) < parameters.freeLane.stampBits + filePlan.moreStampBits)
      return rejected("stamp-too-weak", "Blocks need a stronger stamp to be kept here.");
    const kept = await this.shelf.keep(blocks, from);
    return kept.ok ? nothing : kept;
  }

  private peers(): readonly PeerInfo[] {
    return this.node.ports.network.peers();
  }

  /** Seeds before others, and who had something before who had not. */
  private helpfulFirst(): readonly PeerInfo[] {
    const rank = ({ id, seed }: PeerInfo): number => (this.unhelpful.has(id) ? 2 : 0) + (seed ? 0 : 1);
    return this.peers()
      .toSorted((a, b) => rank(a) - rank(b))
      .slice(0, filePlan.asked);
  }

  /** Whether somebody who keeps files may yet come: a link is often the first thing that a page is opened with. */
  private isJoining(): boolean {
    return this.node.ports.clock.nowMs() < this.joinedByMs && !this.peers().some(({ seed }) => seed);
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => this.node.ports.clock.schedule(filePlan.patienceMs, resolve));
  }

  private ask(peerId: string, request: BlockRequest): Promise<Result<Uint8Array>> {
    const limits = { timeoutMs: filePlan.askTimeoutMs, maximumResponseBytes: blockWireLimits.answerBytes };
    return this.node.ports.network.request(peerId, protocols.block, encodeBlockRequest(request), limits);
  }
}

/** The sdk's requests about files on a node that may still be starting. */
export function fileRequests(files: () => FileBlocks): FileRequests {
  return {
    keepBlocks: (blocks) => guarded(() => files().keep(blocks)),
    placeBlocks: (digests) => guarded(() => files().place(digests)),
    fetchBlocks: (digests) => guarded(() => files().fetch(digests)),
  };
}
