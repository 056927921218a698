/**
 * What seals for one reader: X-Wing (X25519 and ML-KEM-768) agrees on a secret that nobody keeps, HKDF makes a key and nonce
 * of it, XChaCha20-Poly1305 seals. Who sealed it is not said here.
 * @module
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { ml_kem768_x25519 as xWing } from "@noble/post-quantum/hybrid.js";
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import type { HashDomain } from "#protocol/codec/hash.ts";
import type { Secret } from "./secret.ts";

const keyBytes = 32;
const nonceBytes = 24;

/** Bytes of randomness that agreeing takes. */
const agreeingRandomBytes = 64;

/** A secret of ours and one reader, and what gives it to that reader. */
interface Agreed {
  readonly encapsulation: Uint8Array;
  readonly secret: Uint8Array;
}

/** The X-Wing key of a seed. */
export function encryptionKeyOf(seed: Secret): Uint8Array {
  return seed.use((bytes) => xWing.keygen(bytes).publicKey);
}

/** Agrees on a secret with the owner of a key; null if it is no key. */
export function agree(encryptionKey: Uint8Array, random: (length: number) => Uint8Array): Agreed | null {
  try {
    const { cipherText, sharedSecret } = xWing.encapsulate(encryptionKey, random(agreeingRandomBytes));
    return { encapsulation: cipherText, secret: sharedSecret };
  } catch {
    return null;
  }
}

/** The cipher of an agreed secret, which is wiped. A secret seals once, so its nonce can come from it. */
export function cipherOf(
  secret: Uint8Array,
  context: Uint8Array,
  purpose: HashDomain,
): ReturnType<typeof xchacha20poly1305> {
  const material = hkdf(sha256, secret, context, utf8ToBytes(purpose), keyBytes + nonceBytes);
  secret.fill(0);
  return xchacha20poly1305(material.subarray(0, keyBytes), material.subarray(keyBytes), context);
}

/** The same on the reader's side. Throws on an encapsulation that is none; one for another key gives a cipher that opens nothing. */
export function cipherOfAgreed(
  encapsulation: Uint8Array,
  encryptionSeed: Secret,
  context: Uint8Array,
  purpose: HashDomain,
): ReturnType<typeof xchacha20poly1305> {
  const secret = encryptionSeed.use((seed) => xWing.decapsulate(encapsulation, seed));
  return cipherOf(secret, context, purpose);
}
