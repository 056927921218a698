/**
 * Sealing a message for one reader, and opening it: X-Wing (X25519 and ML-KEM-768) agrees on a key that nobody keeps,
 * XChaCha20-Poly1305 seals, the sender's signature inside says who wrote it and binds it to this reader and this envelope.
 * Stands on `@noble/post-quantum`; loaded by the vault's thread alone.
 * @module
 */
import { bigEndian, equalBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";
import { byteString, decode, encode, type Schema, text, union } from "#protocol/codec/schema.ts";
import { keyHashOf, verifySignature } from "#protocol/crypto/signature.ts";
import type { KeyRecord } from "#protocol/mail/credentials.ts";
import { decodeEnvelope, type Envelope, encodeEnvelope } from "#protocol/mail/envelope.ts";
import { mailLimits } from "#protocol/mail/limits.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { agree, cipherOf, cipherOfAgreed } from "./hybrid-seal.ts";
import type { Secret } from "./secret.ts";

/** What is sealed. Whom it is for and when it was made stand on the envelope, which its signature names. */
interface Letter {
  readonly type: "text";
  /** Compressed signing key of who wrote it. */
  readonly from: Uint8Array;
  readonly signature: Uint8Array;
  readonly text: string;
}

/** A message that was opened: written by the owner of `from`, for us. */
export interface OpenedLetter {
  readonly from: Uint8Array;
  readonly madeAtMs: number;
  readonly text: string;
}

/** Who writes: the key in the address, and what signs with it. */
export interface LetterWriter {
  readonly signingKey: Uint8Array;
  sign(digest: Uint8Array): Uint8Array;
}

const letterSchema: Schema<Letter> = union<Letter>("unknown-version", {
  text: {
    number: 1,
    fields: { from: byteString(33, 33), signature: byteString(64, 64), text: text(mailLimits.textBytes) },
  },
});

const lengthBytes = 4;

const purpose = "aether/letter/1";

const unreadable = rejected(
  "bad-signature",
  "This message does not open: it was not sealed for these keys, or it was altered on its way.",
);

/** All of an envelope but what is sealed: sealed bytes and signature hold for these alone. */
function contextOf({ to, madeAtMs, encapsulation }: Omit<Envelope, "sealed">): Uint8Array {
  return taggedHash("aether/letter/1", to, bigEndian(madeAtMs, 8), encapsulation);
}

/** What the writer signs. */
function digestOf(context: Uint8Array, from: Uint8Array, words: string): Uint8Array {
  return taggedHash("aether/letter-signature/1", context, from, utf8ToBytes(words));
}

/** Behind its length, filled up with zeros to a power of two. */
function padded(bytes: Uint8Array): Uint8Array {
  let size: number = mailLimits.leastPaddedBytes;
  while (size < lengthBytes + bytes.length) size *= 2;
  const filled = new Uint8Array(size);
  filled.set(bigEndian(bytes.length, lengthBytes));
  filled.set(bytes, lengthBytes);
  return filled;
}

/** What was filled up; null if it was filled with anything else, or more than it needed. */
function unpadded(filled: Uint8Array): Uint8Array | null {
  const length = new DataView(filled.buffer, filled.byteOffset).getUint32(0);
  if (length > filled.length - lengthBytes) return null;
  const bytes = filled.subarray(lengthBytes, lengthBytes + length);
  return equalBytes(padded(bytes), filled) ? bytes : null;
}

/** Whether a text is one that a message can have. */
export function checkText(words: string): Result<string> {
  const sizeBytes = utf8ToBytes(words).length;
  if (sizeBytes === 0) return rejected("invalid-argument", "The message is empty.");
  if (sizeBytes <= mailLimits.textBytes) return accepted(words);
  const message = `A message has at most ${mailLimits.textBytes} bytes; this one has ${sizeBytes}. Nothing was sent.`;
  return rejected("too-large", message, { sizeBytes, maximumBytes: mailLimits.textBytes });
}

/** Seals a text for the owner of a record that its reader has checked; gives the envelope's bytes. */
export function sealLetter(
  words: string,
  record: Pick<KeyRecord, "signingKey" | "encryptionKey">,
  writer: LetterWriter,
  { madeAtMs, random }: { readonly madeAtMs: number; readonly random: (length: number) => Uint8Array },
): Result<Uint8Array> {
  const fitting = checkText(words);
  if (!fitting.ok) return fitting;
  const agreed = agree(record.encryptionKey, random);
  if (agreed === null)
    return rejected("no-encryption-key", "The receiver's encryption key is not one; nothing was sent.");
  const outside = {
    type: "x-wing",
    to: keyHashOf(record.signingKey),
    madeAtMs,
    encapsulation: agreed.encapsulation,
  } as const;
  const context = contextOf(outside);
  const { signingKey: from } = writer;
  const signature = writer.sign(digestOf(context, from, fitting.value));
  const letter = encode(letterSchema, { type: "text", from, signature, text: fitting.value });
  const sealed = cipherOf(agreed.secret, context, purpose).encrypt(padded(letter));
  return accepted(encodeEnvelope({ ...outside, sealed }));
}

/** Opens an envelope that is for us; refused if a byte of it is not as its writer made it. */
export function openLetter(
  bytes: Uint8Array,
  { keyHash, encryptionSeed }: { readonly keyHash: Uint8Array; readonly encryptionSeed: Secret },
): Result<OpenedLetter> {
  const envelope = decodeEnvelope(bytes);
  if (!envelope.ok) return envelope;
  const { to, madeAtMs, encapsulation, sealed } = envelope.value;
  if (!equalBytes(to, keyHash)) return unreadable;
  const context = contextOf(envelope.value);
  let filled: Uint8Array;
  try {
    filled = cipherOfAgreed(encapsulation, encryptionSeed, context, purpose).decrypt(sealed);
  } catch {
    return unreadable;
  }
  const inside = unpadded(filled);
  const letter = inside === null ? unreadable : decode(letterSchema, inside, mailLimits.mostPaddedBytes);
  if (!letter.ok) return letter.code === "unknown-version" ? letter : unreadable;
  const { from, signature, text: words } = letter.value;
  const digest = digestOf(context, from, words);
  if (!verifySignature({ digest, signature, publicKey: from })) return unreadable;
  return accepted({ from, madeAtMs, text: words });
}
