/**
 * Network time: the local clock, corrected by the median offset to several peers, never by more than a bound. With few
 * peers the local clock stands, because few peers can lie together.
 * @module
 */
import { putNewest } from "#protocol/newest.ts";
import type { Clock } from "./ports.ts";

/** Bounds of the correction. */
export const clockLimits = { leastPeers: 5, mostPeers: 64, largestOffsetMs: 70_000, sampleAgeMs: 3_600_000 } as const;

/** Network time from four-timestamp exchanges. */
export class NetworkClock {
  private readonly samples = new Map<string, { offsetMs: number; atMs: number }>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** One exchange: sent and received here, received and sent there. */
  addSample(peerId: string, sentMs: number, peerReceivedMs: number, peerSentMs: number, receivedMs: number): void {
    const offsetMs = (peerReceivedMs - sentMs + (peerSentMs - receivedMs)) / 2;
    putNewest(this.samples, peerId, { offsetMs, atMs: receivedMs }, clockLimits.mostPeers);
  }

  /** Median offset to peers; null while there are too few. */
  medianOffsetMs(): number | null {
    const nowMs = this.clock.nowMs();
    const fresh = [...this.samples.values()].filter((sample) => nowMs - sample.atMs < clockLimits.sampleAgeMs);
    if (fresh.length < clockLimits.leastPeers) return null;
    const offsets = fresh.map((sample) => sample.offsetMs).sort((a, b) => a - b);
    return Math.round(offsets[offsets.length >> 1] as number);
  }

  /** Unix time in milliseconds as the network sees it. */
  nowMs(): number {
    const offsetMs = this.medianOffsetMs() ?? 0;
    const bounded = Math.max(-clockLimits.largestOffsetMs, Math.min(clockLimits.largestOffsetMs, offsetMs));
    return this.clock.nowMs() + bounded;
  }

  /** Whether the local clock is further off than is ever corrected. */
  isFarOff(): boolean {
    return Math.abs(this.medianOffsetMs() ?? 0) > clockLimits.largestOffsetMs;
  }
}
