/**
 * Keeps an offer of a node's memory standing, for nothing, so that a newcomer finds some. Whoever runs the node makes one.
 * What stands is read from the chain and the pool, never remembered beside them, so a restart offers nothing twice.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import type { Command } from "#protocol/ledger/command.ts";
import { limits } from "#protocol/parameters.ts";
import { type MemoryOffer, offerBurnNano, standingOffers } from "#protocol/programs/memory-market.ts";
import { planMemoryOffer, planWithdrawal } from "#wallet/memory-plans.ts";
import type { Chain } from "./chain.ts";
import type { FaucetKey } from "./faucet.ts";
import { OwnPlans } from "./own-plans.ts";
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

const commands: ReadonlySet<Command["type"]> = new Set(["memory.offer", "memory.withdraw"]);

/** Memory that a node lends. */
export interface LentMemory {
  /** The provider's. */
  readonly key: FaucetKey;
  readonly bytes: number;
}

/** The provider of one node. */
export class MemoryProvider {
  private readonly chain: Chain;
  private readonly lent: LentMemory;
  private readonly pace: OfferPace;
  private readonly plans: OwnPlans;

  constructor(
    chain: Chain,
    pool: PoolService,
    lent: LentMemory,
    ports: { entropy: Entropy; log: Log },
    pace: OfferPace = usualPace,
  ) {
    this.pace = pace;
    this.chain = chain;
    this.lent = lent;
    this.plans = new OwnPlans({ ...ports, chain, pool, key: lent.key, source: "memory" });
  }

  /** Looks after the offer; to be called at the start and after each move of the head. */
  tend(): void {
    this.plans.queue(() => this.look());
  }

  private async look(): Promise<void> {
    const { height } = this.chain.head;
    if (this.plans.isWaiting(commands)) return;
    const own = standingOffers(this.chain.state, height + 1)
      .filter(({ provider }) => equalBytes(provider, this.lent.key.keyHash))
      .sort((a, b) => b.untilHeight - a.untilHeight);
    const [newest, older] = own;
    if (newest === undefined || newest.untilHeight - height < this.pace.renewalBlocks) await this.offer(own);
    else if (older !== undefined) await this.withdraw(older);
  }

  /** Offers what is not lent out yet. */
  private async offer(own: readonly MemoryOffer[]): Promise<void> {
    const lentBytes = own.reduce((sum, { bytes, freeBytes }) => sum + bytes - freeBytes, 0);
    const { memoryPageBytes, memoryOfferBytes } = limits;
    const spare = Math.min(this.lent.bytes, memoryOfferBytes) - lentBytes;
    const bytes = Math.floor(spare / memoryPageBytes) * memoryPageBytes;
    if (bytes <= 0) return;
    const context = this.plans.context();
    const { offerBlocks } = this.pace;
    const standing = standingOffers(this.chain.state, context.height + 1).length;
    const burnNano = offerBurnNano(standing, offerBlocks, context.parameters);
    const terms = { bytes, untilHeight: context.height + offerBlocks, priceNano: 0n, burnNano };
    await this.plans.send(planMemoryOffer(terms, this.plans.coins(), context));
  }

  /** The renewed one has what this one had left. */
  private async withdraw(offer: MemoryOffer): Promise<void> {
    await this.plans.send(planWithdrawal(offer, this.plans.coins(), this.plans.context()));
  }
}
