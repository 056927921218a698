/**
 * What this node computes to make blocks, told to the user: who is busy, on how many cores, and what that costs by estimate.
 * @module
 */
import type { ActivityView, ProducedBlock, ProposerView, WorkView } from "#sdk/compute.ts";
import type { ComputeBudget } from "./compute-budget.ts";
import { EnergyMeter } from "./energy-estimate.ts";
import type { Clock, NonceSearch } from "./ports.ts";

/** Who works. A plugged-in device that samples takes none of our cores. */
interface Busy {
  readonly searching: boolean;
  readonly sampling: boolean;
  readonly proving: boolean;
}

/** What making blocks says of itself. */
interface Producing {
  readonly on: boolean;
  readonly produced: number;
  readonly lastBlock: ProducedBlock | null;
  workView(): WorkView;
  proposerView(): ProposerView | null;
}

/** Keeps count of who works. Whoever starts or ends says so. */
export class ComputeActivity {
  private readonly budget: ComputeBudget;
  private readonly nonceSearch: NonceSearch;
  private readonly meter: EnergyMeter;
  private busy: Busy = { searching: false, sampling: false, proving: false };

  constructor(budget: ComputeBudget, nonceSearch: NonceSearch, clock: Clock) {
    this.budget = budget;
    this.nonceSearch = nonceSearch;
    this.meter = new EnergyMeter(() => clock.nowMs());
    budget.onChange(() => this.update({}));
  }

  /** Somebody has started or ended. */
  update(change: Partial<Busy>): void {
    this.busy = { ...this.busy, ...change };
    const { sampling, proving } = this.busy;
    this.meter.set((this.searchThreads() + Number(sampling) + Number(proving)) * this.budget.share());
  }

  /** What the user sees. */
  view(production: Producing): ActivityView {
    return {
      producing: production.on,
      pausedFor: this.budget.allowance().pausedFor,
      caps: this.budget.caps,
      onBattery: this.budget.onBattery,
      search: {
        threads: this.budget.share() > 0 ? this.searchThreads() : 0,
        hashesPerSecond: this.nonceSearch.hashesPerSecond(),
      },
      work: production.workView(),
      proposer: production.proposerView(),
      blocksProduced: production.produced,
      lastBlock: production.lastBlock,
      energy: this.meter.estimate(),
    };
  }

  private searchThreads(): number {
    return this.busy.searching ? this.nonceSearch.threads() : 0;
  }
}
