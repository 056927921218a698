/**
 * Staying in step with peers: status on meeting and at intervals, headers by locator, bodies in pages, waiting
 * transactions by id. Pulls only, one page in flight a peer, every answer bounded and checked; who errs is scored.
 * @module
 */

import { equalBytes, fromBigEndian } from "#protocol/codec/bytes.ts";
import type { Sha256 } from "#protocol/codec/hash.ts";
import type { Codec } from "#protocol/codec/schema.ts";
import { type Header, headerHash } from "#protocol/consensus/header.ts";
import { type Block, decodeBlock } from "#protocol/ledger/block.ts";
import { decodePrepared } from "#protocol/ledger/prepared.ts";
import {
  type ChainStatus,
  encodeSyncRequest,
  type SyncRequest,
  syncAnswers,
  syncLimits,
} from "#protocol/messages/sync.ts";
import { putNewest } from "#protocol/newest.ts";
import { limits } from "#protocol/parameters.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Chain } from "./chain.ts";
import type { Footing } from "./checkpoint.ts";
import { CheckpointAgreement } from "./checkpoint-agreement.ts";
import type { HeaderEntry } from "./header-index.ts";
import { HistoryFill, type HistoryProgress } from "./history-fill.ts";
import { inParts } from "./lists.ts";
import type { NetworkClock } from "./network-clock.ts";
import { type Offence, offenceOf } from "./peer-scores.ts";
import { poolLimits } from "./pool-admission.ts";
import type { PoolService } from "./pool-service.ts";
import { type Clock, type Entropy, type Network, protocols, type VoteSignatures } from "./ports.ts";
import { sampleBody } from "./shreds/data-sampling.ts";
import type { SnapshotRules } from "./snapshot-offers.ts";
import { SnapshotSync } from "./snapshot-sync.ts";
import { statusOf } from "./sync-answers.ts";
import type { Voting } from "./voting/voting.ts";

/** Pace and patience. */
export const syncPace = {
  requestTimeoutMs: 10_000,
  /** Gossip that was published while the mesh was being rebuilt is made up for this soon. */
  statusEveryMs: 5_000,
  /** Every so many status rounds the pools are compared too. */
  poolEveryRounds: 3,
  /** Bodies asked for at once. */
  bodiesPerRequest: 32,
  /** A peer on a conflicting chain is asked for its certificates so often, and for so many. */
  inquiryEveryMs: 60_000,
  inquiredBlocks: 256,
  peers: 1_000,
} as const;

/** What synchronisation works with. */
export interface SyncParts {
  readonly chain: Chain;
  readonly pool: PoolService;
  readonly network: Network;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly networkClock: NetworkClock;
  offend(peerId: string, offence: Offence, why: string): void;
  /** The store failed; nothing is pulled until it is mended. */
  onFailure(error: unknown): void;
  readonly sha256: Sha256;
  readonly rules: SnapshotRules;
  readonly voting: Pick<Voting, "receive" | "takeDecision" | "wanted" | "inquire">;
  readonly votes: Pick<VoteSignatures, "verifyBatch">;
  /** Whether this node may start from a state that others have executed, of its own accord: it only verifies. */
  startsLight(): boolean;
  /** What vouched for what is final here. */
  readonly footing: Footing;
  /** A peer is on a branch that leaves ours below what is final here. */
  onOlderFork(why: string): void;
  /** Nobody that answers has blocks that this device needs to go on. */
  onLostHistory(why: string): void;
  /** Independent peers agree on another history than this device was given first. */
  onConflict(why: string): void;
  /** Progress while more than one block behind; null when done. */
  onProgress(progress: { from: number; current: number; target: number } | null): void;
}

/** What a peer told of itself. */
interface PeerStanding {
  readonly height: number;
  /** Whole blocks from here on; never lower than what it refused us. */
  readonly bodiesFrom: number;
}

/** Synchronisation of one node. */
export class Sync {
  private readonly parts: SyncParts;
  /** Connected peers whose first status was waited for. */
  private readonly awaited = new Set<string>();
  private readonly inquiredAtMs = new Map<string, number>();
  private readonly standings = new Map<string, PeerStanding>();
  private readonly snapshots: SnapshotSync;
  private readonly history: HistoryFill;
  private readonly agreement: CheckpointAgreement;
  private readonly busy = new Set<string>();
  /** Peers that had news while we were still busy with them. */
  private readonly again = new Set<string>();
  private toldOfLostHistory = false;

  constructor(parts: SyncParts) {
    this.parts = parts;
    const ask: Sync["ask"] = (peerId, request, codec) => this.ask(peerId, request, codec);
    this.history = new HistoryFill({ ...parts, ask, bodiesPerRequest: syncPace.bodiesPerRequest });
    this.agreement = new CheckpointAgreement({ ...parts, ask });
    this.snapshots = new SnapshotSync({
      ...parts,
      ask,
      networkTimeMs: () => parts.networkClock.nowMs(),
      sampleBody: (entry) => sampleBody(parts, entry),
      otherPeers: (peerId) => [...this.standings.keys()].filter((id) => id !== peerId),
    });
  }

  /** How far history behind a state that was taken over has come; null if none is wanted. */
  get historyProgress(): HistoryProgress | null {
    return this.history.progress;
  }

  /** Newest height a peer told. */
  heightOf(peerId: string): number | null {
    return this.standings.get(peerId)?.height ?? null;
  }

  /** Forgets a peer that has gone. */
  forget(peerId: string): void {
    this.standings.delete(peerId);
    this.awaited.delete(peerId);
  }

  /** Compares notes with a peer and pulls what it has more; calls while one is running lead to one more round. */
  async withPeer(peerId: string): Promise<void> {
    if (this.busy.has(peerId)) {
      this.again.add(peerId);
      return;
    }
    this.busy.add(peerId);
    try {
      do {
        this.again.delete(peerId);
        const done = await this.round(peerId);
        if (!done.ok) this.note(peerId, done.code, done.message);
      } while (this.again.delete(peerId));
    } catch (error) {
      this.parts.onFailure(error);
    } finally {
      this.busy.delete(peerId);
      this.parts.onProgress(null);
    }
  }

  /** Pulls the waiting transactions that a peer has and we lack. */
  async reconcilePool(peerId: string): Promise<void> {
    let after: Uint8Array = new Uint8Array();
    // A peer that never ends its list is not followed further than a full pool.
    for (let read = 0; read < poolLimits.entries; read += syncLimits.transactionIds) {
      const ids = await this.ask(peerId, { type: "pool", after, count: syncLimits.transactionIds }, syncAnswers.pool);
      if (!ids.ok || ids.value.length === 0) return;
      await this.fetchTransactions(peerId, ids.value);
      after = ids.value[ids.value.length - 1] as Uint8Array;
      if (ids.value.length < syncLimits.transactionIds) return;
    }
  }

  /** Fetches transactions by id and takes them into the pool. */
  async fetchTransactions(peerId: string, ids: readonly Uint8Array[]): Promise<void> {
    const wanted = ids.filter((id) => !this.parts.pool.pool.has(id));
    for (const page of inParts(wanted, syncLimits.transactions)) {
      const answer = await this.ask(peerId, { type: "transactions", ids: page }, syncAnswers.transactions);
      if (!answer.ok) return;
      for (const bytes of answer.value) {
        const prepared = decodePrepared(bytes);
        if (!prepared.ok || !page.some((id) => equalBytes(id, prepared.value.id))) {
          this.parts.offend(peerId, "garbage", "a transaction that was not asked for");
          return;
        }
        await this.parts.pool.add(prepared.value, peerId);
      }
    }
  }

  /** Asks a peer. */
  async ask<T>(peerId: string, request: SyncRequest, codec: Codec<T>): Promise<Result<T>> {
    const answer = await this.parts.network.request(peerId, protocols.sync, encodeSyncRequest(request), {
      timeoutMs: syncPace.requestTimeoutMs,
      maximumResponseBytes: syncLimits.responseBytes + limits.blockBytes,
    });
    return answer.ok ? codec.decode(answer.value) : answer;
  }

  private async round(peerId: string): Promise<Result<null>> {
    const { chain, clock, network, networkClock } = this.parts;
    const sentMs = clock.nowMs();
    const answer = await this.ask(
      peerId,
      { type: "status", status: statusOf(this.parts.chain), sentAtMs: sentMs },
      syncAnswers.status,
    );
    if (!answer.ok) return answer;
    const { status, receivedAtMs: peerReceivedMs, sentAtMs: peerSentMs } = answer.value;
    if (!equalBytes(status.networkId, chain.context.networkId))
      return rejected("wrong-network", "It is on another network.");
    const peer = network.peers().find(({ id }) => id === peerId);
    if (peer !== undefined)
      networkClock.addSample(peer, { sentMs, peerReceivedMs, peerSentMs, receivedMs: clock.nowMs() });
    this.standings.set(peerId, {
      height: status.height,
      bodiesFrom: Math.max(status.bodiesFrom, this.standings.get(peerId)?.bodiesFrom ?? 1),
    });
    const pulled = await this.pullIfBetter(peerId, status);
    if (!pulled.ok) return pulled;
    await this.agreement.settle(false);
    // Beside everything else: the node is in use meanwhile.
    void this.history.run(peerId, status.bodiesFrom);
    return this.reconcileVotes(peerId, status);
  }

  private pullIfBetter(peerId: string, status: ChainStatus): Promise<Result<null>> | Result<null> {
    const { chain } = this.parts;
    const known = chain.index.get(status.head);
    // A block that was passed on whole may have come before one that it stands on.
    if (known !== undefined && (known.invalid !== null || chain.isComplete(known))) return accepted(null);
    // What is justified goes before what is heavier.
    const newer = status.justifiedEpoch > chain.finality.justified.epoch;
    if (!newer && fromBigEndian(status.totalWork) < chain.head.totalWork) return accepted(null);
    return this.pullOrStartLight(peerId, status.height);
  }

  /** A node that only verifies takes a state over where that saves it much; if none can be believed it goes the whole way. */
  private async pullOrStartLight(peerId: string, target: number): Promise<Result<null>> {
    const { chain, rules, startsLight } = this.parts;
    if (this.snapshots.busy) return accepted(null);
    const { height } = chain.head;
    // Who comes back has blocks of its own, and loses them: only if it would forget them on the way anyway.
    const freshBlocks = chain.finality.finalised.height > 0 ? rules.worthBlocks : rules.unvouchedWorthBlocks;
    const worthBlocks = height === 0 ? freshBlocks : Math.max(rules.unvouchedWorthBlocks, chain.kept?.bodies ?? 0);
    if (startsLight() && target - height >= worthBlocks && (await this.snapshots.isOffered(peerId, worthBlocks))) {
      // The status that comes soon asks again.
      if (this.agreement.waits()) return accepted(null);
      await this.agreement.settle(true);
      const started = await this.takeSnapshot(peerId, target);
      if (started.ok || started.code === "below-finalised") return started;
      this.note(peerId, started.code, started.message);
    }
    return this.pull(peerId, target);
  }

  /** Takes over what a peer knows to be decided; asks for votes that gossip may have lost. */
  private async reconcileVotes(peerId: string, status: ChainStatus): Promise<Result<null>> {
    const { chain, voting } = this.parts;
    const { justified, finalised } = chain.finality;
    if (status.justifiedEpoch > justified.epoch || status.finalisedHeight > finalised.height) {
      const answer = await this.ask(peerId, { type: "finality" }, syncAnswers.finality);
      if (!answer.ok) return answer;
      for (const aggregate of [answer.value.justified, answer.value.finalised]) {
        if (aggregate !== null && !(await voting.takeDecision(aggregate, peerId, status.height))) {
          this.parts.offend(peerId, "garbage", "what it says is decided is not");
        }
      }
      return accepted(null);
    }
    for (const { link, known } of voting.wanted()) {
      const votes = await this.ask(peerId, { type: "votes", link, known }, syncAnswers.votes);
      if (!votes.ok) return votes;
      for (const vote of votes.value) {
        const verdict = await voting.receive(vote);
        if (typeof verdict !== "string") this.parts.offend(peerId, "bad-vote", verdict.message);
      }
    }
    return accepted(null);
  }

  private async pull(peerId: string, target: number): Promise<Result<null>> {
    const { chain, networkClock } = this.parts;
    const from = chain.head.height;
    let locator = await chain.reader.locator();
    let reached = -1;
    for (;;) {
      const headers = await this.ask(
        peerId,
        { type: "headers", locator, count: syncLimits.headers },
        syncAnswers.headers,
      );
      if (!headers.ok) return headers;
      if (headers.value.length === 0) return accepted(null);
      const added = await chain.addHeaders(headers.value, networkClock.nowMs());
      if (!added.ok) {
        if (added.code === "time-too-late") return accepted(null);
        if (added.code === "below-finalised") {
          this.parts.onOlderFork(added.message);
          return this.inquire(peerId, headers.value);
        }
        this.parts.offend(peerId, "bad-header", added.message);
        return accepted(null);
      }
      const last = (added.value[added.value.length - 1] as HeaderEntry).height;
      if (last <= reached) return rejected("bad-response", "The peer sent the same headers again.");
      reached = last;
      const bodies = await this.pullBodies(peerId, added.value, { from, target });
      if (!bodies.ok) return bodies;
      if (headers.value.length < syncLimits.headers) return accepted(null);
      locator = [headerHash(headers.value[headers.value.length - 1] as Header), ...locator].slice(
        0,
        syncLimits.locatorHashes,
      );
    }
  }

  /** A peer's chain leaves ours below what is final: its certificates beside ours show who voted for both. */
  private async inquire(peerId: string, headers: readonly Header[]): Promise<Result<null>> {
    const nowMs = this.parts.clock.nowMs();
    if (nowMs - (this.inquiredAtMs.get(peerId) ?? Number.NEGATIVE_INFINITY) < syncPace.inquiryEveryMs)
      return accepted(null);
    putNewest(this.inquiredAtMs, peerId, nowMs, syncPace.peers);
    const decided = await this.ask(peerId, { type: "finality" }, syncAnswers.finality);
    const found = decided.ok ? [decided.value.justified, decided.value.finalised].filter((one) => one !== null) : [];
    const voted = headers.filter(({ finality }) => finality !== null).slice(0, syncPace.inquiredBlocks);
    for (const some of inParts(voted, syncPace.bodiesPerRequest)) {
      const hashes = some.map(headerHash);
      const bodies = await this.ask(peerId, { type: "bodies", hashes }, syncAnswers.bodies);
      for (const bytes of bodies.ok ? bodies.value : []) {
        const block = decodeBlock(bytes);
        if (block.ok) found.push(...(block.value.certificate ?? []));
      }
    }
    await this.parts.voting.inquire(found, headers[0]?.height ?? 1);
    return accepted(null);
  }

  private async pullBodies(
    peerId: string,
    entries: readonly HeaderEntry[],
    { from, target }: { from: number; target: number },
  ): Promise<Result<null>> {
    let missing = entries.filter((entry) => !entry.hasBody);
    while (missing[0] !== undefined) {
      if (!this.mayPull(peerId, missing[0])) return this.pullElsewhere(peerId, missing[0], target);
      const page = missing.slice(0, syncPace.bodiesPerRequest);
      const answer = await this.ask(
        peerId,
        { type: "bodies", hashes: page.map((entry) => entry.hash) },
        syncAnswers.bodies,
      );
      if (!answer.ok && answer.code === "pruned") {
        this.standings.set(peerId, { height: target, bodiesFrom: missing[0].height + 1 });
        continue;
      }
      if (!answer.ok) return answer;
      if (answer.value.length === 0) return rejected("not-found", "The peer does not have the bodies it announced.");
      const blocks: Block[] = [];
      for (const [i, bytes] of answer.value.entries()) {
        const block = decodeBlock(bytes);
        if (!block.ok) return block;
        if (!equalBytes(headerHash(block.value.header), page[i]?.hash ?? new Uint8Array())) {
          return rejected("bad-response", "The peer sent another block than was asked for.");
        }
        blocks.push(block.value);
      }
      const taken = await this.parts.chain.addBodies(blocks);
      if (!taken.ok) {
        this.parts.offend(peerId, "bad-block", taken.message);
        return accepted(null);
      }
      const current = this.parts.chain.head.height;
      if (target - from > 1) this.parts.onProgress({ from, current, target });
      missing = missing.slice(blocks.length).filter((entry) => !entry.hasBody && entry.invalid === null);
    }
    return accepted(null);
  }

  /** Whether a block can be had from a peer and applied here: it has it whole, and our own chain can be undone so far. */
  private mayPull(peerId: string, block: HeaderEntry): boolean {
    const bodiesFrom = this.standings.get(peerId)?.bodiesFrom ?? 1;
    return bodiesFrom <= block.height && block.height >= this.parts.chain.reader.kept.undoFrom;
  }

  /** If another peer has the bodies they come from there; else the state comes as a snapshot, or this node waits. */
  private async pullElsewhere(peerId: string, block: HeaderEntry, target: number): Promise<Result<null>> {
    const others = [...this.standings].filter(([id, { height }]) => id !== peerId && height >= block.height);
    if (others.some(([id]) => this.mayPull(id, block)) || this.snapshots.busy) return accepted(null);
    if (this.maySkipBlocks()) return this.awaitsWord() ? accepted(null) : this.takeSnapshot(peerId, target);
    this.missHistory(block.height);
    return accepted(null);
  }

  /** Who keeps every block executes every block; unless it cannot any more, or whoever runs it has named a block to trust. */
  private maySkipBlocks(): boolean {
    const { chain, footing } = this.parts;
    if (chain.kept !== null || chain.reader.kept.undoFrom > 1) return true;
    return footing.standing.source === "link" && chain.head.height < chain.finality.finalised.height;
  }

  /** Tells once that no peer has a block, when all have said what they have: who has it may answer last, or come later. */
  private missHistory(height: number): void {
    const { network, onLostHistory } = this.parts;
    if (this.toldOfLostHistory || !network.peers().every(({ id }) => this.standings.has(id))) return;
    this.toldOfLostHistory = true;
    onLostHistory(
      `No peer has block ${height} any more, and this node keeps every block: it waits for one that has it. If there is none, start it with a checkpoint, and it goes on from a state that is vouched for.`,
    );
  }

  /** Whether a peer is there that has not said yet what it has: it may have everything. Each is waited for once. */
  private awaitsWord(): boolean {
    const silent = this.parts.network.peers().filter(({ id }) => !this.standings.has(id) && !this.awaited.has(id));
    for (const { id } of silent) this.awaited.add(id);
    return silent.length > 0;
  }

  private async takeSnapshot(peerId: string, target: number): Promise<Result<null>> {
    const head = this.parts.chain.head.name;
    const fetched = await this.snapshots.run(peerId, target);
    // Blocks above the snapshot's are pulled in the next round.
    if (this.parts.chain.head.name !== head) this.again.add(peerId);
    return fetched;
  }

  private note(peerId: string, code: string, message: string): void {
    const offence = offenceOf(code);
    if (offence !== null) this.parts.offend(peerId, offence, message);
  }
}
