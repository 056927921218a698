/**
 * Plans of a key that lives with the node, as a seed's does: its coins, what plans depend on, signing and sending.
 * @module
 */
import { equalBytes, fromBigEndian } from "#protocol/codec/bytes.ts";
import type { Command } from "#protocol/ledger/command.ts";
import { prepareTransaction } from "#protocol/ledger/prepared.ts";
import type { Result } from "#protocol/result.ts";
import { type Plan, type PlanContext, type SpendableCoin, signPlan } from "#wallet/build.ts";
import type { Chain } from "./chain.ts";
import type { FaucetKey } from "./faucet.ts";
import type { PoolService } from "./pool-service.ts";
import type { Entropy, Log } from "./ports.ts";

/** What plans are made and sent with. */
export interface OwnPlanParts {
  readonly chain: Chain;
  readonly pool: PoolService;
  readonly key: FaucetKey;
  readonly entropy: Entropy;
  readonly log: Log;
  /** Who plans, for the log. */
  readonly source: string;
}

/** A transaction of the key that waits for a block. */
export interface OwnEntry {
  readonly command: Command;
  readonly feeNano: bigint;
  readonly coins: readonly SpendableCoin[];
}

/** Plans of one key. */
export class OwnPlans {
  private readonly parts: OwnPlanParts;
  private working: Promise<void> = Promise.resolve();

  constructor(parts: OwnPlanParts) {
    this.parts = parts;
  }

  /** Does one thing after the other; what fails is logged. */
  queue(task: () => Promise<void>): void {
    const { log, source } = this.parts;
    this.working = this.working
      .then(task)
      .catch((error: unknown) => log({ level: "warning", source, message: String(error) }));
  }

  /** Whether a transaction of this key with such a command waits for a block. */
  isWaiting(types: ReadonlySet<Command["type"]>): boolean {
    return this.waiting().some(({ type }) => types.has(type));
  }

  /** Commands of this key that wait for a block. */
  waiting(): readonly Command[] {
    return this.waitingEntries().map(({ command }) => command);
  }

  /** The same with what they offer and spend, so that one can be replaced. */
  waitingEntries(): readonly OwnEntry[] {
    return [...this.parts.pool.pool.best()].flatMap(({ prepared: { transaction }, inputs }) => {
      const lock = inputs[0]?.output.lock;
      if (lock?.type !== "key" || !equalBytes(lock.keyHash, this.parts.key.keyHash)) return [];
      const coins = transaction.inputs.flatMap((outPoint, i) => {
        const amountNano = inputs[i]?.output.amount;
        return amountNano === undefined ? [] : [{ ...outPoint, amountNano }];
      });
      return [{ command: transaction.command, feeNano: transaction.feeNano, coins }];
    });
  }

  /** Confirmed coins that nothing spends. */
  coins(): readonly SpendableCoin[] {
    const { chain, pool, key } = this.parts;
    return chain.coins
      .coinsOf(key.keyHash)
      .filter((coin) => pool.pool.spenderOf(coin.outPoint) === undefined)
      .map(({ outPoint, output }) => ({ ...outPoint, amountNano: output.amount }));
  }

  /** What the next plan depends on. */
  context(): PlanContext {
    const { chain, key, entropy } = this.parts;
    const { parameters, networkId } = chain.context;
    const nonce = fromBigEndian(entropy.bytes(8));
    return { parameters, networkId, height: chain.head.height, keyHash: key.keyHash, nonce };
  }

  /** Signs and sends. A plan that cannot be paid yet is tried again with the next block. */
  async send(plan: Result<Plan>): Promise<void> {
    if (!plan.ok) return;
    const { key, pool, log, source } = this.parts;
    const transaction = await signPlan(plan.value, key);
    const added = transaction.ok ? await pool.add(prepareTransaction(transaction.value), null) : transaction;
    if (!added.ok) log({ level: "warning", source, message: added.message });
  }
}
