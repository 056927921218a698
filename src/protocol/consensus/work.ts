/**
 * Targets and work. Chain work counts the target alone.
 * @module
 */
import { bigEndian, compareBytes, fromBigEndian } from "../codec/bytes.ts";

const span = 1n << 256n;

/** Whether a 32-byte hash, read big-endian, is at or below the target. */
export function meetsTarget(hash: Uint8Array, target: Uint8Array): boolean {
  return compareBytes(hash, target) <= 0;
}

/** Expected hashes for a target: ⌊2^256 / (target + 1)⌋, at least 1. */
export function workOfTarget(target: Uint8Array): bigint {
  return span / (fromBigEndian(target) + 1n);
}

/** The easiest 32-byte target that is worth `work` expected hashes. `work` ≥ 1. */
export function targetOfWork(work: bigint): Uint8Array {
  return bigEndian(span / work - 1n, 32);
}
