/**
 * The way of a shred among peers: a tree that everybody who knows the same peers finds to be the same, another one for each
 * shred. Its producer gives each shred to the first of its order alone; whoever stands at place p passes it on to those at
 * places f·p + 1 … f·p + f of their own order. So each uploads a shred a few times or not at all, and all of them together
 * bear alike. Where peers know different others, or some hold back, shreds do not reach everybody: half of them is enough,
 * and what is lacking is asked for.
 * @module
 */
import { compareBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";

/**
 * Peers that one passes a shred on to: with four, 85 nodes are three steps from the first; with more the few at the top
 * would upload a shred for so much longer.
 */
export const shredFanOut = 4;

/** Peers in the order of a block's shred. */
export function shredOrder(block: Uint8Array, index: number, ids: readonly string[]): readonly string[] {
  const keyed = ids.map((id) => ({
    id,
    key: taggedHash("aether/shred-order/1", block, Uint8Array.of(index), utf8ToBytes(id)),
  }));
  return keyed.sort((a, b) => compareBytes(a.key, b.key)).map(({ id }) => id);
}

/** Places right below a place, of so many in all. */
export function placesBelow(place: number, count: number): readonly number[] {
  const first = shredFanOut * place + 1;
  return Array.from({ length: Math.max(0, Math.min(shredFanOut, count - first)) }, (_, i) => first + i);
}
