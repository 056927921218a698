/**
 * Making blocks: body from the pool, beacon proof, nonce search, and starting over when the head or the pool moves. On
 * `dev` a block is made when something waits, else at long intervals; on `main` without pause.
 * @module
 */
import { fromBigEndian } from "#protocol/codec/bytes.ts";
import { type Certificate, certificateHash } from "#protocol/consensus/certificate.ts";
import {
  leastWeight,
  type ProposerStanding,
  standingOf,
  weightedTarget,
  weightOf,
} from "#protocol/consensus/contribution.ts";
import { requiredTarget } from "#protocol/consensus/difficulty.ts";
import { energySampleHash } from "#protocol/consensus/energy-sample.ts";
import { type HeaderBody, headerVersion, workPreimage } from "#protocol/consensus/header.ts";
import { medianTimeMs } from "#protocol/consensus/header-times.ts";
import { oracleHash } from "#protocol/consensus/proof-of-compute.ts";
import { vrfProve, vrfPublicKey } from "#protocol/crypto/vrf.ts";
import { type BlockPlace, buildBody, lacksRoom } from "#protocol/ledger/apply.ts";
import { type Block, type BlockWork, encodeContents } from "#protocol/ledger/block.ts";
import { splitRevenue } from "#protocol/ledger/fee.ts";
import { nanoPerAeth } from "#protocol/parameters.ts";
import type { Rejected, RejectionCode } from "#protocol/result.ts";
import { shredRootOf } from "#protocol/shreds/shreds.ts";
import type { ProducedBlock, ProposerView, SampleView, WorkView } from "#sdk/compute.ts";
import type { ComputeActivity } from "./activity.ts";
import type { Chain } from "./chain.ts";
import { beaconSecretKey } from "./chain-records.ts";
import type { PoolService } from "./pool-service.ts";
import type { Clock, ComputeShare, Entropy, NonceSearch, NonceSearchJob, Store } from "./ports.ts";
import type { WorkPreparation } from "./work-preparation.ts";

/** What production works with. */
export interface ProductionParts {
  readonly chain: Chain;
  readonly pool: PoolService;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly nonceSearch: NonceSearch;
  /** Does the proof and the sample of a block. */
  readonly work: WorkPreparation;
  /** Secret of the beacon key, 32 bytes. */
  readonly beaconSecret: Uint8Array;
  networkTimeMs(): number;
  /** Votes that a block on the head can show; null if there are none. */
  certificate(): Promise<Certificate | null>;
  /** Whether blocks are wanted although nothing waits (a faucet that runs dry, a job to be proved). */
  wantsBlocks(): boolean;
  /** How much the user and the device let it take; while that is nothing, nothing is begun. */
  readonly budget: ComputeShare;
  readonly activity: ComputeActivity;
  /** Proof or sample could not be made; it is tried again. */
  onWorkFailed(why: Rejected): void;
  /** Hands over a finished block. */
  onBlock(block: Block): Promise<Rejected | null>;
}

/** After a change in the pool the template is renewed at most this often. */
const renewEveryMs = 2_000;

/** A block of ours that was refused (our clock is wrong, say) is not tried again at once. */
const retryAfterMs = 1_000;

/** Work that failed is tried again after a second, then after twice as long each time, up to this: nobody's fan for nothing. */
const longestRetryMs = 60_000;

/** Any amount large enough that shares of it can be told. */
const wholeRevenueNano = nanoPerAeth;

/** Refusals of our own block that say its work is bad: the same work must not be sent again. */
const badWork: ReadonlySet<RejectionCode> = new Set<RejectionCode>(["bad-proof", "bad-sample", "wrong-work"]);

/** The secret of this node's beacon key, made at its first start. */
export async function keptBeaconSecret({ store, entropy }: { store: Store; entropy: Entropy }): Promise<Uint8Array> {
  const kept = await store.get("meta", beaconSecretKey);
  if (kept !== undefined) return kept;
  const secret = entropy.bytes(32);
  await store.commit([{ table: "meta", key: beaconSecretKey, value: secret }]);
  return secret;
}

/** The producer of one node. */
export class Production {
  private readonly parts: ProductionParts;
  /** Key of the beacon proofs in its blocks. */
  readonly beaconKey: Uint8Array;
  private keyHash: Uint8Array | null;
  private running = false;
  private job: NonceSearchJob | null = null;
  private cancelTimer: (() => void) | null = null;
  private renewing = false;
  /** Counts restarts, so that what was begun before one can tell. */
  private attempt = 0;
  /** Failed attempts at the work on this head, in a row. */
  private failures = 0;
  /** Counts blocks made and accepted in this session. */
  produced = 0;
  /** The newest of them. */
  lastBlock: ProducedBlock | null = null;

  constructor(parts: ProductionParts, keyHash: Uint8Array | null) {
    this.parts = parts;
    this.beaconKey = vrfPublicKey(parts.beaconSecret);
    this.keyHash = keyHash;
  }

  /** Whether the role is on. */
  get on(): boolean {
    return this.running;
  }

  /** How far the work for the next block is. */
  workView(): WorkView {
    return this.parts.work.view;
  }

  /** Where rewards go; null: not known yet. */
  get rewardKeyHash(): Uint8Array | null {
    return this.keyHash;
  }

  /** What its blocks weigh and are paid; null while nobody is named to be paid. */
  proposerView(): ProposerView | null {
    if (this.keyHash === null) return null;
    const { parameters } = this.parts.chain.context;
    const standing = this.standing(this.keyHash);
    const { proposerPercent } = parameters.revenue;
    const { proposerNano } = splitRevenue(wholeRevenueNano, standing, parameters);
    return {
      ...standing,
      weight: weightOf(standing, parameters) / leastWeight,
      recentBlocks: parameters.recentBlocks,
      paidShare: Number(proposerNano) / (Number(wholeRevenueNano) * (proposerPercent / 100)),
    };
  }

  setRewardKey(keyHash: Uint8Array): void {
    this.keyHash = keyHash;
    this.restart();
  }

  start(): void {
    this.running = true;
    this.restart();
  }

  /** Ends search, proof and sample at once, and the threads that only they need. */
  stop(): void {
    this.running = false;
    this.parts.work.stop();
    this.abandon();
  }

  /** The head has moved: what was being made is stale. */
  restart(): void {
    this.abandon();
    this.failures = 0;
    if (this.running && this.keyHash !== null) this.schedule();
  }

  /** Something new waits in the pool. */
  onPooled(): void {
    if (!this.running || this.keyHash === null) return;
    if (this.job === null) {
      // What waits does not mend a prover that fails: it keeps its pace.
      if (this.failures === 0) this.restart();
    } else if (!this.renewing) {
      this.renewing = true;
      this.parts.clock.schedule(renewEveryMs, () => {
        this.renewing = false;
        if (this.job !== null) this.restart();
      });
    }
  }

  private abandon(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
    this.job?.cancel();
    this.job = null;
    this.parts.activity.update({ searching: false });
    this.attempt += 1;
  }

  private place(keyHash: Uint8Array): BlockPlace {
    const parent = this.parts.chain.head;
    const proposer = { keyHash, beaconKey: this.beaconKey };
    return { parent: parent.hash, height: parent.height + 1, proposer };
  }

  /** Where this node stands as the proposer of the next block, by the state that block is checked against. */
  private standing(keyHash: Uint8Array): ProposerStanding {
    const { state, context } = this.parts.chain;
    return standingOf(state, this.place(keyHash), context);
  }

  private schedule(leastMs = 0): void {
    const { chain, clock, pool } = this.parts;
    const { development } = chain.context.parameters;
    let delayMs = leastMs;
    if (development !== null) {
      const pauseMs =
        pool.pool.size > 0 || this.parts.wantsBlocks() ? development.pendingBlockMs : development.idleBlockMs;
      delayMs = Math.max(leastMs, Math.min(pauseMs, chain.head.header.timeMs + pauseMs - this.parts.networkTimeMs()));
    }
    if (this.parts.budget.share() === 0) {
      this.waitForShare(leastMs);
      return;
    }
    // Proof and sample need nothing of what the block will hold: they are done by the time something waits.
    if (this.keyHash !== null && leastMs === 0) void this.parts.work.prepare(chain.state, this.place(this.keyHash));
    this.cancelTimer = clock.schedule(delayMs, () => {
      this.cancelTimer = null;
      void this.search();
    });
  }

  /** Goes on as soon as it may. */
  private waitForShare(leastMs: number): void {
    const { attempt } = this;
    const { budget } = this.parts;
    const stopListening = budget.onChange(() => {
      if (budget.share() === 0 || this.attempt !== attempt) return;
      stopListening();
      this.cancelTimer = null;
      this.schedule(leastMs);
    });
    this.cancelTimer = stopListening;
  }

  private async search(): Promise<void> {
    const { chain, nonceSearch, entropy } = this.parts;
    const { keyHash } = this;
    if (keyHash === null) return;
    const { attempt } = this;
    const work = await this.parts.work.prepare(chain.state, this.place(keyHash));
    if (this.attempt !== attempt) return;
    if (!work.ok) {
      this.schedule(this.afterFailure(work));
      return;
    }
    const { sample } = this.parts.work.view;
    const votes = await this.parts.certificate();
    if (this.attempt !== attempt) return;
    const { header, transactions, certificate } = this.template(keyHash, work.value, votes);
    const first = fromBigEndian(entropy.bytes(6)) << 16n;
    const weight = weightOf(this.standing(keyHash), chain.context.parameters);
    const job = nonceSearch.start(workPreimage(header), weightedTarget(header.target, weight), first);
    this.job = job;
    this.parts.activity.update({ searching: true });
    const nonce = await job.result;
    if (nonce === null || this.job !== job) return;
    this.job = null;
    this.parts.activity.update({ searching: false });
    const refusal = await this.parts.onBlock({
      header: { ...header, nonce },
      transactions,
      work: work.value,
      certificate,
    });
    if (refusal === null) this.count(header.height, sample);
    // A move of the head restarts us; without one (the block lost or was refused) try again.
    const idle = this.running && this.job === null && this.cancelTimer === null;
    if (!idle || chain.head.height >= header.height) return;
    if (refusal === null) this.schedule();
    else this.schedule(badWork.has(refusal.code) ? this.afterFailure(refusal) : retryAfterMs);
  }

  /** Throws bad work away, tells of it, and says how long to wait before the next attempt. */
  private afterFailure(why: Rejected): number {
    this.parts.work.cancel();
    this.parts.onWorkFailed(why);
    this.failures += 1;
    return Math.min(longestRetryMs, retryAfterMs * 2 ** Math.min(this.failures - 1, 16));
  }

  private count(height: number, sample: SampleView | null): void {
    this.produced += 1;
    if (sample !== null) this.lastBlock = { height, unit: sample.unit, emulated: sample.emulated };
  }

  private template(
    keyHash: Uint8Array,
    work: BlockWork,
    votes: Certificate | null,
  ): { header: HeaderBody } & Pick<Block, "transactions" | "certificate"> {
    const { chain, pool, beaconSecret } = this.parts;
    const { parameters } = chain.context;
    const parent = chain.head;
    const { ancestors } = chain.index.headContext();
    const newest = ancestors.slice(-parameters.medianTimeBlocks).map((point) => point.timeMs);
    const place = { ...this.place(keyHash), beacon: vrfProve(beaconSecret, parent.beaconValue) };
    const body = buildBody(chain.state, place, pool.pool.select(), chain.context, votes);
    pool.review(body.skipped.filter(({ refusal }) => !lacksRoom(refusal)).map(({ prepared }) => prepared));
    const { certificate } = body;
    const transactions = body.transactions.map(({ transaction }) => transaction);
    const header: HeaderBody = {
      version: headerVersion,
      ...place,
      txRoot: body.txRoot,
      stateRoot: body.stateRoot,
      timeMs: Math.max(this.parts.networkTimeMs(), medianTimeMs(newest) + 1),
      target: requiredTarget(parameters, place.height, ancestors),
      oracle: oracleHash(work.proof),
      energy: energySampleHash(work.sample),
      finality: certificate === null ? null : certificateHash(certificate),
      shreds: shredRootOf(encodeContents({ transactions, work, certificate })),
    };
    return { header, transactions, certificate };
  }
}
