/**
 * What giving and fetching a file have in common.
 * @module
 */
import type { CommandContext } from "../commands/command.ts";

/** Whether somebody wants it to end. */
export class Stopping {
  isAsked = false;

  constructor({ interrupted }: Pick<CommandContext, "interrupted">) {
    void interrupted.then(() => {
      this.isAsked = true;
    });
  }
}

/** A list in groups of at most `size`. */
export function groups<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** How far it is. */
export function percentWords(done: number, all: number): string {
  return `${Math.floor((100 * done) / Math.max(1, all))} %`;
}
