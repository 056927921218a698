/**
 * Token buckets by name: who spends faster than the bucket refills is refused. Remembers a bounded number of names.
 * @module
 */
import { putNewest } from "#protocol/newest.ts";

/** How much may be spent. */
export interface BucketLimits {
  /** Tokens of a full bucket. */
  readonly burst: number;
  readonly perSecond: number;
  /** Buckets kept; the one unused for longest is forgotten first. */
  readonly names: number;
}

/** The buckets. */
export class TokenBuckets {
  private readonly limits: BucketLimits;
  private readonly buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(limits: BucketLimits) {
    this.limits = limits;
  }

  /** Takes one token; false if there is none. */
  spend(name: string, nowMs: number): boolean {
    const { burst, perSecond, names } = this.limits;
    const bucket = this.buckets.get(name) ?? { tokens: burst, atMs: nowMs };
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1_000) * perSecond);
    bucket.atMs = nowMs;
    const allowed = bucket.tokens >= 1;
    // A refused try costs nothing, so who waits for a token gets it.
    if (allowed) bucket.tokens -= 1;
    putNewest(this.buckets, name, bucket, names);
    return allowed;
  }
}
