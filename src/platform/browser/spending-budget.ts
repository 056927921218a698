/**
 * What the wallet signs away in a day, counted in the vault's thread before a signature leaves it: nothing that runs in the
 * window signs past the budget.
 * @module
 */

import { equalBytes } from "#protocol/codec/bytes.ts";
import { amount, bytes32, decode, list, nullable, record, type Schema, unsigned } from "#protocol/codec/schema.ts";
import { type TransactionBody, transactionBodySchema } from "#protocol/ledger/transaction.ts";
import { limits } from "#protocol/parameters.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { SpendingView } from "#sdk/budgets.ts";
import { openDailyFile } from "./daily-file.ts";
import type { KeptFile } from "./kept-file.ts";
import type { VaultStore } from "./vault-store.ts";

/** Transactions that may be asked for again. */
const rememberedIds = 16;

interface SpendingDay {
  readonly day: number;
  readonly limitNano: bigint | null;
  readonly todayNano: bigint;
  /** Ids of what was counted last: who asks again because an answer was lost is not charged twice. */
  readonly counted: readonly Uint8Array[];
}

const spendingSchema: Schema<SpendingDay> = record<SpendingDay>({
  day: unsigned(),
  limitNano: nullable(amount),
  todayNano: amount,
  counted: list(bytes32, rememberedIds),
});

const viewOf = ({ limitNano, todayNano }: SpendingDay): SpendingView => ({ limitNano, todayNano });

/** Reads a body as it is signed. */
export function readBody(bytes: Uint8Array): Result<TransactionBody> {
  return decode(transactionBodySchema, bytes, limits.transactionBytes);
}

/** The budget of one device. */
export class SpendingBudget {
  private readonly file: KeptFile<SpendingDay>;

  constructor(store: VaultStore, nowMs: () => number) {
    this.file = openDailyFile(store, spendingSchema, nowMs, (day, before) => ({
      day,
      limitNano: before?.limitNano ?? null,
      todayNano: 0n,
      counted: [],
    }));
  }

  /** How it stands today. */
  async view(): Promise<Result<SpendingView>> {
    const read = await this.file.read();
    return read.ok ? accepted(viewOf(read.value)) : read;
  }

  /** Sets it. `mayRaise`: whether it may become more, or a damaged one be set anew. */
  async set(limitNano: bigint | null, mayRaise: boolean): Promise<Result<SpendingView>> {
    const set = await this.file.change((now) => {
      const before = now.limitNano;
      const raised = before !== null && (limitNano === null || limitNano > before);
      return raised && !mayRaise
        ? rejected("wrong-passphrase", "A budget is raised or lifted for the passphrase alone. Nothing was changed.")
        : accepted({ ...now, limitNano });
    }, mayRaise);
    return set.ok ? accepted(viewOf(set.value)) : set;
  }

  /** Counts what is about to be signed away; refused if it is more than is left. What was counted is not given back. */
  async take(id: Uint8Array, nano: bigint): Promise<Result<null>> {
    const taken = await this.file.change((now) => {
      const { limitNano, todayNano } = now;
      if (now.counted.some((one) => equalBytes(one, id))) return accepted(now);
      const counted = [...now.counted, id].slice(-rememberedIds);
      if (limitNano === null || todayNano + nano <= limitNano)
        return accepted({ ...now, todayNano: todayNano + nano, counted });
      const words =
        "This would sign away more than is left of today's budget. Nothing was signed, and all coins are where they were. `budget` tells what is left, `budget set --spend AMOUNT` raises it; the next day begins at midnight UTC.";
      return rejected("over-budget", words, { todayNano: `${todayNano}`, limitNano: `${limitNano}`, nano: `${nano}` });
    });
    return taken.ok ? accepted(null) : taken;
  }
}
