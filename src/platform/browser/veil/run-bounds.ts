/**
 * What a tab lets anybody ask for: beyond it the tab itself would suffer, whatever the program does.
 * @module
 */
import { type Rejected, rejected } from "#protocol/result.ts";
import type { RunLimits } from "#veil/run.ts";

/** The most of each limit. Memory has its own in the gate, where the cap is consensus. */
const mostOfRun = {
  fuel: Number.MAX_SAFE_INTEGER,
  /** Kept twice while the run lasts, and copied into the window at its end. */
  outputBytes: 64 * 1_048_576,
  fileBytes: 256 * 1_048_576,
  /** A day. */
  wallMs: 86_400_000,
} as const;

/** Why a tab runs nothing under these limits; null if it does. */
export function refuseLimits(limits: RunLimits): Rejected | null {
  for (const [name, most] of Object.entries(mostOfRun) as [keyof typeof mostOfRun, number][]) {
    const value = limits[name];
    if (Number.isSafeInteger(value) && value >= 0 && value <= most) continue;
    return rejected("out-of-range", `The limit ${name} must be a whole number from 0 to ${most}; it is ${value}.`);
  }
  return null;
}
