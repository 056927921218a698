/**
 * How many old blocks are kept: what this kind of node keeps at most, less where the user set a cap, little once the device
 * has no more room.
 * @module
 */
import { type Retention, tighter, tightRetention } from "./chain-pruning.ts";

/** The rule of one chain. */
export class RetentionRule {
  /** Null: everything, for ever. */
  private readonly most: Retention | null;
  private limit: Retention | null = null;
  private full = false;

  constructor(most: Retention | null) {
    this.most = most;
  }

  /** What is kept now; null: everything. */
  get current(): Retention | null {
    if (this.most === null) return null;
    const limited = this.limit === null ? this.most : tighter(this.most, this.limit);
    return this.full ? tighter(limited, tightRetention) : limited;
  }

  /** What would be kept without the user's cap and a full device; null: everything. */
  get uncapped(): Retention | null {
    return this.most;
  }

  /** The user's cap as blocks; null: none. Never below what reorganisations need. */
  limitTo(limit: Retention | null): void {
    this.limit =
      limit === null
        ? null
        : {
            bodies: Math.max(limit.bodies, tightRetention.bodies),
            undo: Math.max(limit.undo, tightRetention.undo),
          };
  }

  /** The device has no more room: from now on little is kept. False for who keeps everything. */
  tighten(): boolean {
    this.full = true;
    return this.most !== null;
  }
}
