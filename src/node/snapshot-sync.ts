/**
 * Joining without the early bodies: headers from genesis with all their work, then the state of a block that is final (or
 * lies deep under work, where nobody votes), in parts that each prove themselves. What vouches for it is looked at before the
 * first part is asked for (snapshot-trust.ts). Everything is stored as it comes, so a crash costs at most one page or part; a
 * peer that sends a wrong one is scored and another is asked. One fetch at a time.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import type { Sha256 } from "#protocol/codec/hash.ts";
import { decodeFinality } from "#protocol/consensus/finality.ts";
import { SnapshotBuilder, type SnapshotEntry } from "#protocol/ledger/snapshot.ts";
import { type SnapshotOffer, syncAnswers, syncLimits } from "#protocol/messages/sync.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Chain } from "./chain.ts";
import type { SnapshotProgress } from "./chain-records.ts";
import type { Vouching } from "./finality-view.ts";
import type { HeaderEntry } from "./header-index.ts";
import { OtherSide } from "./other-side.ts";
import { offenceOf } from "./peer-scores.ts";
import { samplingLimits } from "./shreds/data-sampling.ts";
import type { SnapshotRules } from "./snapshot-offers.ts";
import { SnapshotTrust, type SnapshotTrustParts } from "./snapshot-trust.ts";

/** What fetching a snapshot works with. */
export interface SnapshotSyncParts extends SnapshotTrustParts {
  readonly chain: Chain;
  readonly sha256: Sha256;
  readonly rules: SnapshotRules;
  /** Looks for the data of a block whose body is not fetched (shreds/data-sampling.ts). */
  sampleBody(entry: HeaderEntry): Promise<Result<number>>;
  /** Nobody gives data that there should be. */
  onLostHistory(why: string): void;
  /** Other peers that might have the same snapshot. */
  otherPeers(peerId: string): readonly string[];
  /** A peer is on a branch that leaves ours below what is final here. */
  onOlderFork(why: string): void;
  onProgress(progress: { from: number; current: number; target: number }): void;
}

/** A snapshot that is believed. */
interface Chosen {
  readonly entry: HeaderEntry;
  readonly vouching: Vouching;
}

/** Fetching of snapshots for one node. */
export class SnapshotSync {
  private readonly parts: SnapshotSyncParts;
  private readonly other: OtherSide;
  private readonly trust: SnapshotTrust;
  private running = false;

  constructor(parts: SnapshotSyncParts) {
    this.parts = parts;
    this.other = new OtherSide(parts.chain.reader);
    this.trust = new SnapshotTrust(parts, this.other);
  }

  /** Whether a fetch is under way. */
  get busy(): boolean {
    return this.running;
  }

  /** Whether a peer offers one that is so many blocks ahead of us. */
  async isOffered(peerId: string, blocksAhead: number): Promise<boolean> {
    const { chain, ask } = this.parts;
    const offers = await ask(peerId, { type: "snapshots", count: syncLimits.snapshots }, syncAnswers.snapshots);
    return offers.ok && offers.value.some(({ height }) => height >= chain.head.height + blocksAhead);
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
        if (added.code === "below-finalised") {
          this.parts.onOlderFork(added.message);
          return added;
        }
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

  /** The newest offer on the branch that something vouches for; the one begun with first, if it is still to be had. */
  private async choose(peerId: string, progress: SnapshotProgress): Promise<Result<Chosen>> {
    const { chain, ask, rules } = this.parts;
    const tip = await chain.reader.find(progress.headerTip);
    if (tip === undefined || tip.totalWork <= chain.head.totalWork) {
      return rejected("not-found", "The peer's chain is not heavier than ours.");
    }
    const branch = await this.trust.checkBranch(tip);
    if (!branch.ok) {
      if (branch.code === "below-finalised") this.parts.onOlderFork(branch.message);
      return branch;
    }
    const request = { type: "snapshots", count: syncLimits.snapshots } as const;
    const offers = await ask(peerId, request, syncAnswers.snapshots);
    if (!offers.ok) return offers;
    let refusal: Result<Chosen> = rejected("not-found", "The peer offers no snapshot on its chain.");
    const begun = (offer: SnapshotOffer): boolean => progress.block !== null && equalBytes(offer.block, progress.block);
    const inOrder = [...offers.value].sort((a, b) => Number(begun(b)) - Number(begun(a)) || b.height - a.height);
    for (const { block, height } of inOrder) {
      const entry = (await this.other.has({ hash: block, height })) ? await chain.reader.find(block) : undefined;
      if (entry === undefined || height > tip.height) continue;
      const vouched = await this.trust.vouchFor(peerId, entry, tip.height, height <= tip.height - rules.confirmations);
      const there = vouched.ok ? await this.sample(entry) : vouched;
      if (vouched.ok && there.ok) return accepted({ entry, vouching: vouched.value });
      refusal = there.ok ? refusal : there;
    }
    return refusal;
  }

  /** Whoever takes over a state executes none of the blocks below: it at least sees that their bodies can be had. */
  private async sample(entry: HeaderEntry): Promise<Result<null>> {
    const { chain, sampleBody, onLostHistory } = this.parts;
    let at: HeaderEntry | undefined = entry;
    for (let looked = 0; looked < samplingLimits.blocks && at !== undefined; looked++) {
      const there = await sampleBody(at);
      if (!there.ok) {
        onLostHistory(there.message);
        return there;
      }
      at = await chain.reader.find(at.parent);
    }
    return accepted(null);
  }

  private async pullState(peerId: string, start: SnapshotProgress, { entry, vouching }: Chosen): Promise<Result<null>> {
    const { chain, ask, sha256, offend } = this.parts;
    const block = entry.hash;
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
      entry.height,
    );
    if (!pulled.ok) return pulled;
    const state = builder.value.finish();
    // Every part was right when it came, so what was stored before a restart is not: start over.
    if (!state.ok) await this.other.clear();
    // Our own chain may have come there meanwhile.
    if (!state.ok || (await chain.reader.isOnChain(entry)))
      return rejected("not-found", "The state is not taken over.");
    if (!decodeFinality(state.value, chain.context.networkId).ok) {
      await this.other.clear();
      offend(peerId, "bad-snapshot", "a state that no rules have made");
      return rejected("not-found", "The state is none that these rules make.");
    }
    if (!(await chain.adopt(entry, state.value, vouching)))
      return rejected("not-found", "More has become final meanwhile: the state is judged again.");
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
