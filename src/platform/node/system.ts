/**
 * Node's clock and entropy behind the node's ports.
 * @module
 */
import { randomBytes } from "node:crypto";
import type { Clock, Entropy } from "#node/ports.ts";

/** The machine's clock and timers. Timers do not keep the process alive. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  schedule: (delayMs, action) => {
    const timer = setTimeout(action, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** The operating system's randomness. */
export const systemEntropy: Entropy = { bytes: (length) => new Uint8Array(randomBytes(length)) };
