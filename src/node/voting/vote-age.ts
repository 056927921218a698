/**
 * How old a block may be that is voted for.
 * @module
 */
import { certifiableBlocks } from "#protocol/consensus/finality.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";

/**
 * Only blocks as young as this share of what certificates may be about are voted for. Who votes for old ones while it
 * catches up can bind itself to one that no block can show as decided any more, and never vote again.
 */
const freshShare = 1 / 4;

/** A block that is older than this is not voted for. */
export function freshMs({ blockIntervalMs }: NetworkParameters): number {
  return freshShare * certifiableBlocks * blockIntervalMs;
}
