/**
 * Keys of the state: 32 bytes, one of namespace, then a digest (outputs, program values) or the expiry height and the
 * front of the id (remembered ids), so that everything that expires at one height lies under one prefix.
 * @module
 */
import { bigEndian, concatBytes, utf8ToBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";

/** First byte of a key. */
export const namespace = { output: 0, rememberedId: 1, programValue: 2 } as const;

/** Prefix of all ids remembered until `expiry`. */
export function rememberedPrefix(expiry: number): Uint8Array {
  return concatBytes(Uint8Array.of(namespace.rememberedId), bigEndian(expiry, 6));
}

/** State key under which the id of a transaction without inputs is remembered until it expires. */
export function rememberedKey(txId: Uint8Array, expiry: number): Uint8Array {
  return concatBytes(rememberedPrefix(expiry), txId.subarray(0, 25));
}

/** State key of a value that a system program keeps under a name. */
export function programValueKey(program: string, name: string): Uint8Array {
  const digest = taggedHash("aether/program-value/1", utf8ToBytes(`${program}/${name}`));
  return concatBytes(Uint8Array.of(namespace.programValue), digest.subarray(0, 31));
}
