/**
 * Actions one after the other: what looks and then writes must not be looked past by another that does the same.
 * @module
 */

/** A queue of actions; one that fails holds up nobody. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();

  /** Runs an action once those before it have ended. */
  take<T>(action: () => Promise<T>): Promise<T> {
    const result = this.last.then(action);
    this.last = result.catch(() => undefined);
    return result;
  }
}
