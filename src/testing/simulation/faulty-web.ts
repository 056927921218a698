/**
 * Links with delay distributions, and directed cuts that neither end notices (what is sent is simply gone).
 * @module
 */
import type { Clock } from "#node/ports.ts";
import type { Random } from "../random.ts";
import { VirtualWeb } from "../virtual-network.ts";
import type { Delay, Links } from "./scenario.ts";

/** A web whose links misbehave as a scenario says. */
export class FaultyWeb extends VirtualWeb {
  /** Messages by what happened to them. */
  readonly counts = { carried: 0, lost: 0, repeated: 0, cutOff: 0 };
  links: Links;
  private readonly cuts = new Set<string>();
  private readonly world: { readonly clock: Clock; readonly random: Random };

  constructor(clock: Clock, random: Random, links: Links) {
    super(clock, random, { leastDelayMs: 0, mostDelayMs: 0, loss: 0, duplication: 0 });
    this.links = links;
    this.world = { clock, random };
  }

  /** Loses everything that one sends to the other, from now on. */
  cut(from: string, to: string): void {
    this.cuts.add(`${from}>${to}`);
  }

  /** Ends such a cut. */
  mend(from: string, to: string): void {
    this.cuts.delete(`${from}>${to}`);
  }

  /** Connects again whoever may be connected, as real nodes try to at intervals. */
  reconnect(): void {
    for (const a of this.members.values()) for (const b of this.members.values()) if (a !== b) a.refresh(b);
  }

  override carry(from: string, to: string, deliver: () => void, mayRepeat: boolean): void {
    const { clock, random } = this.world;
    if (!this.reaches(from, to) || this.cuts.has(`${from}>${to}`)) {
      this.counts.cutOff++;
      return;
    }
    if (random.fraction() < this.links.loss) {
      this.counts.lost++;
      return;
    }
    this.counts.carried++;
    const copies = mayRepeat && random.fraction() < this.links.duplication ? 2 : 1;
    this.counts.repeated += copies - 1;
    for (let copy = 0; copy < copies; copy++) {
      clock.schedule(delayMs(this.links.delay, random), () => {
        if (this.reaches(from, to) && !this.cuts.has(`${from}>${to}`)) deliver();
      });
    }
  }
}

function delayMs(delay: Delay, random: Random): number {
  switch (delay.shape) {
    case "uniform":
      return random.between(delay.leastMs, delay.mostMs);
    case "exponential":
      return Math.min(delay.mostMs, Math.round(delay.leastMs - delay.meanMs * Math.log(1 - random.fraction())));
    case "two-ways":
      return random.fraction() < delay.slowShare ? delay.slowMs : delay.fastMs;
  }
}
