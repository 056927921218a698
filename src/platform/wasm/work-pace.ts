/**
 * Keeps a thread to its share: after each piece of work it rests as long as the share demands, and while the share is 0 it
 * waits. One rule for nonces, proofs and samples.
 * @module
 */
import type { Clock, ComputeShare, Pace } from "#node/ports.ts";

/** How long a thread rests after working for `tookMs`, so that its share of the time comes to `share`. */
export function restMs(tookMs: number, share: number): number {
  return share >= 1 || share <= 0 ? 0 : tookMs * (1 / share - 1);
}

/** Rests shorter than this are saved up: a timer is not that exact. */
const leastRestMs = 20;

/** A share that somebody sets: what a thread is told from outside. */
export class SettableShare implements ComputeShare {
  private current = 1;
  private readonly listeners = new Set<() => void>();

  share(): number {
    return this.current;
  }

  /** From 0 (paused) to 1. */
  set(share: number): void {
    this.current = share;
    for (const listener of [...this.listeners]) listener();
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** Runs work that comes in steps; hears what each one says before it is worked on. */
export type InSteps = <Step, Outcome>(work: Generator<Step, Outcome>, onStep: (step: Step) => void) => Promise<Outcome>;

/** Runs such work at a pace; `nowMs` is for measuring the steps. */
export function pacedSteps(pace: WorkPace, nowMs: () => number): InSteps {
  return async (work, onStep) => {
    for (;;) {
      const startedMs = nowMs();
      const step = work.next();
      if (step.done === true) return step.value;
      onStep(step.value);
      await pace.rest(nowMs() - startedMs);
    }
  };
}

/** The pace of one thread's work. */
export class WorkPace implements Pace {
  private readonly share: ComputeShare;
  private readonly clock: Pick<Clock, "schedule">;
  private owedMs = 0;

  constructor(share: ComputeShare, clock: Pick<Clock, "schedule">) {
    this.share = share;
    this.clock = clock;
  }

  /** Rests for work that took so long; comes back at once if the share is whole. A change of the share counts at once. */
  async rest(tookMs: number): Promise<void> {
    this.owedMs += restMs(tookMs, this.share.share());
    while (this.share.share() <= 0) await this.change(null);
    if (this.owedMs < leastRestMs) return;
    const owedMs = this.owedMs;
    this.owedMs = 0;
    await this.change(owedMs);
    while (this.share.share() <= 0) await this.change(null);
  }

  /** Resolves at the next change, or after `atMostMs`. */
  private change(atMostMs: number | null): Promise<void> {
    return new Promise((resolve) => {
      const cancel = atMostMs === null ? () => undefined : this.clock.schedule(atMostMs, () => end());
      const end = (): void => {
        cancel();
        stop();
        resolve();
      };
      const stop = this.share.onChange(end);
    });
  }
}

/** Does steps one after the other without a rest; `each` hears what every step gives. */
export function withoutPause<Told, Outcome>(steps: Generator<Told, Outcome>, each: (told: Told) => void): Outcome {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    each(step.value);
  }
}
