/**
 * Virtual time: timers fire in order of time and of being set, and nothing ever waits for real.
 * @module
 */
import type { Clock } from "#node/ports.ts";

interface Timer {
  readonly atMs: number;
  readonly sequence: number;
  readonly action: () => void;
  cancelled: boolean;
}

/** Promise jobs run between two timers; the chain of awaits in a node is far shorter. */
async function settlePromises(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

/** The clock of a simulated world. */
export class VirtualClock implements Clock {
  private readonly timers: Timer[] = [];
  private sequence = 0;
  private currentMs: number;

  constructor(startMs: number) {
    this.currentMs = startMs;
  }

  nowMs(): number {
    return this.currentMs;
  }

  schedule(delayMs: number, action: () => void): () => void {
    const timer: Timer = {
      atMs: this.currentMs + Math.max(0, delayMs),
      sequence: this.sequence++,
      action,
      cancelled: false,
    };
    let low = 0;
    let high = this.timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.timers[middle] as Timer).atMs <= timer.atMs) low = middle + 1;
      else high = middle;
    }
    this.timers.splice(low, 0, timer);
    return () => {
      timer.cancelled = true;
    };
  }

  /** Fires the next timer and lets everything that follows from it happen; false when there is none before `untilMs`. */
  async step(untilMs: number): Promise<boolean> {
    await settlePromises();
    let next = this.timers[0];
    while (next?.cancelled) {
      this.timers.shift();
      next = this.timers[0];
    }
    if (next === undefined || next.atMs > untilMs) return false;
    this.timers.shift();
    this.currentMs = next.atMs;
    next.action();
    return true;
  }

  /** Runs until `untilMs`, or until `done` says so; false if time ran out first. */
  async run(untilMs: number, done: () => boolean = () => false): Promise<boolean> {
    do {
      await settlePromises();
      if (done()) return true;
    } while (await this.step(untilMs));
    this.currentMs = untilMs;
    return done();
  }
}
