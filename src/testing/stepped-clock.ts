/**
 * A clock whose time stands still and whose timers go when a test says so.
 * @module
 */
import type { Clock } from "#node/ports.ts";

/** A clock whose timers go when the test says so. */
export function steppedClock() {
  let timers: (() => void)[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    schedule: (_delayMs, action) => {
      timers.push(action);
      return () => {
        timers = timers.filter((one) => one !== action);
      };
    },
  };
  const step = (): void => {
    for (const action of timers.splice(0)) action();
  };
  return { clock, step, waiting: () => timers.length };
}
