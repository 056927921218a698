/**
 * Signals that abort after a time or when something larger ends. Not `AbortSignal.any`: engines keep a composed signal
 * and all who listen to it until its sources are gone, and libraries leave listeners behind: so every closed stream of a
 * long-lived node stayed in memory, with its data channel.
 * @module
 */

/** A signal, and the way to let go of its timer and of what it follows. */
export interface Deadline {
  readonly signal: AbortSignal;
  clear(): void;
}

/** Aborts after a time with an error of these words, or with `ended`, whichever comes first. */
export function deadline(timeoutMs: number, ended: AbortSignal, words: string): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(words)), timeoutMs);
  const end = (): void => controller.abort(ended.reason);
  if (ended.aborted) end();
  else ended.addEventListener("abort", end, { once: true });
  return {
    signal: controller.signal,
    clear: () => {
      clearTimeout(timer);
      ended.removeEventListener("abort", end);
    },
  };
}
