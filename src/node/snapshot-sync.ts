/**
 * Joining without the early bodies: headers from genesis with all their work, then the state of a block that lies deep
 * enough under the heaviest of them, in parts that each prove themselves. Everything is stored as it comes, so a crash
 * costs at most one page or part; a peer that sends a wrong one is scored and another is asked. One fetch at a time.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import type { Sha256 } from "#protocol/codec/hash.ts";
import { SnapshotBuilder, type SnapshotEntry } from "#protocol/ledger/snapshot.ts";
import {
  type AnswerCodec,
  type SnapshotOffer,
  type SyncRequest,
  syncAnswers,
  syncLimits,
} from "#protocol/messages/sync.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Chain } from "./chain.ts";
import type { SnapshotProgress } from "./chain-records.ts";
import type { HeaderEntry } from "./header-index.ts";
import { OtherSide } from "./other-side.ts";
import { type Offence, offenceOf } from "./peer-scores.ts";
import type { SnapshotRules } from "./snapshot-offers.ts";

/** What fetching a snapshot works with. */
export interface SnapshotSyncParts {
  readonly chain: Chain;
  readonly sha256: Sha256;
  readonly rules: SnapshotRules;
  ask<T>(peerId: string, request: SyncRequest, codec: AnswerCodec<T>): Promise<Result<T>>;
  networkTimeMs(): number;
  /** Other peers that might have the same snapshot. */
  otherPeers(peerId: string): readonly string[];
  offend(peerId: string, offence: Offence, why: string): void;
  onProgress(progress: { from: number; current: number; target: number }): void;
}

/** Fetching of snapshots for one node. */
export class SnapshotSync {
  private readonly parts: SnapshotSyncParts;
  private readonly other: OtherSide;
  private running = false;

  constructor(parts: SnapshotSyncParts) {
    this.parts = parts;
    this.other = new OtherSide(parts.chain.reader);
  }

  /** Whether a fetch is under way. */
  get busy(): boolean {
    return this.running;
  }

  /** Fetches from a peer whose chain is heavier than ours and whose early bodies are gone; goes on where it stopped. */
  async run(peerId: string, target: number): Promise<Result<null>> {
    if (this.running) return accepted(null);
    this.running = true;
    try {
      const progress = (await this.other.progress()) ?? (await this.begin());
      const headers = await this.pullHeaders(peerId, progress, target);
      if (!headers.ok) return headers;
      const chosen = await this.choose(peerId, headers.value);
      if (!chosen.ok) return chosen;
      const state = await this.pullState(peerId, headers.value, chosen.value);
      if (!state.ok) return state;
      return accepted(null);
    } finally {
      this.running = false;
    }
  }

  private async begin(): Promise<SnapshotProgress> {
    await this.other.clear();
    const progress = { headerTip: this.parts.chain.index.genesis.hash, block: null, parts: 0 };
    await this.other.advance(progress);
    return progress;
  }

  /** Headers up to the peer's newest, each page verified and stored before the next is asked for. */
  private async pullHeaders(
    peerId: string,
    start: SnapshotProgress,
    target: number,
  ): Promise<Result<SnapshotProgress>> {
    const { chain, ask, networkTimeMs, offend, onProgress } = this.parts;
    let progress = start;
    for (;;) {
      const locator = [progress.headerTip, ...(await chain.reader.locator())].slice(0, syncLimits.locatorHashes);
      const request = { type: "headers", locator, count: syncLimits.headers } as const;
      const page = await ask(peerId, request, syncAnswers.headers);
      if (!page.ok) return page;
      if (page.value.length === 0) return accepted(progress);
      const added = await chain.addHeaders(page.value, networkTimeMs());
      if (!added.ok) {
        if (added.code === "time-too-late") return accepted(progress);
        offend(peerId, "bad-header", added.message);
        return rejected("not-found", "The peer's headers do not hold.");
      }
      const tip = added.value.at(-1) as HeaderEntry;
      if (equalBytes(tip.hash, progress.headerTip)) return accepted(progress);
      const before = await chain.reader.find(progress.headerTip);
      if (before !== undefined && tip.totalWork <= before.totalWork) return accepted(progress);
      progress = { ...progress, headerTip: tip.hash };
      await this.other.advance(progress, await this.other.headerWrites(added.value));
      onProgress({ from: 0, current: tip.height, target: Math.max(target, tip.height) });
      if (page.value.length < syncLimits.headers) return accepted(progress);
    }
  }

  /** The newest offer that lies on our branch of headers, deep enough; the one begun with, if it is still to be had. */
  private async choose(peerId: string, progress: SnapshotProgress): Promise<Result<SnapshotOffer>> {
    const { chain, ask, rules } = this.parts;
    const tip = await chain.reader.find(progress.headerTip);
    if (tip === undefined || tip.totalWork <= chain.head.totalWork) {
      return rejected("not-found", "The peer's chain is not heavier than ours.");
    }
    const request = { type: "snapshots", count: syncLimits.snapshots } as const;
    const offers = await ask(peerId, request, syncAnswers.snapshots);
    if (!offers.ok) return offers;
    const good: SnapshotOffer[] = [];
    for (const offer of offers.value) {
      if (
        offer.height <= tip.height - rules.confirmations &&
        (await this.other.has({ hash: offer.block, height: offer.height }))
      )
        good.push(offer);
    }
    const begun = good.find(({ block }) => progress.block !== null && equalBytes(block, progress.block));
    const newest = good.reduce<SnapshotOffer | undefined>(
      (a, b) => (a === undefined || b.height > a.height ? b : a),
      begun,
    );
    const chosen = begun ?? newest;
    return chosen === undefined
      ? rejected("not-found", "The peer offers no snapshot that is deep enough.")
      : accepted(chosen);
  }

  private async pullState(peerId: string, start: SnapshotProgress, offer: SnapshotOffer): Promise<Result<null>> {
    const { chain, ask, sha256, offend } = this.parts;
    const { block } = offer;
    const entry = await chain.reader.find(block);
    if (entry === undefined) return rejected("not-found", "The snapshot's block is not known here.");
    const plan = await ask(peerId, { type: "snapshot-plan", block }, syncAnswers["snapshot-plan"]);
    if (!plan.ok) return plan;
    const builder = SnapshotBuilder.start(plan.value, entry.header.stateRoot, sha256);
    if (!builder.ok) {
      offend(peerId, "bad-snapshot", builder.message);
      return rejected("not-found", builder.message);
    }
    const progress = await this.resume(builder.value, start, block);
    const pulled = await this.pullParts(
      builder.value,
      progress,
      [peerId, ...this.parts.otherPeers(peerId)],
      offer.height,
    );
    if (!pulled.ok) return pulled;
    const state = builder.value.finish();
    if (!state.ok) {
      // Every part was right when it came, so what was stored before a restart is not: start over.
      await this.other.clear();
      return rejected("not-found", state.message);
    }
    await chain.adopt(entry, state.value);
    await this.other.clear();
    return accepted(null);
  }

  /** Takes up parts that an earlier attempt stored; those of another block are forgotten. */
  private async resume(
    builder: SnapshotBuilder,
    start: SnapshotProgress,
    block: Uint8Array,
  ): Promise<SnapshotProgress> {
    if (start.block !== null && equalBytes(start.block, block)) {
      const kept: SnapshotEntry[] = [];
      for await (const page of this.other.leaves()) kept.push(...page);
      builder.resume(start.parts, kept);
      return start;
    }
    const progress = { ...start, block, parts: 0 };
    await this.other.clearLeaves();
    await this.other.advance(progress);
    return progress;
  }

  /** All parts that are missing, in order; the next one is under way while one is being stored. */
  private async pullParts(
    builder: SnapshotBuilder,
    start: SnapshotProgress,
    peers: readonly string[],
    height: number,
  ): Promise<Result<null>> {
    const sources = [...peers];
    const { onProgress } = this.parts;
    let progress = start;
    let coming = this.askPart(sources[0], progress, builder.next);
    while (builder.next < builder.parts) {
      const [source] = sources;
      const part = await coming;
      const taken = part.ok ? builder.add(part.value) : part;
      if (!part.ok || !taken.ok) {
        if (source === undefined)
          return rejected("not-found", "No peer has the rest of the snapshot; it goes on with the next.");
        // A state too large for this device is nobody's fault, and no peer has a smaller one.
        if (!taken.ok && taken.code === "too-large" && part.ok) return taken;
        const offence = part.ok ? "bad-snapshot" : offenceOf(part.code);
        if (offence !== null && !taken.ok) this.parts.offend(source, offence, taken.message);
        sources.shift();
        coming = this.askPart(sources[0], progress, builder.next);
        continue;
      }
      if (builder.next < builder.parts) coming = this.askPart(source, progress, builder.next);
      progress = { ...progress, parts: builder.next };
      await this.other.advance(progress, this.other.leafWrites(part.value));
      onProgress({ from: 0, current: Math.floor((height * builder.next) / builder.parts), target: height });
    }
    return accepted(null);
  }

  private askPart(
    peerId: string | undefined,
    { block }: SnapshotProgress,
    part: number,
  ): Promise<Result<readonly SnapshotEntry[]>> {
    if (peerId === undefined || block === null)
      return Promise.resolve(rejected("disconnected", "Nobody is left to ask."));
    return this.parts.ask(peerId, { type: "snapshot-part", block, part }, syncAnswers["snapshot-part"]);
  }
}
