/**
 * Who stands for a key after rotations. A retired key's locks open for its successor alone, so every lock asks here; the
 * answer takes two reads of the state, however often an identity has rotated: every later key names the first one, and
 * the first one's record names the current one.
 * @module
 */
import { bigEndian, concatBytes, equalBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { byteString, bytes32, decode, encode, type Schema, union, unsigned } from "../codec/schema.ts";
import { keyHashOf } from "../crypto/signature.ts";
import type { ValueSource, ValueWrite } from "../programs/proof-queue.ts";
import type { Lock } from "./lock.ts";
import { namespace } from "./state-key.ts";

/** What the state says of a key; nothing of keys that have never been part of a rotation. */
export type SuccessionRecord =
  /** The key an identity began with. It is retired. `current`: the key that stands for all of them, 33 bytes. */
  | { readonly type: "first"; readonly current: Uint8Array }
  /** A successor: hash of the key its identity began with, the key it took over from, 33 bytes, and in which block. */
  | { readonly type: "later"; readonly first: Uint8Array; readonly previous: Uint8Array; readonly height: number };

const publicKey = byteString(33, 33);

const recordSchema: Schema<SuccessionRecord> = union<SuccessionRecord>("unknown-kind", {
  first: { number: 0, fields: { current: publicKey } },
  later: { number: 1, fields: { first: bytes32, previous: publicKey, height: unsigned() } },
});

/** Longest encoding of a record. */
const recordBytes = 96;

/** State key of what is said of a key, by its hash. No digest: locks look here all the time, and a key hash is one. */
export function successionKey(keyHash: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(namespace.succession), keyHash.subarray(0, 31));
}

/** What the state says of a key. */
export function readSuccession(values: ValueSource, keyHash: Uint8Array): SuccessionRecord | null {
  const value = values.get(successionKey(keyHash));
  if (value === undefined) return null;
  const decoded = decode(recordSchema, value, recordBytes);
  // Only the rule of did.rotate writes here: anything else is a bug, not bad input.
  if (!decoded.ok) throw new Error(`the state holds a broken record of a key: ${decoded.message}`);
  return decoded.value;
}

/** The public key that stands for a key that was retired; null if it stands for itself. */
export function successorOf(values: ValueSource, keyHash: Uint8Array): Uint8Array | null {
  const own = readSuccession(values, keyHash);
  if (own === null) return null;
  const first = own.type === "first" ? own : readSuccession(values, own.first);
  if (first?.type !== "first") throw new Error("the state has lost where an identity began");
  return equalBytes(keyHashOf(first.current), keyHash) ? null : first.current;
}

/** The hash of the key that stands for a key: its own unless it was retired. */
export function currentKeyHash(values: ValueSource, keyHash: Uint8Array): Uint8Array {
  const successor = successorOf(values, keyHash);
  return successor === null ? keyHash : keyHashOf(successor);
}

/** The lock under which a thing goes on: what a retired key held is its successor's as soon as something is done with it. */
export function currentLock(values: ValueSource, lock: Lock): Lock {
  return lock.type === "key" ? { type: "key", keyHash: currentKeyHash(values, lock.keyHash) } : lock;
}

/** Public keys that came before a key, the newest first; none for a key that never took over from another. */
export function earlierKeys(values: ValueSource, keyHash: Uint8Array): readonly Uint8Array[] {
  const earlier: Uint8Array[] = [];
  // Ends: each record was written when the key it names had one already or was the first, and none is ever changed.
  let record = readSuccession(values, keyHash);
  while (record?.type === "later") {
    earlier.push(record.previous);
    record = readSuccession(values, keyHashOf(record.previous));
  }
  return earlier;
}

/** Hashes of all keys whose locks a key opens: its own and those of earlier keys; none if it was retired itself. */
export function openedBy(values: ValueSource, keyHash: Uint8Array): readonly Uint8Array[] {
  if (successorOf(values, keyHash) !== null) return [];
  return [keyHash, ...earlierKeys(values, keyHash).map(keyHashOf)];
}

/** What the state says once `next` has taken over in a block from `previous`, which stood for itself and has no successor yet. */
export function successionWrites(
  values: ValueSource,
  { previous, next, height }: { readonly previous: Uint8Array; readonly next: Uint8Array; readonly height: number },
): readonly ValueWrite[] {
  const previousHash = keyHashOf(previous);
  const own = readSuccession(values, previousHash);
  const first = own?.type === "later" ? own.first : previousHash;
  const write = (hash: Uint8Array, record: SuccessionRecord): ValueWrite => ({
    key: successionKey(hash),
    value: encode(recordSchema, record),
  });
  return [
    write(first, { type: "first", current: next }),
    write(keyHashOf(next), { type: "later", first, previous, height }),
  ];
}

/**
 * What both keys sign. Bound to the network, to each other and to the last height at which it may be mined, so that a
 * rotation that was signed and not sent is worth nothing some day.
 */
export function rotationDigest(
  network: Uint8Array,
  { previous, next, expiry }: { readonly previous: Uint8Array; readonly next: Uint8Array; readonly expiry: number },
): Uint8Array {
  return taggedHash("aether/rotation/1", network, previous, next, bigEndian(expiry, 8));
}

/** Remembers the last answer: the inputs of a transaction are mostly under one key. */
export function successions(values: ValueSource): (keyHash: Uint8Array) => Uint8Array | null {
  let last: { readonly keyHash: Uint8Array; readonly successor: Uint8Array | null } | null = null;
  return (keyHash) => {
    if (last === null || !equalBytes(last.keyHash, keyHash)) {
      last = { keyHash, successor: successorOf(values, keyHash) };
    }
    return last.successor;
  };
}
