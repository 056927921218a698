/**
 * The contract of a {@link SignatureVerifier}: every implementation, pure, WebAssembly or pooled, gives these answers.
 * @module
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bigEndian, fromBigEndian, fromHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import {
  publicKeyOf,
  pureSignatureVerifier,
  type SignatureCheck,
  type SignatureVerifier,
  signDigest,
} from "#protocol/crypto/signature.ts";

const secret = sha256(Uint8Array.of(1));
const publicKey = publicKeyOf(secret);
const digest = sha256(Uint8Array.of(2));
const signature = signDigest(digest, secret);
const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;
const order = fromBigEndian(hex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));
const fieldPrime = fromBigEndian(hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"));
const s = fromBigEndian(signature.subarray(32));
const withS = (value: bigint): Uint8Array => Uint8Array.of(...signature.subarray(0, 32), ...bigEndian(value, 32));
const withR = (value: bigint): Uint8Array => Uint8Array.of(...bigEndian(value, 32), ...signature.subarray(32));

/** What is good and, one by one, everything that is not. */
export const signatureCases: readonly (readonly [name: string, good: boolean, change: Partial<SignatureCheck>])[] = [
  ["a good one", true, {}],
  ["high s", false, { signature: withS(order - s) }],
  ["s + n", false, { signature: withS((s + order) % (1n << 256n)) }],
  ["s = 0", false, { signature: withS(0n) }],
  ["s = n", false, { signature: withS(order) }],
  ["s = 2^256 - 1", false, { signature: withS((1n << 256n) - 1n) }],
  ["r = 0", false, { signature: withR(0n) }],
  ["r = n", false, { signature: withR(order) }],
  ["r = p", false, { signature: withR(fieldPrime) }],
  ["r = s = 0", false, { signature: new Uint8Array(64) }],
  ["r = s = 1", false, { signature: Uint8Array.of(...bigEndian(1n, 32), ...bigEndian(1n, 32)) }],
  ["r and s swapped", false, { signature: Uint8Array.of(...signature.subarray(32), ...signature.subarray(0, 32)) }],
  ["another digest", false, { digest: sha256(Uint8Array.of(3)) }],
  ["a digest of zeros", false, { digest: new Uint8Array(32) }],
  ["another key", false, { publicKey: publicKeyOf(sha256(Uint8Array.of(9))) }],
  ["the key's mirror", false, { publicKey: Uint8Array.of((publicKey[0] as number) ^ 1, ...publicKey.subarray(1)) }],
  ["a key off the curve", false, { publicKey: Uint8Array.of(2, ...new Uint8Array(31), 5) }],
  ["a key with x = p", false, { publicKey: Uint8Array.of(2, ...bigEndian(fieldPrime, 32)) }],
  ["the point at infinity", false, { publicKey: new Uint8Array(33) }],
  ["a key with a foreign head", false, { publicKey: Uint8Array.of(4, ...publicKey.subarray(1)) }],
  ["a short signature", false, { signature: signature.subarray(1) }],
  ["a long signature", false, { signature: Uint8Array.of(...signature, 0) }],
  ["no signature", false, { signature: new Uint8Array() }],
  ["a short digest", false, { digest: digest.subarray(1) }],
  ["no key", false, { publicKey: new Uint8Array() }],
  ["an uncompressed key", false, { publicKey: new Uint8Array(65).fill(4) }],
];

/** Holds an implementation to the contract. */
export function describeSignatureVerifier(name: string, verifier: () => SignatureVerifier): void {
  describe(`signature verifier: ${name}`, () => {
    it.each(signatureCases)("%s: %s", async (_name, good, change) => {
      expect(await verifier().verifyBatch([{ digest, signature, publicKey, ...change }])).toEqual([good]);
    });

    it("answers a batch of all cases at once, each in its place", async () => {
      const checks = signatureCases.map(([, , change]) => ({ digest, signature, publicKey, ...change }));
      expect(await verifier().verifyBatch(checks)).toEqual(signatureCases.map(([, good]) => good));
    });

    it("answers nothing with nothing", async () => {
      expect(await verifier().verifyBatch([])).toEqual([]);
    });

    it("agrees with the reference on random keys, digests and altered bytes", async () => {
      const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
      await fc.assert(
        fc.asyncProperty(bytes, bytes, fc.nat(63), fc.nat(255), async (seed, message, place, mask) => {
          const key = sha256(seed);
          const made = signDigest(message, key);
          made[place] = (made[place] as number) ^ mask;
          const check = { digest: message, signature: made, publicKey: publicKeyOf(key) };
          const answer = await verifier().verifyBatch([check]);
          expect(answer).toEqual(await pureSignatureVerifier.verifyBatch([check]));
          expect(answer).toEqual([mask === 0]);
        }),
        { numRuns: 40 },
      );
    });
  });
}
