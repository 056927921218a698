/**
 * Keeps an offer of a node's memory standing, for nothing, so that a newcomer finds some. Whoever runs the node makes one.
 * What stands is read from the chain and the pool, never remembered beside them, so a restart offers nothing twice.
 * @module
 */
import { equalBytes, fromBigEndian } from "#protocol/codec/bytes.ts";
import { prepareTransaction } from "#protocol/ledger/prepared.ts";
import { limits } from "#protocol/parameters.ts";
import { type MemoryOffer, offerBurnNano, standingOffers } from "#protocol/programs/memory-market.ts";
import type { Result } from "#protocol/result.ts";
import { type Plan, type PlanContext, type SpendableCoin, signPlan } from "#wallet/build.ts";
import { planMemoryOffer, planWithdrawal } from "#wallet/memory-plans.ts";
import type { Chain } from "./chain.ts";
import type { FaucetKey } from "./faucet.ts";
import type { PoolService } from "./pool-service.ts";
import type { Entropy, Log } from "./ports.ts";

/** How long offers stand. */
export interface OfferPace {
  readonly offerBlocks: number;
  /** With fewer blocks left a new one is made: who leases has about so many at least. */
  readonly renewalBlocks: number;
}

/** Between a few hours on a busy `dev` and a week on an idle one. */
const usualPace: OfferPace = { offerBlocks: 10_000, renewalBlocks: 5_000 };

/** Memory that a node lends. */
export interface LentMemory {
  /** The provider's. */
  readonly key: FaucetKey;
  readonly bytes: number;
}

/** The provider of one node. */
export class MemoryProvider {
  private readonly chain: Chain;
  private readonly pool: PoolService;
  private readonly lent: LentMemory;
  private readonly entropy: Entropy;
  private readonly log: Log;
  private readonly pace: OfferPace;
  private working: Promise<void> = Promise.resolve();

  constructor(
    chain: Chain,
    pool: PoolService,
    lent: LentMemory,
    ports: { entropy: Entropy; log: Log },
    pace: OfferPace = usualPace,
  ) {
    this.pace = pace;
    this.chain = chain;
    this.pool = pool;
    this.lent = lent;
    this.entropy = ports.entropy;
    this.log = ports.log;
  }

  /** Looks after the offer; to be called at the start and after each move of the head. */
  tend(): void {
    this.working = this.working
      .then(() => this.look())
      .catch((error: unknown) => this.log({ level: "warning", source: "memory", message: String(error) }));
  }

  private async look(): Promise<void> {
    const { height } = this.chain.head;
    if (this.isWaiting()) return;
    const own = standingOffers(this.chain.state, height + 1)
      .filter(({ provider }) => equalBytes(provider, this.lent.key.keyHash))
      .sort((a, b) => b.untilHeight - a.untilHeight);
    const [newest, older] = own;
    if (newest === undefined || newest.untilHeight - height < this.pace.renewalBlocks) await this.offer(own);
    else if (older !== undefined) await this.withdraw(older);
  }

  /** Whether an offer or withdrawal of ours is on its way. */
  private isWaiting(): boolean {
    for (const { prepared, inputs } of this.pool.pool.best()) {
      const { type } = prepared.transaction.command;
      const lock = inputs[0]?.output.lock;
      const ours = lock?.type === "key" && equalBytes(lock.keyHash, this.lent.key.keyHash);
      if (ours && (type === "memory.offer" || type === "memory.withdraw")) return true;
    }
    return false;
  }

  /** Offers what is not lent out yet. */
  private async offer(own: readonly MemoryOffer[]): Promise<void> {
    const lentBytes = own.reduce((sum, { bytes, freeBytes }) => sum + bytes - freeBytes, 0);
    const { memoryPageBytes, memoryOfferBytes } = limits;
    const spare = Math.min(this.lent.bytes, memoryOfferBytes) - lentBytes;
    const bytes = Math.floor(spare / memoryPageBytes) * memoryPageBytes;
    if (bytes <= 0) return;
    const context = this.context();
    const { offerBlocks } = this.pace;
    const standing = standingOffers(this.chain.state, context.height + 1).length;
    const burnNano = offerBurnNano(standing, offerBlocks, context.parameters);
    const terms = { bytes, untilHeight: context.height + offerBlocks, priceNano: 0n, burnNano };
    await this.send(planMemoryOffer(terms, this.coins(), context));
  }

  /** The renewed one has what this one had left. */
  private async withdraw(offer: MemoryOffer): Promise<void> {
    await this.send(planWithdrawal(offer, this.coins(), this.context()));
  }

  /** A plan that cannot be paid yet is tried again with the next block. */
  private async send(plan: Result<Plan>): Promise<void> {
    if (!plan.ok) return;
    const transaction = await signPlan(plan.value, this.lent.key);
    const added = transaction.ok ? await this.pool.add(prepareTransaction(transaction.value), null) : transaction;
    if (!added.ok) this.log({ level: "warning", source: "memory", message: added.message });
  }

  private coins(): readonly SpendableCoin[] {
    return this.chain.coins
      .coinsOf(this.lent.key.keyHash)
      .filter((coin) => this.pool.pool.spenderOf(coin.outPoint) === undefined)
      .map(({ outPoint, output }) => ({ ...outPoint, amountNano: output.amount }));
  }

  private context(): PlanContext {
    const { parameters, networkId } = this.chain.context;
    const { height } = this.chain.head;
    return {
      parameters,
      networkId,
      height,
      keyHash: this.lent.key.keyHash,
      nonce: fromBigEndian(this.entropy.bytes(8)),
    };
  }
}
