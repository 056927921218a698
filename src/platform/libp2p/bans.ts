/**
 * Peers that are refused for a while. Forgets the oldest ban when there are too many; keeps no reasons, those are logged.
 * @module
 */
import { putNewest } from "#protocol/newest.ts";

/** Bans with their ends. */
export class Bans {
  private readonly most: number;
  private readonly nowMs: () => number;
  private readonly untilMs = new Map<string, number>();

  constructor(most: number, nowMs: () => number) {
    this.most = most;
    this.nowMs = nowMs;
  }

  /** Refuses a peer from now on for `durationMs`; a shorter ban does not shorten a longer one. */
  add(peerId: string, durationMs: number): void {
    const untilMs = Math.max(this.nowMs() + durationMs, this.untilMs.get(peerId) ?? 0);
    putNewest(this.untilMs, peerId, untilMs, this.most);
  }

  /** Whether a peer is refused now. */
  has(peerId: string): boolean {
    const untilMs = this.untilMs.get(peerId);
    if (untilMs === undefined) return false;
    if (untilMs > this.nowMs()) return true;
    this.untilMs.delete(peerId);
    return false;
  }
}
