/**
 * Timers that end together.
 * @module
 */

/** The timers of one owner. */
export class Timers {
  private readonly cancels = new Set<() => void>();
  private ended = false;

  /** Repeats an action until the end. */
  every(periodMs: number, action: () => void): void {
    if (this.ended) return;
    const timer = setInterval(action, periodMs);
    this.cancels.add(() => clearInterval(timer));
  }

  /** Acts once after a delay, unless the end comes first. */
  after(delayMs: number, action: () => void): void {
    if (this.ended) return;
    const cancel = (): void => clearTimeout(timer);
    const timer = setTimeout(() => {
      this.cancels.delete(cancel);
      action();
    }, delayMs);
    this.cancels.add(cancel);
  }

  /** Ends them all; none can be set any more. */
  stop(): void {
    this.ended = true;
    for (const cancel of this.cancels) cancel();
    this.cancels.clear();
  }
}
