/**
 * What an identity keeps for itself: XChaCha20-Poly1305 under a key that only its own secret leads to, one for each
 * purpose, so that nothing can be moved from one purpose, or one identity, to another.
 * @module
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concatBytes } from "#protocol/codec/bytes.ts";
import { type HashDomain, taggedHash } from "#protocol/codec/hash.ts";
import type { IdentityKeys } from "./keys.ts";
import { nonceBytes } from "./vault-format.ts";

/** What is sealed: by which key of the identity's secret, and in which context. */
export interface BoxPurpose {
  /** Null: the secret itself. */
  readonly key: HashDomain | null;
  readonly context: HashDomain;
}

/** The keys that seal. */
export type BoxKeys = Pick<IdentityKeys, "contactsSecret" | "signingKey">;

/** Bytes by which a sealed box is longer than what is in it: nonce and tag. */
export const boxOverheadBytes = nonceBytes + 16;

/** The key of a purpose, 32 bytes; whoever asks wipes it. */
export function boxKey({ contactsSecret }: BoxKeys, { key }: BoxPurpose): Uint8Array {
  return contactsSecret.use((secret) => (key === null ? secret.slice() : taggedHash(key, secret)));
}

function withCipher<T>(
  keys: BoxKeys,
  purpose: BoxPurpose,
  nonce: Uint8Array,
  action: (cipher: ReturnType<typeof xchacha20poly1305>) => T,
): T {
  const key = boxKey(keys, purpose);
  try {
    return action(xchacha20poly1305(key, nonce, taggedHash(purpose.context, keys.signingKey)));
  } finally {
    key.fill(0);
  }
}

/** The nonce, then what is sealed under it; the nonce must be new. */
export function sealBox(clear: Uint8Array, keys: BoxKeys, purpose: BoxPurpose, nonce: Uint8Array): Uint8Array {
  return withCipher(keys, purpose, nonce, (cipher) => concatBytes(nonce, cipher.encrypt(clear)));
}

/** What was sealed; null if it was not sealed so, or was changed. Never throws. */
export function openBox(sealed: Uint8Array, keys: BoxKeys, purpose: BoxPurpose): Uint8Array | null {
  if (sealed.length < boxOverheadBytes) return null;
  return withCipher(keys, purpose, sealed.subarray(0, nonceBytes), (cipher) => {
    try {
      return cipher.decrypt(sealed.subarray(nonceBytes));
    } catch {
      return null;
    }
  });
}
