/**
 * Virtual time: timers fire in order of time and of being set, and nothing ever waits for real. Works in Node and in pages,
 * and fires the same timers in the same order in both.
 * @module
 */
import type { Clock } from "#node/ports.ts";
import { settlePromises } from "./settle.ts";

interface Timer {
  readonly atMs: number;
  readonly sequence: number;
  readonly action: () => void;
  cancelled: boolean;
}

function isEarlier(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
}

/** The clock of a simulated world. */
export class VirtualClock implements Clock {
  /** A heap: each timer is earlier than the two below it. Large worlds have a hundred thousand messages on their way. */
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
    this.push(timer);
    return () => {
      timer.cancelled = true;
    };
  }

  /** Fires the next timer after everything that follows from the last one; false when there is none before `untilMs`. */
  async step(untilMs: number): Promise<boolean> {
    await settlePromises();
    return this.fire(untilMs);
  }

  /** Runs until `untilMs`, or until `done` says so; false if time ran out first. */
  async run(untilMs: number, done: () => boolean = () => false): Promise<boolean> {
    do {
      await settlePromises();
      if (done()) return true;
    } while (this.fire(untilMs));
    this.currentMs = untilMs;
    return done();
  }

  /** Time passes while nothing runs, as when computers sleep: what was due then fires after it. */
  skip(ms: number): void {
    this.currentMs += ms;
  }

  private fire(untilMs: number): boolean {
    let next = this.timers[0];
    while (next?.cancelled) {
      this.pop();
      next = this.timers[0];
    }
    if (next === undefined || next.atMs > untilMs) return false;
    this.pop();
    this.currentMs = Math.max(this.currentMs, next.atMs);
    next.action();
    return true;
  }

  private push(timer: Timer): void {
    const { timers } = this;
    let place = timers.push(timer) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = timers[above] as Timer;
      if (!isEarlier(timer, parent)) break;
      timers[place] = parent;
      place = above;
    }
    timers[place] = timer;
  }

  private pop(): void {
    const { timers } = this;
    const last = timers.pop() as Timer;
    if (timers.length === 0) return;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= timers.length) break;
      const right = below + 1;
      if (right < timers.length && isEarlier(timers[right] as Timer, timers[below] as Timer)) below = right;
      const child = timers[below] as Timer;
      if (!isEarlier(child, last)) break;
      timers[place] = child;
      place = below;
    }
    timers[place] = last;
  }
}
