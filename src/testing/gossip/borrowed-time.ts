/**
 * Puts a virtual clock and seeded chance in the place of the global timers, `Date.now` and `Math.random`, for libraries that
 * take neither as arguments. What is global is given back when the work is done.
 * @module
 */
import type { Random } from "../random.ts";
import type { VirtualClock } from "../virtual-clock.ts";

type Action = (...args: unknown[]) => void;

/** Runs `work` while every global timer is one of `clock`'s. */
export async function onBorrowedTime<T>(clock: VirtualClock, random: Random, work: () => Promise<T>): Promise<T> {
  const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;
  const now = Date.now;
  const chance = Math.random;
  const cancels = new Map<number, () => void>();
  let last = 0;
  const start = (action: Action, delayMs: number, repeat: boolean, args: unknown[]): number => {
    const id = ++last;
    const fire = (): void => {
      if (repeat) cancels.set(id, clock.schedule(delayMs, fire));
      else cancels.delete(id);
      action(...args);
    };
    cancels.set(id, clock.schedule(delayMs, fire));
    return id;
  };
  const stop = (id: number): void => {
    cancels.get(id)?.();
    cancels.delete(id);
  };
  Object.assign(globalThis, {
    setTimeout: (action: Action, delayMs = 0, ...args: unknown[]) => start(action, delayMs, false, args),
    setInterval: (action: Action, delayMs = 0, ...args: unknown[]) => start(action, Math.max(1, delayMs), true, args),
    clearTimeout: stop,
    clearInterval: stop,
  });
  Date.now = () => clock.nowMs();
  Math.random = () => random.fraction();
  try {
    return await work();
  } finally {
    Object.assign(globalThis, { setTimeout, setInterval, clearTimeout, clearInterval });
    Date.now = now;
    Math.random = chance;
  }
}
