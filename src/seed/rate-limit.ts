/**
 * Token buckets by client address, bounded in number.
 * @module
 */
import { seedLimits } from "./limits.ts";

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** Answers whether a client may do one more thing now. */
export function createRateLimit(nowMs: () => number, limits = seedLimits): (client: string) => boolean {
  const buckets = new Map<string, Bucket>();
  return (client) => {
    const now = nowMs();
    const bucket = buckets.get(client) ?? { tokens: limits.clientBurst, filledAtMs: now };
    const refill = ((now - bucket.filledAtMs) / 1_000) * limits.clientRefillPerSecond;
    bucket.tokens = Math.min(limits.clientBurst, bucket.tokens + refill);
    bucket.filledAtMs = now;
    // Re-inserting keeps the map in order of use, so the first key is the one not seen for longest.
    buckets.delete(client);
    buckets.set(client, bucket);
    const oldest = buckets.keys().next();
    if (buckets.size > limits.clientsRemembered && !oldest.done) buckets.delete(oldest.value);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  };
}
