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

function oneKey(
  expected: Uint8Array,
  signatures: readonly KeySignature[],
  digest: Uint8Array,
): Result<readonly SignatureCheck[]> {
  const [only] = signatures;
  if (only === undefined || signatures.length !== 1) return notSatisfied("Exactly one signature opens this lock.");
  if (!equalBytes(keyHashOf(only.publicKey), expected))
    return notSatisfied("The signature is by another key than the lock names.");
  return accepted([{ digest, signature: only.signature, publicKey: only.publicKey }]);
}

function threshold(
  lock: Extract<Lock, { type: "threshold" }>,
  signatures: readonly KeySignature[],
  digest: Uint8Array,
): Result<readonly SignatureCheck[]> {
  if (signatures.length !== lock.required) return notSatisfied(`Exactly ${lock.required} signatures open this lock.`);
  let place = 0;
  for (const { publicKey } of signatures) {
    const hash = keyHashOf(publicKey);
    while (place < lock.keyHashes.length && !equalBytes(lock.keyHashes[place] as Uint8Array, hash)) place++;
    if (place === lock.keyHashes.length) return notSatisfied("A signature is by no key of the lock, or out of order.");
    place++;
  }
  return accepted(signatures.map(({ publicKey, signature }) => ({ digest, signature, publicKey })));
}

/** Height of the last block in which a witness that opens `lock` at `height` still does. */
export function openUntil(lock: Lock, height: number): number {
  return lock.type === "hash-time" && height < lock.height ? lock.height - 1 : Number.MAX_SAFE_INTEGER;
}

/**
 * Checks that `witness` opens `lock` in a block of `height` for the transaction whose id is `digest`; gives the
 * signatures that remain to be verified.
 */
export function openLock(
  lock: Lock,
  witness: Witness,
  digest: Uint8Array,
  height: number,
): Result<readonly SignatureCheck[]> {
  const { preimage, signatures } = witness;
  if (lock.type === "hash-time" && height < lock.height) {
    if (preimage === null || !equalBytes(sha256(preimage), lock.paymentHash)) {
      return notSatisfied(
        `Before height ${lock.height} only the preimage and the recipient's signature open this lock.`,
      );
    }
    return oneKey(lock.recipient, signatures, digest);
  }
  if (preimage !== null) return notSatisfied("This lock takes no preimage.");
  switch (lock.type) {
    case "key":
      return oneKey(lock.keyHash, signatures, digest);
    case "threshold":
      return threshold(lock, signatures, digest);
    case "hash-time":
      return oneKey(lock.refund, signatures, digest);
    case "program":
      return rejected("program-locked", `Only the system program ${lock.program} may spend this output.`);
  }
}
