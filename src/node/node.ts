/**
 * The node: joins chain, pool, gossip, synchronisation and production, and answers the sdk's requests. Pure
 * orchestration; everything it touches outside came in through ports.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { sha256 as pureSha256 } from "#protocol/codec/hash.ts";
import { networkIdOf } from "#protocol/consensus/genesis.ts";
import type { Block } from "#protocol/ledger/block.ts";
import { readProofQueue } from "#protocol/programs/proof-queue.ts";
import { poseidon } from "#protocol/proofs/poseidon.ts";
import { type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { NodeEvent, NodeRequests } from "#sdk/contract.ts";
import { ComputeActivity } from "./activity.ts";
import { Chain, type HeadChange } from "./chain.ts";
import { claimStore, emptyChain, loadChain } from "./chain-loading.ts";
import { rebuildChain } from "./chain-repair.ts";
import { Footing, pinnedCheckpoints } from "./checkpoint.ts";
import { ComputeBudget, uncapped } from "./compute-budget.ts";
import { Documents } from "./documents/documents.ts";
import { Faucet } from "./faucet.ts";
import { DealClient } from "./files/deal-client.ts";
import { FileBlocks } from "./files/file-blocks.ts";
import { isFinal, takenOverWords } from "./finality-answers.ts";
import { Gossip } from "./gossip.ts";
import { guarded } from "./guarded.ts";
import { Mail } from "./mail/mail.ts";
import { NetworkClock } from "./network-clock.ts";
import type { NodeOptions, NodePorts } from "./node-options.ts";
import { DeviceDesk } from "./pairing/device-desk.ts";
import { PairingDesk } from "./pairing/pairing-desk.ts";
import { type Offence, PeerScores } from "./peer-scores.ts";
import { type PoolEvents, PoolService } from "./pool-service.ts";
import { protocols, StorageFailure } from "./ports.ts";
import { keptBeaconSecret, Production } from "./production.ts";
import { relievedStore } from "./relieved-store.ts";
import { Resources } from "./resources.ts";
import { SegmentStatements } from "./segment-statements.ts";
import { createService } from "./service.ts";
import { snapshotRules } from "./snapshot-offers.ts";
import { Sync, syncPace } from "./sync.ts";
import { SyncAnswers } from "./sync-answers.ts";
import { OffenceReports } from "./voting/offence-reports.ts";
import { Voter } from "./voting/voter.ts";
import { Voting } from "./voting/voting.ts";
import { WorkPreparation } from "./work-preparation.ts";

/**
 * A block whose votes split among rivals waits for the next one to become final. Where blocks come once a minute while
 * nothing happens, a producer makes that one early; not in a long stall, in which more blocks only cost the absent more.
 */
const finalityPatience = { ms: 4_000, blocks: 3 } as const;

/** Notices shown at once; older ones go. */
const mostNotices = 20;

/** A running node. */
export class AetherNode {
  readonly ports: NodePorts;
  readonly options: NodeOptions;
  readonly networkId: Uint8Array;
  readonly scores = new PeerScores();
  readonly networkClock: NetworkClock;
  readonly startedAtMs: number;
  readonly requests: NodeRequests;
  readonly statements: SegmentStatements;
  readonly budget: ComputeBudget;
  readonly activity: ComputeActivity;
  readonly resources: Resources;
  readonly pairing: PairingDesk;
  readonly devices: DeviceDesk;
  notices: string[] = [];
  /** What was damaged on this device when the node started, and what became of it; null: nothing. */
  mended: string | null = null;
  progress: { from: number; current: number; target: number } | null = null;
  /** Set once the store has failed: nothing more is acknowledged. */
  failure: StorageFailure | null = null;
  private readonly listeners = new Set<(event: NodeEvent) => void>();
  private parts: {
    chain: Chain;
    pool: PoolService;
    sync: Sync;
    answers: SyncAnswers;
    gossip: Gossip;
    production: Production;
    faucet: Faucet | null;
    voting: Voting;
    voter: Voter;
    reports: OffenceReports;
    footing: Footing;
    mail: Mail;
    files: FileBlocks;
    deals: DealClient;
    documents: Documents;
  } | null = null;
  private cancelTimer: (() => void) | null = null;
  /** Whether the next block is wanted only so that votes can meet on it. */
  private wantsFinality = false;
  private cancelPatience: (() => void) | null = null;

  constructor(ports: NodePorts, options: NodeOptions) {
    this.ports = ports;
    this.options = options;
    this.networkId = networkIdOf(options.parameters);
    this.networkClock = new NetworkClock(ports.clock);
    this.startedAtMs = ports.clock.nowMs();
    this.statements = new SegmentStatements(ports.poseidon ?? poseidon);
    this.budget = ports.budget ?? new ComputeBudget(uncapped);
    this.activity = new ComputeActivity(this.budget, ports.nonceSearch, ports.clock);
    this.resources = new Resources(ports);
    this.pairing = new PairingDesk(ports);
    this.devices = new DeviceDesk({ ...ports, pairing: this.pairing, tell: (event) => this.emit(event) });
    this.requests = createService(this);
  }

  /** The running parts. Asking before `start` has finished is a bug. */
  get running() {
    if (this.parts === null) throw new Error("the node has not started");
    return this.parts;
  }

  /** Loads the chain, joins the network. Refuses if the store cannot be used. */
  async start(): Promise<Result<null>> {
    const { store, clock, network, entropy } = this.ports;
    const { parameters, retention = null, snapshots: rules = snapshotRules, checkpoint = null } = this.options;
    const claimed = await this.claim();
    if (!claimed.ok) return claimed;
    await this.budget.restore(store);
    const sha256 = this.ports.sha256 ?? pureSha256;
    const loading = await loadChain(store, parameters, sha256);
    const loaded = loading.kind === "intact" ? loading.chain : emptyChain(store, parameters, sha256);
    const { pinned = pinnedCheckpoints[parameters.name] } = this.options;
    const footing = new Footing(store);
    const chain = new Chain(
      { ...this.ports, statements: this.statements },
      parameters,
      this.networkId,
      { ...loaded, mark: await footing.begin({ link: checkpoint, pinned }) },
      (change) => this.onHead(change),
      retention,
    );
    await this.resources.begin(chain);
    const relieved = relievedStore(store, chain);
    const pool = new PoolService(chain, { ...this.ports, store: relieved }, this.poolEvents());
    const offend = (peerId: string, offence: Offence, why: string): void => this.offend(peerId, offence, why);
    const [mail, files] = [await Mail.open(this, relieved), await FileBlocks.open(this, relieved)];
    const deals = await DealClient.open({ ...this.ports, chain, files, store: relieved });
    const documents = await Documents.open(this, relieved);
    const voter = await Voter.open(this.ports, this.networkId);
    const reports = new OffenceReports({ ...this.ports, chain, pool });
    const voting = this.createVoting(chain, voter, reports);
    const sync = new Sync({
      chain,
      pool,
      network,
      clock,
      entropy,
      networkClock: this.networkClock,
      sha256,
      rules,
      offend,
      voting,
      votes: this.ports.votes,
      footing,
      onConflict: (why) => this.notice("error", why),
      onLostHistory: (why) => this.notice("warning", why),
      startsLight: () => retention !== null && this.parts?.production.on !== true,
      onFailure: (error) => this.onStorageFailure(error),
      onOlderFork: (why) => this.notice("warning", `A peer follows another history. ${why}`),
      onProgress: (progress) => this.onProgress(progress),
    });
    const { serving } = this.resources;
    const answers = new SyncAnswers({ chain, pool, clock, rules, voting, serving });
    const networkTimeMs = (): number => this.networkClock.nowMs();
    const onFailure = (error: unknown): void => this.onStorageFailure(error);
    const gossip = new Gossip({ chain, pool, network, clock, sync, voting, serving, networkTimeMs, offend, onFailure });
    const faucet = this.createFaucet(chain, pool);
    const production = await this.createProduction(chain, pool, faucet, voting);
    const standing = { voting, voter, reports, footing };
    this.parts = { chain, pool, sync, answers, gossip, production, faucet, ...standing, mail, files, deals, documents };
    if (loading.kind === "damaged") await this.mend(chain, loading.reason);
    await pool.restore();
    await faucet?.start();
    // The node is usable before the network is up, and without one.
    void this.join().catch((error: unknown) =>
      this.notice("error", `The network could not be started: ${String(error)}`),
    );
    if (this.options.produce) production.start();
    return { ok: true, value: null };
  }

  /** These blocks were in time when they were taken; a clock that is wrong now must not cost them. */
  private async mend(chain: Chain, reason: string): Promise<void> {
    this.mended = await rebuildChain(chain, this.ports.store, reason, Number.MAX_SAFE_INTEGER);
    this.notice("warning", this.mended);
  }

  private createFaucet(chain: Chain, pool: PoolService): Faucet | null {
    const { parameters, faucet: key } = this.options;
    return key !== undefined && parameters.development !== null ? new Faucet(chain, pool, key, this.ports) : null;
  }

  /** Makes sure that the store is this network's. */
  private async claim(): ReturnType<typeof claimStore> {
    const claimed = await claimStore(this.ports.store, this.networkId, this.options.startOver);
    if (claimed.ok && claimed.value === "cleared") {
      this.notice(
        "warning",
        "The network's rules have changed, and with them its chain: this device starts anew. Your keys and messages are untouched; what was on the old chain is not on this one.",
      );
    }
    return claimed;
  }

  private async createProduction(
    chain: Chain,
    pool: PoolService,
    faucet: Faucet | null,
    voting: Voting,
  ): Promise<Production> {
    return new Production(
      {
        chain,
        pool,
        clock: this.ports.clock,
        entropy: this.ports.entropy,
        nonceSearch: this.ports.nonceSearch,
        work: this.workPreparation(),
        budget: this.budget,
        activity: this.activity,
        onWorkFailed: (why) => this.notice("warning", `No block can be made right now: ${why.message}`),
        beaconSecret: await keptBeaconSecret(this.ports),
        networkTimeMs: () => this.networkClock.nowMs(),
        certificate: () => voting.certificate(),
        wantsBlocks: () =>
          this.wantsFinality ||
          // Each block proves one segment of a job.
          readProofQueue(chain.state).length > 0 ||
          (faucet !== null && faucet.balanceNano() < (this.options.parameters.development?.faucet.reserveNano ?? 0n)),
        onBlock: (block) => this.onOwnBlock(block),
      },
      this.options.rewardKeyHash ?? null,
    );
  }

  private createVoting(chain: Chain, voter: Voter, reports: OffenceReports): Voting {
    return new Voting({
      chain,
      voter,
      clock: this.ports.clock,
      votes: this.ports.votes,
      startedAtMs: this.networkClock.nowMs(),
      networkTimeMs: () => this.networkClock.nowMs(),
      publish: (vote) => this.running.gossip.announceVote(vote),
      onOffence: (evidence) => {
        void reports.report(evidence).catch((error: unknown) => this.onStorageFailure(error));
      },
      onDouble: () =>
        this.notice(
          "error",
          "Another copy of this node votes with the same key. This one does not vote against it; end one of them, or the stake is lost.",
        ),
      onDecided: () => this.emit({ type: "finality", height: chain.finality.finalised.height }),
      onFailure: (error) => this.onStorageFailure(error),
    });
  }

  private workPreparation(): WorkPreparation {
    const { segmentProver: prover, sampler, clock, pace } = this.ports;
    const { statements, activity } = this;
    return new WorkPreparation({
      prover,
      sampler,
      statements,
      parameters: this.options.parameters,
      clock,
      pace,
      activity,
      paused: () => this.budget.share() === 0,
    });
  }

  private poolEvents(): PoolEvents {
    const pending = (id: Uint8Array): void =>
      this.emit({ type: "transaction", id, standing: { state: "pending", sinceMs: this.ports.clock.nowMs() } });
    return {
      onPooled: (prepared, from) => {
        pending(prepared.id);
        if (from === null) void this.running.gossip.announceTransaction(prepared);
        this.running.production.onPooled();
      },
      onReturned: ({ id }) => pending(id),
      onDropped: ({ id, refusal: { code, message } }) => {
        this.emit({ type: "transaction", id, standing: { state: "dropped", code, message } });
      },
    };
  }

  /** Leaves the network and stops producing; the store is the caller's to close. */
  async stop(): Promise<void> {
    this.cancelTimer?.();
    this.cancelPatience?.();
    this.parts?.production.stop();
    this.parts?.voting.stop();
    await this.ports.network.stop();
    await this.parts?.chain.settled();
  }

  /** Tells a listener of everything that happens; the returned function ends it. */
  subscribe(listener: (event: NodeEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells all listeners. */
  emit(event: NodeEvent): void {
    for (const listener of [...this.listeners]) listener(event);
  }

  /** Something the user should know. */
  notice(level: "info" | "warning" | "error", message: string): void {
    if (level !== "info")
      this.notices = [...this.notices.filter((old) => old !== message), message].slice(-mostNotices);
    this.emit({ type: "notice", level, message });
    this.ports.log({ level, source: "node", message });
  }

  private async join(): Promise<void> {
    const { sync, gossip, answers, mail, files, documents } = this.running;
    const onFailure = (error: unknown): void => this.onStorageFailure(error);
    await this.ports.network.start({
      onGossip: (peerId, topic, message) =>
        this.failure === null ? gossip.receive(peerId, topic, message) : Promise.resolve("ignore" as const),
      onRequest: (peerId, protocol, request) => {
        if (protocol === protocols.sync) return answers.answer(request);
        if (protocol === protocols.message) return mail.answer(peerId, request);
        if (protocol === protocols.shred) return gossip.blocks.shreds.answer(peerId, request);
        if (protocol === protocols.block) return files.answer(peerId, request);
        if (protocol === protocols.document) return documents.answer(peerId, request);
        if (protocol === protocols.pair) return this.pairing.answer(peerId, request);
        if (protocol === protocols.deviceSync) return this.devices.answer(peerId, request);
        return Promise.resolve(rejected("unsupported-protocol", `This node does not speak ${protocol}.`));
      },
      onPublicHave: (digests) => Promise.resolve(files.open.sizes(digests)),
      onPublicWant: (digest) => guarded(() => files.open.give(digest)),
      onPeerConnected: (peer) => {
        this.announcePeers();
        if (this.failure !== null) return;
        void sync.withPeer(peer.id).then(() => sync.reconcilePool(peer.id));
        void mail.onPeerConnected(peer).catch(onFailure);
        void documents.onPeerConnected(peer.id).catch(onFailure);
      },
      onPeerDisconnected: (peerId) => {
        sync.forget(peerId);
        mail.onPeerDisconnected(peerId);
        files.onPeerDisconnected(peerId);
        documents.onPeerDisconnected(peerId);
        this.announcePeers();
      },
    });
    this.tick();
  }

  /** At intervals: compares notes with every peer, so that a message gossip lost is made up for. */
  private tick(round = 1): void {
    this.cancelTimer = this.ports.clock.schedule(syncPace.statusEveryMs, () => {
      this.tick(round + 1);
      if (this.failure !== null) return;
      const { sync, chain, mail, files, deals, documents } = this.running;
      documents.tick();
      for (const part of [mail, files, deals]) void part.tick().catch((error: unknown) => this.onStorageFailure(error));
      // One batch a round: a backlog of old blocks goes without holding anything up.
      void chain.prune().catch((error: unknown) => this.onStorageFailure(error));
      void this.resources.tick().catch((error: unknown) => this.onStorageFailure(error));
      for (const peer of this.ports.network.peers()) {
        void sync.withPeer(peer.id);
        if (round % syncPace.poolEveryRounds === 0) void sync.reconcilePool(peer.id);
      }
    });
  }

  private announcePeers(): void {
    const peers = this.ports.network.peers();
    this.emit({ type: "peers", peers: peers.length, direct: peers.filter((peer) => peer.direct).length });
  }

  /** Notes what a peer has done wrong. */
  offend(peerId: string, offence: Offence, why: string): void {
    const banMs = this.scores.offend(peerId, offence, this.ports.clock.nowMs());
    this.ports.log({ level: "debug", source: "peers", message: `${peerId}: ${offence}: ${why}` });
    if (banMs > 0) this.ports.network.ban(peerId, banMs, why);
  }

  private onProgress(progress: { from: number; current: number; target: number } | null): void {
    if (progress === null && this.progress === null) return;
    this.progress = progress;
    const height = this.running.chain.head.height;
    this.emit({ type: "sync", current: progress?.current ?? height, target: progress?.target ?? height });
  }

  private onHead(change: HeadChange): void {
    const parts = this.parts;
    if (parts === null) return;
    const { head, connected, disconnected } = change;
    void parts.pool.onHead(change).catch((error: unknown) => this.onStorageFailure(error));
    parts.faucet?.onHead(change);
    void parts.deals.tick().catch((error: unknown) => this.onStorageFailure(error));
    this.waitForFinality(parts.chain);
    parts.production.restart();
    parts.voting.onHead();
    this.emit({ type: "head", height: head.height, hash: head.hash, reorganised: disconnected.length });
    if (change.replaced !== null) this.notice("info", takenOverWords(head.height, change.replaced));
    for (const { entry, transactions } of connected) {
      transactions.forEach(({ id }, index) => {
        const place = {
          blockHash: entry.hash,
          height: entry.height,
          index,
          confirmations: head.height - entry.height + 1,
          final: isFinal(parts.chain, entry.height),
        };
        this.emit({ type: "transaction", id, standing: { state: "included", ...place } });
      });
    }
  }

  private waitForFinality({ head, finality }: Chain): void {
    this.cancelPatience?.();
    this.wantsFinality = false;
    if (finality.electorateAt(head)?.voters.length === 0) return;
    this.cancelPatience = this.ports.clock.schedule(finalityPatience.ms, () => {
      const lag = head.height - finality.finalised.height;
      if (lag < 1 || lag > finalityPatience.blocks) return;
      this.wantsFinality = true;
      this.parts?.production.restart();
    });
  }

  private async onOwnBlock(block: Block): Promise<Rejected | null> {
    const { chain, gossip } = this.running;
    try {
      const added = await chain.addBlock(block, this.networkClock.nowMs());
      if (!added.ok) {
        this.ports.log({ level: "warning", source: "production", message: `${added.code}: ${added.message}` });
        return added;
      }
      if (equalBytes(chain.head.hash, added.value.hash)) await gossip.blocks.announce(block);
      return null;
    } catch (error) {
      this.onStorageFailure(error);
      return rejected("storage-unavailable", "The block could not be stored.");
    }
  }

  /** After this nothing more is acknowledged; what was acknowledged stays. */
  onStorageFailure(error: unknown): void {
    if (!(error instanceof StorageFailure)) throw error;
    this.failure = error;
    this.parts?.production.stop();
    this.parts?.voting.stop();
    this.notice(
      "error",
      `${error.message} Nothing that was confirmed to you is lost; new blocks are not taken in until this is mended.`,
    );
  }

  /** Whether rewards to this key are ours. */
  isOwn(keyHash: Uint8Array): boolean {
    const own = this.running.production.rewardKeyHash;
    return own !== null && toHex(own) === toHex(keyHash);
  }
}
