/**
 * What peers have done wrong: offences add up, fade with time, and end in a ban that grows with repetition.
 * @module
 */
import { putNewest } from "#protocol/newest.ts";

/** Points per offence and what follows from them. */
export const scoreLimits = {
  banAt: 100,
  /** Points that fade per minute. */
  fadePerMinute: 5,
  firstBanMs: 60_000,
  longestBanMs: 24 * 3_600_000,
  peers: 2_000,
} as const;

/**
 * Offences by weight: what can be an accident is cheap, what cannot is not. Time-outs fade as fast as they can come: a cut
 * link must not end in honest peers refusing each other when it is whole again.
 */
export const offences = {
  timeout: 0.5,
  "bad-transaction": 20,
  "bad-vote": 20,
  // What was spoilt on a keeper's disk is offered again and again: that alone must not end in a ban.
  "bad-mail": 20,
  "bad-shard": 20,
  "bad-update": 20,
  garbage: 50,
  // Everybody looks at a shred of a block before passing it on: no accident, yet disks and memory spoil bytes.
  "bad-shred": 50,
  "bad-header": 100,
  "bad-block": 100,
  "bad-snapshot": 100,
} as const;

/** Name of an offence. */
export type Offence = keyof typeof offences;

/** Refusals of our requests that say nothing about the peer. */
const innocentRefusals = new Set([
  "disconnected",
  "not-found",
  "pruned",
  "rate-limited",
  "time-too-late",
  // Who is wrong about what is final is not known.
  "below-finalised",
  "unknown-voters",
]);

/** What a refused or failed request says about the peer; null: nothing. */
export function offenceOf(code: string): Offence | null {
  if (code === "timeout") return "timeout";
  return innocentRefusals.has(code) ? null : "garbage";
}

interface Standing {
  points: number;
  atMs: number;
  bans: number;
}

/** Scores of all peers met. */
export class PeerScores {
  private readonly standings = new Map<string, Standing>();

  /** Notes an offence; gives the length of the ban it leads to, 0 for none. */
  offend(peerId: string, offence: Offence, nowMs: number): number {
    const standing = this.faded(peerId, nowMs);
    standing.points += offences[offence];
    putNewest(this.standings, peerId, standing, scoreLimits.peers);
    if (standing.points < scoreLimits.banAt) return 0;
    standing.points = 0;
    standing.bans += 1;
    return Math.min(scoreLimits.longestBanMs, scoreLimits.firstBanMs * 4 ** (standing.bans - 1));
  }

  /** Points against a peer; 0 is spotless. */
  points(peerId: string, nowMs: number): number {
    return this.standings.has(peerId) ? this.faded(peerId, nowMs).points : 0;
  }

  private faded(peerId: string, nowMs: number): Standing {
    const standing = this.standings.get(peerId) ?? { points: 0, atMs: nowMs, bans: 0 };
    const fade = ((nowMs - standing.atMs) / 60_000) * scoreLimits.fadePerMinute;
    standing.points = Math.max(0, standing.points - fade);
    standing.atMs = nowMs;
    return standing;
  }
}
