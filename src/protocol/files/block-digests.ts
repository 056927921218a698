/**
 * The names of blocks, many at once.
 * @module
 */
import { sha256 } from "../codec/hash.ts";

/** SHA-256 of some bytes. */
export type DigestBlock = (bytes: Uint8Array) => Promise<Uint8Array>;

/** SHA-256 of each, in their order; on this thread if nothing does it better. */
export function digestsOf(
  blocks: readonly Uint8Array[],
  digestBlock: DigestBlock | undefined,
): Promise<readonly Uint8Array[]> {
  return Promise.all(blocks.map((block) => (digestBlock === undefined ? sha256(block) : digestBlock(block))));
}
