/**
 * What computing costs, by a rule of thumb: busy threads × their share of the time × an assumed draw. An estimate and
 * labelled so: browsers measure no power.
 * @module
 */
import type { EnergyEstimate } from "#sdk/compute.ts";

/**
 * Assumed draw of a core at full load, above that of the idle device. Laptops' cores take some 5 to 15 W, desktops' 10 to
 * 25 W, phones' 2 to 4 W.
 */
export const wattsPerCore = 10;

/** Adds up busy time. Whoever starts or ends work, or changes its share, says so here. */
export class EnergyMeter {
  private readonly nowMs: () => number;
  private busyCores = 0;
  private sinceMs: number;
  private coreMs = 0;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
    this.sinceMs = nowMs();
  }

  /** From now on so many cores are kept busy on average. */
  set(busyCores: number): void {
    const nowMs = this.nowMs();
    // A clock that was set back costs nothing.
    this.coreMs += this.busyCores * Math.max(0, nowMs - this.sinceMs);
    this.sinceMs = nowMs;
    this.busyCores = busyCores;
  }

  /** The estimate as it stands. */
  estimate(): EnergyEstimate {
    this.set(this.busyCores);
    return {
      wattsPerCore,
      busyCores: this.busyCores,
      wattsNow: this.busyCores * wattsPerCore,
      joules: (this.coreMs / 1_000) * wattsPerCore,
    };
  }
}
