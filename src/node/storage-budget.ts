/**
 * How much of the device the node's data takes, and that it stays within the user's cap: old blocks go sooner. The state,
 * headers and the newest blocks stay, so a cap that has no room for them is refused.
 * @module
 */
import { type Result, rejected } from "#protocol/result.ts";
import { Turns } from "#protocol/turns.ts";
import { type StoragePart, type StorageView, storageParts } from "#sdk/resources.ts";
import { type Retention, tightRetention } from "./chain-pruning.ts";
import type { Clock, Store, Table } from "./ports.ts";
import type { RetentionRule } from "./retention-rule.ts";
import { pages } from "./store-pages.ts";

/** Which tables make up a part. What is known of transactions goes with their blocks. */
const tablesOf: Readonly<Record<StoragePart, readonly Table[]>> = {
  blocks: ["bodies", "transactions"],
  undo: ["undo"],
  headers: ["headers", "canonical"],
  state: ["state", "spare"],
  pool: ["pool"],
  mail: ["mail"],
  files: ["files"],
  documents: ["documents"],
  other: ["meta", "peers"],
};

/** Entries read at once where one may have a megabyte. */
const bigEntries = 16;

const bigTables: ReadonlySet<Table> = new Set(["bodies", "undo", "files", "documents"]);

/** Measuring reads everything: it is done no more often than this, and takes at most a hundredth of the time. */
const measureEvery = { leastMs: 30_000, timesItsLength: 100 } as const;

/** While the cap is kept and at least this share of it is used, the number of kept blocks stays as it is. */
const calmFrom = 0.85;

/** Where it is changed, so much of the cap is aimed at: blocks come. */
const aimAt = 0.95;

/** A cap leaves the state and the headers this much room to grow before it has to be raised, */
const growth = 1.2;

/** and is never less than this. */
const leastBytes = 4_000_000;

/** What was measured. */
export interface StorageUse {
  readonly parts: Readonly<Record<StoragePart, number>>;
  readonly bodies: number;
  readonly undos: number;
}

const sum = (parts: Readonly<Record<StoragePart, number>>): number =>
  storageParts.reduce((bytes, part) => bytes + parts[part], 0);

/** What one more kept block takes, and one more that can be undone. */
function perBlock({ parts, bodies, undos }: StorageUse): { readonly body: number; readonly undo: number } {
  return { body: parts.blocks / Math.max(1, bodies), undo: parts.undo / Math.max(1, undos) };
}

/** What no pruning takes away. */
const fixedBytes = ({ parts }: StorageUse): number => sum(parts) - parts.blocks - parts.undo;

/** The lowest cap that a node with this much data can keep. */
export function leastCapBytes(use: StorageUse): number {
  const { body, undo } = perBlock(use);
  const needed = fixedBytes(use) + tightRetention.bodies * body + tightRetention.undo * undo;
  return Math.max(leastBytes, Math.ceil(growth * needed));
}

/** How many blocks fit into so many bytes beside the rest; of those that can be undone as many as there are, up to the most. */
export function retentionWithin(capBytes: number, use: StorageUse, most: Retention): Retention {
  const { body, undo } = perBlock(use);
  const room = Math.max(0, capBytes - fixedBytes(use));
  const both = Math.floor(room / Math.max(1, body + undo));
  if (both <= most.undo) return { bodies: both, undo: both };
  const more = Math.floor((room - most.undo * (body + undo)) / Math.max(1, body));
  return { bodies: Math.min(most.bodies, most.undo + more), undo: most.undo };
}

/** Whom the budget keeps in check. */
export interface BudgetedChain {
  readonly retention: RetentionRule;
  /** Forgets one batch; true while there is more. */
  prune(): Promise<boolean>;
}

/** The budget of one node. */
export class StorageBudget {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly chain: BudgetedChain;
  private readonly turns = new Turns();
  private capBytes: number | null = null;
  private newest: StorageUse | null = null;
  private measuredAtMs = 0;
  private tookMs = 0;
  private isLooking = false;

  constructor(store: Store, clock: Clock, chain: BudgetedChain) {
    this.store = store;
    this.clock = clock;
    this.chain = chain;
  }

  /** What is kept, by a measurement that may be a while old. */
  async view(): Promise<StorageView> {
    const use = this.newest === null || this.isDue() ? await this.measure() : this.newest;
    return {
      parts: use.parts,
      totalBytes: sum(use.parts),
      blocks: use.bodies,
      leastCapBytes: leastCapBytes(use),
      measuredAtMs: this.measuredAtMs,
    };
  }

  /** Whether a cap could be kept; null: yes. */
  async refusal(capBytes: number): Promise<Result<never> | null> {
    if (this.chain.retention.uncapped === null)
      return rejected("invalid-argument", "This node was set up to keep all of history; it cannot be capped.");
    const least = leastCapBytes(await this.measure());
    if (Number.isSafeInteger(capBytes) && capBytes >= least) return null;
    const words = `The least is ${Math.ceil(least / 1_000_000)}MB: the state, all headers and the newest ${tightRetention.bodies} blocks need that, and some room to grow. Nothing was changed.`;
    return rejected("invalid-argument", words);
  }

  /** Keeps to a cap from an earlier session, from the next look on: nobody waits for it. */
  begin(capBytes: number | null): void {
    this.capBytes = capBytes;
  }

  /** Keeps to a cap from now on; null: to none. */
  async setCap(capBytes: number | null): Promise<void> {
    this.capBytes = capBytes;
    await this.enforce();
  }

  /** Now and then: looks whether the cap is kept. */
  async tick(): Promise<void> {
    // A look may take longer than the time to the next tick; looks that wait for it would pile up.
    if (this.capBytes === null || this.isLooking || !this.isDue()) return;
    this.isLooking = true;
    try {
      await this.enforce();
    } finally {
      this.isLooking = false;
    }
  }

  private isDue(): boolean {
    const waitMs = Math.max(measureEvery.leastMs, measureEvery.timesItsLength * this.tookMs);
    // A clock that was set back must not stop measuring for good.
    return this.newest === null || Math.abs(this.clock.nowMs() - this.measuredAtMs) >= waitMs;
  }

  private async enforce(): Promise<void> {
    const { capBytes } = this;
    const { retention } = this.chain;
    if (capBytes === null) return retention.limitTo(null);
    if (retention.uncapped === null) return;
    const use = await this.measure();
    const share = sum(use.parts) / capBytes;
    const within = retentionWithin(aimAt * capBytes, use, retention.uncapped);
    const calm = share <= 1 && share >= calmFrom && within.bodies >= (retention.current?.bodies ?? 0) * calmFrom;
    if (!calm) retention.limitTo(within);
    let forgotten = false;
    while (await this.chain.prune()) forgotten = true;
    if (forgotten) await this.measure();
  }

  private measure(): Promise<StorageUse> {
    return this.turns.take(async () => {
      const startedMs = this.clock.nowMs();
      const parts = Object.fromEntries(storageParts.map((part) => [part, 0])) as Record<StoragePart, number>;
      const entries = new Map<Table, number>();
      for (const part of storageParts) {
        for (const table of tablesOf[part]) {
          const limit = bigTables.has(table) ? bigEntries : undefined;
          for await (const page of pages(this.store, table, limit)) {
            for (const [key, value] of page) parts[part] += key.length + value.length;
            entries.set(table, (entries.get(table) ?? 0) + page.length);
          }
        }
      }
      this.measuredAtMs = this.clock.nowMs();
      this.tookMs = Math.max(0, this.measuredAtMs - startedMs);
      this.newest = { parts, bodies: entries.get("bodies") ?? 0, undos: entries.get("undo") ?? 0 };
      return this.newest;
    });
  }
}
