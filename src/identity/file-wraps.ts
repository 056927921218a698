/**
 * Wrapping a shared file's key for certain people, and unwrapping it: sealed for each by the key they have published
 * (`hybrid-seal.ts`), bound to the sealed manifest and to them, all of it signed by who shares. Loaded by the vault's thread
 * alone.
 * @module
 */
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { type FileAddress, type KeyWrap, provenSharer, signAddress, wrapContext } from "#protocol/files/addressed.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import type { FileLink } from "#protocol/files/link.ts";
import type { KeyRecord } from "#protocol/mail/credentials.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { agree, cipherOf, cipherOfAgreed } from "./hybrid-seal.ts";
import type { IdentityKeys } from "./keys.ts";
import type { LetterWriter } from "./letters.ts";

/** A file's key that was unwrapped, and who shared it. */
export interface OpenedWrap {
  readonly key: Uint8Array;
  /** Compressed signing key. */
  readonly from: Uint8Array;
}

type Reader = Pick<KeyRecord, "signingKey" | "encryptionKey">;

const purpose = "aether/file-wrap/1";

/** Wraps a file's key for the owners of records that were checked, and signs that. */
export function wrapFileKey(
  file: FileLink,
  readers: readonly Reader[],
  writer: LetterWriter,
  { madeAtMs, random }: { readonly madeAtMs: number; readonly random: (length: number) => Uint8Array },
): Result<FileAddress> {
  if (readers.length > fileLimits.receivers + 1)
    return rejected("too-many", `A link is for ${fileLimits.receivers} people at most.`);
  const wraps: KeyWrap[] = [];
  for (const { signingKey, encryptionKey } of readers) {
    const agreed = agree(encryptionKey, random);
    if (agreed === null)
      return rejected("no-encryption-key", "A receiver's encryption key is not one; nothing was shared.");
    const { encapsulation, secret } = agreed;
    const context = wrapContext({ digest: file.digest, madeAtMs, to: keyHashOf(signingKey) }, encapsulation);
    wraps.push({ encapsulation, sealed: cipherOf(secret, context, purpose).encrypt(file.key) });
  }
  return accepted(signAddress(file, { madeAtMs, wraps }, writer));
}

const notForUs = rejected(
  "wrong-holder",
  "This link is for other people: none of your keys opens it, in any of your spaces. Nothing was fetched. Whoever shared the file can share it with your address, too (`id address`).",
);

/**
 * Unwraps a file's key with whichever of some keys it is for. No wrap says for whom it is, so each is tried: a millisecond or
 * two for each key.
 */
export function unwrapFileKey(
  digest: Uint8Array,
  address: FileAddress,
  keys: readonly Pick<IdentityKeys, "keyHash" | "encryptionSeed">[],
): Result<OpenedWrap> {
  const { madeAtMs } = address;
  for (const { keyHash, encryptionSeed } of keys) {
    for (const { encapsulation, sealed } of address.wraps) {
      let key: Uint8Array;
      try {
        const context = wrapContext({ digest, madeAtMs, to: keyHash }, encapsulation);
        key = cipherOfAgreed(encapsulation, encryptionSeed, context, purpose).decrypt(sealed);
      } catch {
        continue;
      }
      const from = provenSharer({ digest, key }, address);
      return from.ok ? accepted({ key, from: from.value }) : from;
    }
  }
  return notForUs;
}
