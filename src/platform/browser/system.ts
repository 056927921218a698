/**
 * A browser thread's clock and entropy behind the node's ports.
 * @module
 */
import type { Clock, Entropy } from "#node/ports.ts";

/** Browsers clamp longer delays to zero. */
const longestDelayMs = 2_147_483_647;

/** Most bytes one call of `crypto.getRandomValues` gives. */
const entropyChunkBytes = 65_536;

/** The device's clock and this thread's timers. */
export const browserClock: Clock = {
  nowMs: () => Date.now(),
  schedule: (delayMs, action) => {
    const timer = setTimeout(action, Math.min(delayMs, longestDelayMs));
    return () => clearTimeout(timer);
  },
};

/** The browser's cryptographic randomness. */
export const browserEntropy: Entropy = {
  bytes: (length) => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += entropyChunkBytes)
      crypto.getRandomValues(bytes.subarray(at, at + entropyChunkBytes));
    return bytes;
  },
};
