/**
 * Batches of signatures with known answers, for tests and benchmarks.
 * @module
 */
import { bigEndian } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { publicKeyOf, type SignatureCheck, signDigest } from "#protocol/crypto/signature.ts";

const secret = sha256(Uint8Array.of(1));
const publicKey = publicKeyOf(secret);

/** Good checks, one digest in five changed, and what must come out. */
export function mixedBatch(count: number): { checks: SignatureCheck[]; expected: boolean[] } {
  const expected = Array.from({ length: count }, (_, i) => i % 5 !== 3);
  const checks = expected.map((good, i) => {
    const message = sha256(bigEndian(BigInt(i), 8));
    return { digest: good ? message : sha256(message), signature: signDigest(message, secret), publicKey };
  });
  return { checks, expected };
}
