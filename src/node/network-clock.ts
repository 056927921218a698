/**
 * Network time: the local clock, corrected by the median offset to several peers that have nothing to do with each other,
 * never by more than a bound. With few such peers, or a median past the bound, the local clock stands: few peers can lie
 * together, and so can many of one address block or many whom one seed has introduced.
 * @module
 */
import type { Clock, PeerInfo } from "./ports.ts";

/** Bounds of the correction. */
export const clockLimits = {
  /** Each group has one vote; fewer votes say nothing, so nobody in two groups has a majority. */
  leastVotes: 5,
  mostPeers: 64,
  /** A median past this is not believed at all, and the user is told. */
  largestOffsetMs: 70_000,
  sampleAgeMs: 3_600_000,
  /** Half of a slow exchange is how far it may be off. */
  longestExchangeMs: 10_000,
  /** After the first correction time goes at most this much faster or slower, so it never jumps and never goes back. */
  slewPerThousand: 50,
} as const;

/** The four times of one exchange: sent and received here, received and sent there. */
export interface TimeExchange {
  readonly sentMs: number;
  readonly peerReceivedMs: number;
  readonly peerSentMs: number;
  readonly receivedMs: number;
}

interface Sample {
  readonly group: string;
  readonly offsetMs: number;
  readonly atMs: number;
}

/**
 * Whom one party could stand behind: peers in one block of addresses, peers of one host name, and peers that came through
 * one relay, which may have made them up.
 */
export function peerGroup({ address }: Pick<PeerInfo, "address">): string {
  const way = address.includes("/p2p-circuit") ? "via " : "";
  const v4 = /\/ip4\/(\d+\.\d+)\./.exec(address)?.[1];
  if (v4 !== undefined) return `${way}${v4}`;
  const v6 = /\/ip6\/([0-9a-fA-F]*:[0-9a-fA-F]*)/.exec(address)?.[1];
  if (v6 !== undefined) return `${way}${v6.toLowerCase()}`;
  const name = /\/dns(?:4|6|addr)?\/([^/]+)/.exec(address)?.[1];
  if (name !== undefined) return `${way}${name.split(".").slice(-2).join(".").toLowerCase()}`;
  return address;
}

/** Network time from four-timestamp exchanges. */
export class NetworkClock {
  private readonly samples = new Map<string, Sample>();
  private readonly clock: Clock;
  /** What is added to the local clock, since when by it; null before the first correction. */
  private applied: { readonly offsetMs: number; readonly atMs: number } | null = null;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Takes an exchange with a peer; one that cannot have gone like that, or was too slow to tell, is left out. */
  addSample(peer: Pick<PeerInfo, "id" | "address">, exchange: TimeExchange): void {
    const { sentMs, peerReceivedMs, peerSentMs, receivedMs } = exchange;
    const thereMs = peerSentMs - peerReceivedMs;
    const underWayMs = receivedMs - sentMs - thereMs;
    if (!(thereMs >= 0 && underWayMs >= 0 && underWayMs <= clockLimits.longestExchangeMs)) return;
    const offsetMs = (peerReceivedMs - sentMs + (peerSentMs - receivedMs)) / 2;
    this.samples.delete(peer.id);
    this.samples.set(peer.id, { group: peerGroup(peer), offsetMs, atMs: receivedMs });
    const oldest = this.samples.keys().next();
    if (this.samples.size > clockLimits.mostPeers && !oldest.done) this.samples.delete(oldest.value);
  }

  /** Offsets that count: of each group the newest. */
  private votes(): readonly number[] {
    const nowMs = this.clock.nowMs();
    const byGroup = new Map<string, number>();
    for (const { group, offsetMs, atMs } of this.samples.values()) {
      if (nowMs - atMs < clockLimits.sampleAgeMs) byGroup.set(group, offsetMs);
    }
    return [...byGroup.values()].sort((a, b) => a - b);
  }

  /** How many independent peers have told their time lately. */
  get voteCount(): number {
    return this.votes().length;
  }

  /** Median offset to independent peers; null while there are too few. */
  medianOffsetMs(): number | null {
    const votes = this.votes();
    return votes.length < clockLimits.leastVotes ? null : Math.round(votes[votes.length >> 1] as number);
  }

  /**
   * How far network time as this node has it is still from its peers': whatever few of them say, for it is told and never
   * corrected by. Null while nobody has said anything.
   */
  remainingOffsetMs(): number | null {
    const votes = this.votes();
    const medianMs = votes[votes.length >> 1];
    return medianMs === undefined ? null : Math.round(medianMs) - this.correctionMs();
  }

  /** What is added to the local clock now. */
  correctionMs(): number {
    const nowMs = this.clock.nowMs();
    const medianMs = this.medianOffsetMs();
    const targetMs = medianMs === null || Math.abs(medianMs) > clockLimits.largestOffsetMs ? 0 : medianMs;
    if (this.applied === null) {
      // The first correction is a step: a clock far off would keep its node apart for long.
      if (targetMs !== 0) this.applied = { offsetMs: targetMs, atMs: nowMs };
      return targetMs;
    }
    const { offsetMs, atMs } = this.applied;
    const mostMs = (Math.max(0, nowMs - atMs) * clockLimits.slewPerThousand) / 1_000;
    const nextMs = offsetMs + Math.max(-mostMs, Math.min(mostMs, targetMs - offsetMs));
    this.applied = { offsetMs: nextMs, atMs: nowMs };
    return Math.round(nextMs);
  }

  /** Unix time in milliseconds as the network sees it. */
  nowMs(): number {
    return this.clock.nowMs() + this.correctionMs();
  }

  /** Whether the local clock is further off than is ever corrected. */
  isFarOff(): boolean {
    return Math.abs(this.medianOffsetMs() ?? 0) > clockLimits.largestOffsetMs;
  }
}
