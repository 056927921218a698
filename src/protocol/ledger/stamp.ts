/**
 * Stamps: proof of work over a transaction's id that buys a place in the free lane instead of a fee.
 * @module
 */
import { bigEndian } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";

/** Length of a stamp. */
export const stampBytes = 8;

/** Number of leading zero bits. */
export function leadingZeroBits(bytes: Uint8Array): number {
  const index = bytes.findIndex((byte) => byte !== 0);
  return index < 0 ? bytes.length * 8 : index * 8 + Math.clz32(bytes[index] as number) - 24;
}

/** How many leading zero bits a stamp earns over a 32-byte id. */
export function stampStrengthBits(txId: Uint8Array, stamp: Uint8Array): number {
  return leadingZeroBits(taggedHash("aether/stamp/1", txId, stamp));
}

/** Tries `tries` stamps from `first` on; the one found or null. Callers loop, so that they can stop or show progress. */
export function searchStamp(txId: Uint8Array, bits: number, first: number, tries: number): Uint8Array | null {
  for (let candidate = first; candidate < first + tries; candidate++) {
    const stamp = bigEndian(candidate, stampBytes);
    if (stampStrengthBits(txId, stamp) >= bits) return stamp;
  }
  return null;
}
