/**
 * How much of the chain's data this node sends to who asks for it. Beyond the user's cap requests are put off in words that
 * cost nobody his standing; what keeps the network together (where a node stands, votes, new blocks) is always answered.
 * @module
 */
import { type Rejected, rejected } from "#protocol/result.ts";
import type { Clock } from "./ports.ts";

/** So many seconds' worth may go at once after a rest. */
const burstSeconds = 4;

/** The budget of one node: an allowance that grows with time, and that one answer may overdraw. */
export class ServingBudget {
  private readonly clock: Pick<Clock, "nowMs">;
  private capPerSecond: number | null = null;
  private allowanceBytes = 0;
  private toppedUpAtMs = 0;
  /** Bytes of answers so far. */
  servedBytes = 0;
  /** Requests put off so far. */
  putOff = 0;

  constructor(clock: Pick<Clock, "nowMs">) {
    this.clock = clock;
  }

  /** Keeps to a cap from now on; null: to none. */
  setCap(bytesPerSecond: number | null): void {
    this.capPerSecond = bytesPerSecond;
    this.allowanceBytes = burstSeconds * (bytesPerSecond ?? 0);
    this.toppedUpAtMs = this.clock.nowMs();
  }

  /** Whether something may be sent now that can wait. */
  maySend(): boolean {
    if (this.capPerSecond === null) return true;
    const nowMs = this.clock.nowMs();
    const grown = (Math.max(0, nowMs - this.toppedUpAtMs) / 1_000) * this.capPerSecond;
    this.allowanceBytes = Math.min(burstSeconds * this.capPerSecond, this.allowanceBytes + grown);
    this.toppedUpAtMs = nowMs;
    return this.allowanceBytes > 0;
  }

  /** Null if an answer that can wait may be given now; else what to say instead. */
  refusal(): Rejected | null {
    if (this.maySend()) return null;
    this.putOff++;
    return rejected("rate-limited", "This node has sent as much as its user allows; ask again later, or another.");
  }

  /**
   * Notes an answer that was given. One that overdraws the allowance is paid for in full; those that are given in spite of
   * the cap deepen the debt to one burst at most, or else whoever asks for them could put off everybody else for hours.
   */
  note(bytes: number): void {
    this.servedBytes += bytes;
    const before = this.allowanceBytes;
    const floor = before > 0 ? Number.NEGATIVE_INFINITY : Math.min(before, -burstSeconds * (this.capPerSecond ?? 0));
    this.allowanceBytes = Math.max(floor, before - bytes);
  }
}
