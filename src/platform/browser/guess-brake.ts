/**
 * Slows down who guesses a passphrase in the app: guesses are checked one after another, and after a few wrong ones each
 * waits longer. It keeps hands at a keyboard and scripts in a page from trying many; whoever copies the vault's file pays
 * Argon2id for every guess instead. The count is gone when the page is.
 * @module
 */
import type { Clock } from "#node/ports.ts";
import { type Result, rejected } from "#protocol/result.ts";
import { Turns } from "#protocol/turns.ts";

/** Wrong guesses in a row that cost nothing: people mistype. */
const freeGuesses = 2;

/** The first wait; each further wrong guess doubles it. */
const firstWaitMs = 1_000;

/** The longest wait: who has remembered it at last must not be kept out. */
export const longestWaitMs = 30_000;

/** Guesses that may wait for their turn. */
const mostWaiting = 8;

/** How long the next guess waits after so many wrong ones in a row. */
export function waitAfter(wrongGuesses: number): number {
  if (wrongGuesses <= freeGuesses) return 0;
  return Math.min(longestWaitMs, firstWaitMs * 2 ** (wrongGuesses - freeGuesses - 1));
}

/** One brake for all that checks the vault's passphrase. */
export class GuessBrake {
  private readonly clock: Clock;
  private wrong = 0;
  private waiting = 0;
  private readonly turns = new Turns();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Runs a check in its turn; says of a wrong guess what the next one waits for, and what to do if it is forgotten. */
  async check<T>(guess: () => Promise<Result<T>>): Promise<Result<T>> {
    if (this.waiting >= mostWaiting) {
      return rejected("rate-limited", "Other tries are still being checked; nothing was changed. Wait a moment.");
    }
    this.waiting += 1;
    try {
      return await this.turns.take(() => this.take(guess));
    } finally {
      this.waiting -= 1;
    }
  }

  private async take<T>(guess: () => Promise<Result<T>>): Promise<Result<T>> {
    const waitMs = waitAfter(this.wrong);
    if (waitMs > 0) await new Promise<void>((resolve) => this.clock.schedule(waitMs, resolve));
    const answer = await guess();
    if (answer.ok) this.wrong = 0;
    if (answer.ok || answer.code !== "wrong-passphrase") return answer;
    this.wrong += 1;
    const nextMs = waitAfter(this.wrong);
    if (nextMs === 0) return answer;
    return rejected(
      "wrong-passphrase",
      `That is not the passphrase: wrong ${this.wrong} times in a row. Nothing was changed and nothing is lost; the next try ` +
        `takes ${nextMs / 1_000} s longer. If you have forgotten it, \`id restore\` and your recovery words set a new one.`,
    );
  }
}
