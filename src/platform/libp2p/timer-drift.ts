/**
 * How late our own timers are. Browsers slow the timers of hidden tabs down and freeze them altogether on phones; a node
 * that knows it can say so and catches up on waking.
 * @module
 */

/** Clock and timers, so that tests can bend them. */
export interface DriftClock {
  nowMs(): number;
  /** Repeats an action until the returned function is called. */
  repeat(periodMs: number, action: () => void): () => void;
}

const monotonic: DriftClock = {
  nowMs: () => performance.now(),
  repeat: (periodMs, action) => {
    const timer = setInterval(action, periodMs);
    return () => clearInterval(timer);
  },
};

const periodMs = 1_000;

/** Measures drift once a second. */
export class TimerDrift {
  private readonly clock: DriftClock;
  private readonly frozenMs: number;
  private readonly onWake: () => void;
  private dueMs: number | null = null;
  private newestMs = 0;
  private end: () => void = () => undefined;

  /** Calls `onWake` after a pause of `frozenMs` or more. */
  constructor(frozenMs: number, onWake: () => void, clock: DriftClock = monotonic) {
    this.clock = clock;
    this.frozenMs = frozenMs;
    this.onWake = onWake;
  }

  start(): void {
    this.dueMs = this.clock.nowMs() + periodMs;
    this.end = this.clock.repeat(periodMs, () => this.tick());
  }

  stop(): void {
    this.end();
    this.dueMs = null;
  }

  /** Milliseconds by which the newest timer was late, or the one that is overdue now is already. */
  driftMs(): number {
    const overdueMs = this.dueMs === null ? 0 : this.clock.nowMs() - this.dueMs;
    return Math.max(0, Math.round(this.newestMs), Math.round(overdueMs));
  }

  private tick(): void {
    const nowMs = this.clock.nowMs();
    this.newestMs = Math.max(0, nowMs - (this.dueMs ?? nowMs));
    this.dueMs = nowMs + periodMs;
    if (this.newestMs >= this.frozenMs) this.onWake();
  }
}
