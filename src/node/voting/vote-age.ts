/**
 * How old a block may be that is voted for.
 * @module
 */
import type { NetworkParameters } from "#protocol/parameters.ts";

/**
 * Only blocks younger than so many intervals are voted for: a small part of what certificates may be about. Who voted for
 * old ones while it catches up could bind itself to one that no block can show as decided any more, and never vote again.
 */
const freshBlocks = 16;

/** A block that is older than this is not voted for. */
export function freshMs({ blockIntervalMs }: NetworkParameters): number {
  return freshBlocks * blockIntervalMs;
}
