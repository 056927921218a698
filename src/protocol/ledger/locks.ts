/**
 * Opening locks: checks everything about a witness but the curve arithmetic, and returns the signatures that are still
 * to be verified, so that a block's can be checked in one batch. Witnesses are exact: nothing may be left over, or
 * third parties could change a transaction's bytes.
 * @module
 */
import { compareBytes, equalBytes } from "../codec/bytes.ts";
import { sha256 } from "../codec/hash.ts";
import { keyHashOf, type SignatureCheck } from "../crypto/signature.ts";
import { accepted, type Rejected, type Result, rejected } from "../result.ts";
import type { KeySignature, Lock, Witness } from "./lock.ts";

function notSatisfied(message: string): Rejected {
  return rejected("lock-not-satisfied", message);
}

/** Whether a lock that is about to be created can ever be opened and has its one encoding. */
export function validateLock(lock: Lock): Result<null> {
  if (lock.type !== "threshold") return accepted(null);
  const { required, keyHashes } = lock;
  if (required < 1 || required > keyHashes.length) {
    return rejected("rule-violated", `A threshold lock cannot require ${required} of ${keyHashes.length} keys.`);
  }
  const ascending = keyHashes.every((hash, i) => i === 0 || compareBytes(keyHashes[i - 1] as Uint8Array, hash) < 0);
  return ascending
    ? accepted(null)
    : rejected("rule-violated", "The keys of a threshold lock must be in ascending order.");
}

/** What a lock is opened for. */
export interface Opening {
  /** What is signed: the transaction's id. */
  readonly digest: Uint8Array;
  /** Of the block it is for. */
  readonly height: number;
  /** The public key that stands for a key which was retired; null for one that stands for itself. */
  readonly successor: (keyHash: Uint8Array) => Uint8Array | null;
}

interface Signatory {
  readonly publicKey: Uint8Array;
  readonly hash: Uint8Array;
}

/** Whether a signer may open what a lock leaves to `expected`: as that key, or as its successor if it was retired. */
function standsFor({ publicKey, hash }: Signatory, expected: Uint8Array, { successor }: Opening): boolean {
  const current = successor(expected);
  return current === null ? equalBytes(hash, expected) : equalBytes(publicKey, current);
}

const replaced = rejected(
  "key-replaced",
  "The signature is by a key that was replaced: only its successor's counts now. Nothing was spent.",
);

function oneKey(
  expected: Uint8Array,
  signatures: readonly KeySignature[],
  opening: Opening,
): Result<readonly SignatureCheck[]> {
  const [only] = signatures;
  if (only === undefined || signatures.length !== 1) return notSatisfied("Exactly one signature opens this lock.");
  const { publicKey, signature } = only;
  const hash = keyHashOf(publicKey);
  if (standsFor({ publicKey, hash }, expected, opening))
    return accepted([{ digest: opening.digest, signature, publicKey }]);
  if (equalBytes(hash, expected)) return replaced;
  return notSatisfied("The signature is by another key than the lock names.");
}

function threshold(
  lock: Extract<Lock, { type: "threshold" }>,
  signatures: readonly KeySignature[],
  opening: Opening,
): Result<readonly SignatureCheck[]> {
  if (signatures.length !== lock.required) return notSatisfied(`Exactly ${lock.required} signatures open this lock.`);
  let place = 0;
  for (const { publicKey } of signatures) {
    const hash = keyHashOf(publicKey);
    const left = lock.keyHashes.slice(place);
    const found = left.findIndex((expected) => standsFor({ publicKey, hash }, expected, opening));
    if (found < 0) {
      const isNamed = left.some((expected) => equalBytes(expected, hash));
      return isNamed ? replaced : notSatisfied("A signature is by no key of the lock, or out of order.");
    }
    place += found + 1;
  }
  const { digest } = opening;
  return accepted(signatures.map(({ publicKey, signature }) => ({ digest, signature, publicKey })));
}

/** Height of the last block in which a witness that opens `lock` at `height` still does. */
export function openUntil(lock: Lock, height: number): number {
  return lock.type === "hash-time" && height < lock.height ? lock.height - 1 : Number.MAX_SAFE_INTEGER;
}

/** Checks that `witness` opens `lock`; gives the signatures that remain to be verified. */
export function openLock(lock: Lock, witness: Witness, opening: Opening): Result<readonly SignatureCheck[]> {
  const { preimage, signatures } = witness;
  if (lock.type === "hash-time" && opening.height < lock.height) {
    if (preimage === null || !equalBytes(sha256(preimage), lock.paymentHash)) {
      return notSatisfied(
        `Before height ${lock.height} only the preimage and the recipient's signature open this lock.`,
      );
    }
    return oneKey(lock.recipient, signatures, opening);
  }
  if (preimage !== null) return notSatisfied("This lock takes no preimage.");
  switch (lock.type) {
    case "key":
      return oneKey(lock.keyHash, signatures, opening);
    case "threshold":
      return threshold(lock, signatures, opening);
    case "hash-time":
      return oneKey(lock.refund, signatures, opening);
    case "program":
      return rejected("program-locked", `Only the system program ${lock.program} may spend this output.`);
  }
}
