/**
 * Changes of what the vault remembers of files among peers. What was left there may have taken hours, so keys that were locked
 * meanwhile are asked for, and nothing is let go of which it is not certain that the vault does not have it.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import type { HeldFile, HeldFilesChange } from "#protocol/files/held-file.ts";
import type { Rejected } from "#protocol/result.ts";
import type { CommandContext } from "../commands/command.ts";
import { unlocked } from "../commands/identity.ts";

/** A change that was not made, or of which that is not known. */
export interface NotRemembered {
  readonly refused: Rejected;
  /** Whether it is certain that nothing was changed. */
  readonly isCertain: boolean;
}

/** So often it may lock itself again before it is remembered. */
export const mostUnlocks = 3;

/** Changes it, with the vault opened in place if it was locked meanwhile; null once that is done. */
export async function changeHeld(context: CommandContext, change: HeldFilesChange): Promise<NotRemembered | null> {
  const { client } = context;
  for (let tries = 0; ; tries++) {
    const changed = await client.changeHeldFiles(change);
    if (changed.ok) return null;
    if (changed.code === "vault-locked" && tries < mostUnlocks) {
      context.notice("Your keys were locked meanwhile; they are needed to remember this.", "warning");
      if ((await unlocked(context, { makes: false })) === null) return { refused: changed, isCertain: true };
      continue;
    }
    // Who was broken off in the middle does not know: the vault does.
    const held = await client.heldFiles();
    if (!held.ok) return { refused: changed, isCertain: false };
    const isThere = ({ digest, pinnedUntilMs }: Pick<HeldFile, "digest"> & Partial<HeldFile>): boolean =>
      held.value.some(
        (one) => equalBytes(one.digest, digest) && (pinnedUntilMs ?? one.pinnedUntilMs) === one.pinnedUntilMs,
      );
    const isDone = change.add.every(isThere) && !change.remove.some((digest) => isThere({ digest }));
    return isDone ? null : { refused: changed, isCertain: true };
  }
}

/** As they are kept now: those that are pinned may have been renewed since the vault heard of it. */
export async function withEnds(
  { client }: Pick<CommandContext, "client">,
  held: readonly HeldFile[],
): Promise<readonly HeldFile[]> {
  const ends = await client.renewedUntil(held.map(({ secret }) => secret));
  if (!ends.ok) return held;
  return held.map((one, at) => {
    const untilMs = Math.max(one.untilMs, ends.value[at] ?? 0);
    return one.pinnedUntilMs > 0 && untilMs > one.untilMs ? { ...one, untilMs } : one;
  });
}

/** The same, and the vault remembers it, if nothing else was changed meanwhile. */
export async function rememberEnds(
  context: Pick<CommandContext, "client">,
  held: readonly HeldFile[],
): Promise<readonly HeldFile[]> {
  const next = await withEnds(context, held);
  const add = next.filter((one, at) => one !== held[at]);
  const unchanged = held.filter((one, at) => one !== next[at]);
  if (add.length > 0) await context.client.changeHeldFiles({ remove: [], add, unchanged });
  return next;
}
