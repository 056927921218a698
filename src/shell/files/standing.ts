/**
 * How safe a file is among those who keep it: as safe as the piece that is least so.
 * @module
 */
import { type HeldFile, pinnedForEver } from "#protocol/files/held-file.ts";
import type { Placement } from "#sdk/files.ts";
import { timeWords } from "../format.ts";

/** The pieces of a file taken together. */
export interface FileStanding {
  readonly keepers: ReadonlySet<string>;
  /** How many of them may go, whichever they are; -1 if too few shards of a piece are with any. */
  readonly mayLeave: number;
  /** Shards that nobody keeps though somebody could. */
  readonly missing: number;
  /** Why nobody keeps a piece; empty if somebody does. */
  readonly trouble: string;
}

/** Before any piece is known. */
export const noPieces: FileStanding = {
  keepers: new Set(),
  mayLeave: Number.POSITIVE_INFINITY,
  missing: 0,
  trouble: "",
};

/** With one piece more. */
export function withPiece(all: FileStanding, one: Placement): FileStanding {
  return {
    keepers: new Set([...all.keepers, ...one.keepers]),
    mayLeave: Math.min(all.mayLeave, one.mayLeave),
    missing: all.missing + one.missing,
    trouble: one.mayLeave < 0 ? one.trouble : all.trouble,
  };
}

/** Who may go, in words. */
export function leavingWords({ keepers, mayLeave }: FileStanding): string {
  if (keepers.size === 1) return "it has to stay.";
  if (mayLeave === 0) return "all of them have to stay.";
  return `any ${mayLeave} of them may go.`;
}

/** Until when it is kept, in words; `when` says a time. */
export function untilWords({ untilMs, pinnedUntilMs }: HeldFile, nowMs: number, when = timeWords): string {
  if (pinnedUntilMs > nowMs) return pinnedUntilMs === pinnedForEver ? "pinned" : `pinned until ${when(pinnedUntilMs)}`;
  return untilMs > nowMs ? `until ${when(untilMs)}` : `its time was over ${when(untilMs)}`;
}
