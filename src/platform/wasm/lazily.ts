/**
 * Code that is loaded and started when it is first needed: a thread that never needs it does not pay for it.
 * @module
 */

/** Starts at the first call and hands out what was started from then on; a start that failed is tried again at the next call. */
export function lazily<T>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | null = null;
  return () => {
    started ??= start().catch((error: unknown) => {
      started = null;
      throw error;
    });
    return started;
  };
}
