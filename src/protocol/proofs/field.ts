/**
 * The scalar field of BN254, in which circuits compute: its order and the way bytes become elements.
 * @module
 */
import { fromBigEndian } from "../codec/bytes.ts";

/** Order of the scalar field (and of the curve groups). */
export const fieldOrder = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** Bits of a hash that always fit below the order. */
const hashBits = 253n;

/** A field element from a 32-byte hash: its low 253 bits, so that no two kept values collide modulo the order. */
export function fieldFromHash(hash: Uint8Array): bigint {
  return BigInt.asUintN(Number(hashBits), fromBigEndian(hash));
}
