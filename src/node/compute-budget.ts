/**
 * How much of the processor this node may take for making blocks and proofs: the user's caps and the device's situation
 * decide, nothing else does. Verifying is never capped.
 * @module
 */

import type { ComputeCaps, ComputeSituation } from "#sdk/compute.ts";

/** Half of each thread, and nothing that the user would find out by a warm or empty laptop. */
export const defaultCaps: ComputeCaps = { cpuPercent: 50, pauseInBackground: true, pauseOnBattery: true };

/** Below this a share is no work at all, only warmth: pausing is honest. */
const leastPercent = 5;

/** Why nothing is computed; empty while something may be. */
export type ComputePause = "" | "background" | "battery";

/** What caps and situation come to. */
export interface ComputeAllowance {
  /** Share of a thread's time from 0 to 1. 0: paused. */
  readonly share: number;
  readonly pausedFor: ComputePause;
}

/** The rule. A battery that nobody tells of counts as mains: else desktops, which mostly do not tell, would never work. */
export function computeAllowance(caps: ComputeCaps, situation: ComputeSituation): ComputeAllowance {
  if (caps.pauseInBackground && !situation.visible) return { share: 0, pausedFor: "background" };
  if (caps.pauseOnBattery && situation.onBattery === true) return { share: 0, pausedFor: "battery" };
  const percent = Number.isFinite(caps.cpuPercent) ? caps.cpuPercent : defaultCaps.cpuPercent;
  return { share: Math.min(100, Math.max(leastPercent, percent)) / 100, pausedFor: "" };
}

/** The rule with its newest facts. */
export class ComputeBudget {
  private caps: ComputeCaps;
  private situation: ComputeSituation = { visible: true, onBattery: null };
  private readonly onChange: (allowance: ComputeAllowance) => void;
  /** What the window tells the node's thread, in the form of calls over a port. */
  readonly requests = {
    setSituation: async (situation: ComputeSituation): Promise<void> => this.setSituation(situation),
    setCaps: async (caps: ComputeCaps): Promise<void> => this.setCaps(caps),
  };

  /** `onChange` hears of every change of what is allowed. */
  constructor(caps: ComputeCaps = defaultCaps, onChange: (allowance: ComputeAllowance) => void = () => undefined) {
    this.caps = caps;
    this.onChange = onChange;
  }

  /** What is allowed now. */
  allowance(): ComputeAllowance {
    return computeAllowance(this.caps, this.situation);
  }

  /** The user's choice. */
  setCaps(caps: ComputeCaps): void {
    this.change(() => {
      this.caps = caps;
    });
  }

  /** The device's news. */
  setSituation(situation: ComputeSituation): void {
    this.change(() => {
      this.situation = situation;
    });
  }

  private change(apply: () => void): void {
    const before = this.allowance();
    apply();
    const after = this.allowance();
    if (before.share !== after.share || before.pausedFor !== after.pausedFor) this.onChange(after);
  }
}
