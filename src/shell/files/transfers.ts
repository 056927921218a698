/**
 * What giving and fetching a file have in common.
 * @module
 */
import { accepted, type Result } from "#protocol/result.ts";
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

/** Pieces under way at once: while one is sealed or opened others are on the wire. */
const window = 4;

/**
 * Makes `count` things, some of them at once, and hands them over in their order. Ends with the first that is refused, once
 * those under way are done.
 */
export async function inOrder<T>(
  count: number,
  make: (place: number) => Promise<Result<T>>,
  take: (made: T, place: number) => Promise<Result<null>> | Result<null>,
): Promise<Result<null>> {
  const underWay: Promise<Result<T>>[] = [];
  let started = 0;
  for (let place = 0; place < count; place++) {
    while (started < count && underWay.length < window) underWay.push(make(started++));
    const made = await (underWay.shift() as Promise<Result<T>>);
    const taken = made.ok ? await take(made.value, place) : made;
    if (!taken.ok) {
      await Promise.allSettled(underWay);
      return taken;
    }
  }
  return accepted(null);
}

/** How far it is. */
export function percentWords(done: number, all: number): string {
  return `${Math.floor((100 * done) / Math.max(1, all))} %`;
}
