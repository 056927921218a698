/**
 * Stamps: proof of work over a transaction's id that buys a place in the free lane instead of a fee.
 * @module
 */
import { bigEndian, concatBytes } from "../codec/bytes.ts";
import { tag, taggedHash } from "../codec/hash.ts";

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

/** The 64 bytes before the stamp in its hash: a search for a stamp is a nonce search over them. */
export function stampPreimage(txId: Uint8Array): Uint8Array {
  return concatBytes(tag("aether/stamp/1"), txId);
}

/** The 32-byte target that hashes with at least `bits` leading zero bits meet; `bits` at most 256. */
export function stampTarget(bits: number): Uint8Array {
  return bigEndian((1n << BigInt(256 - bits)) - 1n, 32);
}
