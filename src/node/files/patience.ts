/**
 * Waiting for others, but not for those who are slow.
 * @module
 */
import type { Clock } from "../ports.ts";

/** Waits until something is done, or for so long at most; it goes on all the same. */
export function noLongerThan(clock: Clock, longestMs: number, done: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(longestMs, resolve);
    void done.finally(() => {
      cancel();
      resolve();
    });
  });
}
