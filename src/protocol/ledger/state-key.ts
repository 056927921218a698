/**
 * Keys of the state: 32 bytes, one of namespace, then a digest (outputs, program values, keys that were part of a rotation) or a height and the front of a
 * digest (remembered ids, marks of outputs that lapse and of storage deals), so that what has to go first lies first. An
 * offer of storage and its deals lie together.
 * @module
 */
import { bigEndian, concatBytes, fromBigEndian, utf8ToBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";

/** First byte of a key. */
export const namespace = {
  output: 0,
  rememberedId: 1,
  programValue: 2,
  lapse: 3,
  succession: 4,
  storage: 5,
  waitingDeal: 6,
  audit: 7,
} as const;

/** A key that lies behind all of lower heights. */
function timedKey(space: number, lastHeight: number, digest: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(space), bigEndian(lastHeight, 6), digest.subarray(0, 25));
}

/** State key under which a transaction's id is remembered until it expires. */
export function rememberedKey(txId: Uint8Array, expiry: number): Uint8Array {
  return timedKey(namespace.rememberedId, expiry, txId);
}

/** State key of the mark that an output, given by its own key, is there until a height. */
export function lapseKey(outputKey: Uint8Array, lastHeight: number): Uint8Array {
  return timedKey(namespace.lapse, lastHeight, outputKey.subarray(1));
}

/** What the keys of an offer of storage and of all its deals begin with. */
export function storagePrefix(offer: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(namespace.storage), offer.subarray(0, 15));
}

/** State key of an offer of storage, or (with a deal's id) of one of its deals. */
export function storageKey(offer: Uint8Array, deal?: Uint8Array): Uint8Array {
  return concatBytes(storagePrefix(offer), deal?.subarray(0, 16) ?? new Uint8Array(16));
}

/** State key of the mark that something happens to a deal by itself after a height: see {@link namespace}. */
export function dealMarkKey(space: number, deal: Uint8Array, lastHeight: number): Uint8Array {
  return timedKey(space, lastHeight, deal);
}

/** The height in a remembered id's key or a mark's. */
export function lastHeightOf(key: Uint8Array): number {
  return Number(fromBigEndian(key.subarray(1, 7)));
}

/** State key of a value that a system program keeps under a name. */
export function programValueKey(program: string, name: string): Uint8Array {
  const digest = taggedHash("aether/program-value/1", utf8ToBytes(`${program}/${name}`));
  return concatBytes(Uint8Array.of(namespace.programValue), digest.subarray(0, 31));
}
