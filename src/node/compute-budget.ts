/**
 * How much of the processor this node may take for making blocks and proofs: the user's caps and the device's situation
 * decide, nothing else does. Verifying is never capped.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { Turns } from "#protocol/turns.ts";
import {
  type ComputeCaps,
  type ComputePause,
  type ComputeSituation,
  cpuPercentRange,
  defaultCaps,
} from "#sdk/compute.ts";
import { capsKey, records } from "./chain-records.ts";
import type { ComputeShare, Store } from "./ports.ts";

/** For a node whose owner has said how many threads it gets, as a seed's has. */
export const uncapped: ComputeCaps = {
  cpuPercent: cpuPercentRange.most,
  pauseInBackground: false,
  pauseOnBattery: false,
  pauseWhileTyping: false,
};

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
  if (caps.pauseWhileTyping && situation.typing) return { share: 0, pausedFor: "typing" };
  return { share: caps.cpuPercent / 100, pausedFor: "" };
}

/** Whether these are caps: they come over a port. */
export function checkCaps(caps: ComputeCaps): Result<ComputeCaps> {
  const { cpuPercent, pauseInBackground, pauseOnBattery, pauseWhileTyping } = caps;
  const { least, most } = cpuPercentRange;
  if (!Number.isInteger(cpuPercent) || cpuPercent < least || cpuPercent > most) {
    const words = `The share of each thread is a whole number from ${least} to ${most} per cent. To compute nothing: role produce off`;
    return rejected("invalid-argument", words);
  }
  if ([pauseInBackground, pauseOnBattery, pauseWhileTyping].some((pauses) => typeof pauses !== "boolean"))
    return rejected("invalid-argument", "In the background, on battery and while you type work either runs or pauses.");
  return accepted({ cpuPercent, pauseInBackground, pauseOnBattery, pauseWhileTyping });
}

/** The rule with its newest facts. */
export class ComputeBudget implements ComputeShare {
  private current: ComputeCaps;
  private situation: ComputeSituation = { visible: true, onBattery: null, typing: false };
  private readonly listeners = new Set<() => void>();
  /** Ends with the newest choice. */
  private readonly choosing = new Turns();
  /** What the window tells the node's thread, in the form of calls over a port. */
  readonly requests = {
    setSituation: async (situation: ComputeSituation): Promise<void> => this.setSituation(situation),
  };

  constructor(caps: ComputeCaps = defaultCaps) {
    this.current = caps;
  }

  /** What the user allows. */
  get caps(): ComputeCaps {
    return this.current;
  }

  /** Whether the device runs on its battery; null: nobody tells. */
  get onBattery(): boolean | null {
    return this.situation.onBattery;
  }

  /** What is allowed now. */
  allowance(): ComputeAllowance {
    return computeAllowance(this.current, this.situation);
  }

  share(): number {
    return this.allowance().share;
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Takes up what the user chose in an earlier session; without a choice, or with a damaged one, the caps stay. */
  async restore(store: Store): Promise<void> {
    const kept = await store.get("meta", capsKey);
    const read = kept === undefined ? null : records.caps.decode(kept);
    if (!read?.ok) return;
    const { cpuPercent, background, battery, typing } = read.value;
    const caps = checkCaps({
      cpuPercent,
      pauseInBackground: background === 1,
      pauseOnBattery: battery === 1,
      pauseWhileTyping: typing === 1,
    });
    if (caps.ok) this.take(caps.value);
  }

  /** The user's choice; what it leaves out stays. Choices made at once are taken one after the other, so that none is lost. */
  setCaps(choice: Partial<ComputeCaps>, store: Store): Promise<Result<ComputeCaps>> {
    return this.choosing.take(() => this.choose({ ...this.current, ...choice }, store));
  }

  /** Written first, so that what was answered holds after a crash too. */
  private async choose(caps: ComputeCaps, store: Store): Promise<Result<ComputeCaps>> {
    const checked = checkCaps(caps);
    if (!checked.ok) return checked;
    const { cpuPercent, pauseInBackground, pauseOnBattery, pauseWhileTyping } = checked.value;
    const value = records.caps.encode({
      cpuPercent,
      background: +pauseInBackground,
      battery: +pauseOnBattery,
      typing: +pauseWhileTyping,
    });
    await store.commit([{ table: "meta", key: capsKey, value }]);
    this.take(checked.value);
    return checked;
  }

  /** The device's news. */
  setSituation(situation: ComputeSituation): void {
    this.change(() => {
      this.situation = situation;
    });
  }

  private take(caps: ComputeCaps): void {
    this.change(() => {
      this.current = caps;
    });
  }

  private change(apply: () => void): void {
    const before = this.allowance();
    apply();
    const after = this.allowance();
    if (before.share === after.share && before.pausedFor === after.pausedFor) return;
    for (const listener of [...this.listeners]) listener();
  }
}
