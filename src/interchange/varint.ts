/**
 * Numbers of one to nine bytes, seven bits in each, the lowest first (unsigned varint of multiformats, LEB128).
 * @module
 */
import { varint } from "multiformats";
import { concatBytes } from "#protocol/codec/bytes.ts";

/** A number in its shortest form. */
export function encodeVarint(value: number): Uint8Array {
  return varint.encodeTo(value, new Uint8Array(varint.encodingLength(value)));
}

/** The number at a place and where it ends; null if there is none in its shortest form, or it is 2^53 or more. */
export function readVarint(bytes: Uint8Array, at = 0): { readonly value: number; readonly end: number } | null {
  try {
    const [value, length] = varint.decode(bytes, at);
    return Number.isSafeInteger(value) ? { value, end: at + length } : null;
  } catch {
    return null;
  }
}

/** Bytes behind their length. */
export function withLength(bytes: Uint8Array): Uint8Array {
  return concatBytes(encodeVarint(bytes.length), bytes);
}
