/**
 * Filling in history behind a state that was taken over, while the node is already in use: bodies in pages from the newest
 * down, as many as this device keeps. A page is one transaction, so a crash costs one at most, and a restart goes on.
 * @module
 */
import type { Codec } from "#protocol/codec/schema.ts";
import { type Block, decodeBlock } from "#protocol/ledger/block.ts";
import { type SyncRequest, syncAnswers } from "#protocol/messages/sync.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Chain } from "./chain.ts";
import { historyFrom } from "./chain-history.ts";
import { type Offence, offenceOf } from "./peer-scores.ts";

/** What filling in works with. */
export interface HistoryFillParts {
  readonly chain: Chain;
  ask<T>(peerId: string, request: SyncRequest, codec: Codec<T>): Promise<Result<T>>;
  offend(peerId: string, offence: Offence, why: string): void;
  onFailure(error: unknown): void;
  /** Bodies asked for at once. */
  readonly bodiesPerRequest: number;
}

/** How far it has come: whole blocks are here from `from` on, and are wanted from `to` on. */
export interface HistoryProgress {
  readonly from: number;
  readonly to: number;
}

/** Filling in for one node. */
export class HistoryFill {
  private readonly parts: HistoryFillParts;
  private running = false;
  /** The device has no room for more. */
  private full = false;

  constructor(parts: HistoryFillParts) {
    this.parts = parts;
  }

  /** How far it has come; null if nothing is wanted. */
  get progress(): HistoryProgress | null {
    const { chain } = this.parts;
    const from = chain.reader.kept.bodiesFrom;
    const to = historyFrom(chain.kept, chain.head.height);
    return !this.full && to < from ? { from, to } : null;
  }

  /** Goes on with a peer that has whole blocks from `bodiesFrom` on, until all is here or it has no more. */
  async run(peerId: string, bodiesFrom: number): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      for (let left = this.progress; left !== null && bodiesFrom < left.from; left = this.progress) {
        const page = await this.page(peerId, left, bodiesFrom);
        if (page.ok) continue;
        const offence = offenceOf(page.code);
        if (page.code === "storage-full") this.full = true;
        else if (offence !== null) this.parts.offend(peerId, offence, page.message);
        return;
      }
    } catch (error) {
      this.parts.onFailure(error);
    } finally {
      this.running = false;
    }
  }

  private async page(peerId: string, { from, to }: HistoryProgress, bodiesFrom: number): Promise<Result<null>> {
    const { chain, ask, bodiesPerRequest } = this.parts;
    const lowest = Math.max(to, bodiesFrom, from - bodiesPerRequest);
    const hashes = [...(await chain.reader.hashes(lowest, from - 1))].reverse();
    if (hashes.length === 0) return rejected("not-found", "The headers of these blocks are not here.");
    const answer = await ask(peerId, { type: "bodies", hashes }, syncAnswers.bodies);
    if (!answer.ok) return answer;
    if (answer.value.length === 0) return rejected("not-found", "The peer does not have these bodies.");
    const blocks: Block[] = [];
    for (const bytes of answer.value) {
      const block = decodeBlock(bytes);
      if (!block.ok) return block;
      blocks.push(block.value);
    }
    const taken = await chain.addHistory(blocks);
    return taken.ok ? accepted(null) : taken;
  }
}
