/**
 * The channel between two devices that pair: who is at its ends is vouched for by six words, which people compare.
 *
 * The new device sends a commitment to its X-Wing key and 32 random bytes; the other answers with its own key and fresh
 * random bytes; only then the new device shows what it was bound to. The words are 66 bits of a hash over both keys and both
 * random values. Whoever stands between the two and speaks to each in the other's place must bind themselves towards one
 * side before they see its random bytes, and must show their own to the other side before they see what is behind its
 * commitment. Whatever they choose, the two sets of words are two independent draws: one chance in 2^66 for each meeting,
 * and an invitation serves one. Trying keys at home, as one could against words over a plain exchange, gains nothing.
 *
 * Both then encapsulate a secret for the other's key (X-Wing: X25519 and ML-KEM-768), and the channel's keys are made of both
 * secrets and all that was said. The encapsulations are no part of the words: they are made after the random bytes are known,
 * so whoever makes them could try many. They need not be: what one side has encapsulated for the key that the words vouch for,
 * nobody else can open, so nobody else has the channel's keys. A link also carries a hash of the inviting key, so who was
 * shown the right link meets the right device, or nobody.
 * @module
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { ml_kem768_x25519 as xWing } from "@noble/post-quantum/hybrid.js";
import { concatBytes, equalBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { Secret } from "../secret.ts";
import { sixWords } from "../six-words.ts";

/** Cryptographically strong. */
export type RandomBytes = (length: number) => Uint8Array;

/** What one side shows of itself. */
export interface Shown {
  /** X-Wing. */
  readonly key: Uint8Array;
  readonly random: Uint8Array;
}

/** One side's key. */
export interface OwnKey {
  readonly seed: Secret;
  readonly key: Uint8Array;
}

/** What both sides have said, in the order in which it was said. */
export interface Meeting {
  readonly id: Uint8Array;
  readonly inviter: Shown;
  readonly joiner: Shown;
}

const seedBytes = 32;
const encapsulationRandomBytes = 64;
const keyBytes = 32;

/** Bytes of one side's random part. */
export const shownRandomBytes = 32;

/** A key for one meeting. */
export function newKey(random: RandomBytes): OwnKey {
  const seed = new Secret(random(seedBytes));
  return { seed, key: seed.use((bytes) => xWing.keygen(bytes).publicKey) };
}

/** What the new device is bound by. Its random bytes hide the key until it is shown. */
export function commitmentOf(id: Uint8Array, { key, random }: Shown): Uint8Array {
  return taggedHash("aether/pair-commitment/1", id, key, random);
}

/** All that the words vouch for: 32 bytes. Every part has one length. */
export function transcriptOf({ id, inviter, joiner }: Meeting): Uint8Array {
  return taggedHash("aether/pair-transcript/1", id, inviter.key, inviter.random, joiner.key, joiner.random);
}

/** What people compare. */
export function wordsOfMeeting(transcript: Uint8Array): string {
  return sixWords(taggedHash("aether/pair-words/1", transcript));
}

/** A secret for the other's key. Refuses what is no key. */
export function encapsulateFor(
  key: Uint8Array,
  random: RandomBytes,
): Result<{ readonly encapsulation: Uint8Array; readonly secret: Secret }> {
  try {
    const { cipherText, sharedSecret } = xWing.encapsulate(key, random(encapsulationRandomBytes));
    return accepted({ encapsulation: cipherText, secret: new Secret(sharedSecret) });
  } catch {
    return rejected("bad-response", "The other device's key is none.");
  }
}

/** The secret that the other has made for our key. */
export function decapsulate(encapsulation: Uint8Array, { seed }: OwnKey): Result<Secret> {
  try {
    return accepted(new Secret(seed.use((bytes) => xWing.decapsulate(encapsulation, bytes))));
  } catch {
    return rejected("bad-response", "What the other device has sent for our key is damaged.");
  }
}

/** The secrets of a meeting with their encapsulations, by whose key they are for. */
export interface Agreement {
  readonly forInviter: { readonly encapsulation: Uint8Array; readonly secret: Secret };
  readonly forJoiner: { readonly encapsulation: Uint8Array; readonly secret: Secret };
}

/** What is sealed over the channel, each at most once: so every one has a key of its own, and no nonce is used twice. */
export const sealedParts = ["ready", "handed", "done"] as const;

/** One of them. */
export type SealedPart = (typeof sealedParts)[number];

/** A meeting's channel. */
export class PairChannel {
  readonly transcript: Uint8Array;
  private readonly keys: Readonly<Record<SealedPart, Secret>>;

  /** Takes the secrets over and wipes them. */
  constructor(transcript: Uint8Array, { forInviter, forJoiner }: Agreement) {
    const all = forInviter.secret.use((first) => forJoiner.secret.use((second) => concatBytes(first, second)));
    const salt = taggedHash("aether/pair-keys/1", transcript, forInviter.encapsulation, forJoiner.encapsulation);
    const material = hkdf(sha256, all, salt, utf8ToBytes("aether/pair-keys/1"), keyBytes * sealedParts.length);
    const keyAt = (at: number): Secret => new Secret(material.slice(at * keyBytes, (at + 1) * keyBytes));
    this.transcript = transcript;
    this.keys = { ready: keyAt(0), handed: keyAt(1), done: keyAt(2) };
    material.fill(0);
    all.fill(0);
    forInviter.secret.zero();
    forJoiner.secret.zero();
  }

  seal(part: SealedPart, clear: Uint8Array): Uint8Array {
    return this.with(part, (cipher) => cipher.encrypt(clear));
  }

  /** What the other side has sealed; refused if a byte of it is another. */
  open(part: SealedPart, sealed: Uint8Array): Result<Uint8Array> {
    try {
      return accepted(this.with(part, (cipher) => cipher.decrypt(sealed)));
    } catch {
      return rejected("bad-signature", "What the other device has sent was altered on its way, or is not from it.");
    }
  }

  zero(): void {
    for (const key of Object.values(this.keys)) key.zero();
  }

  private with<T>(part: SealedPart, action: (cipher: ReturnType<typeof xchacha20poly1305>) => T): T {
    const nonce = new Uint8Array(24);
    return this.keys[part].use((key) => action(xchacha20poly1305(key, nonce, this.transcript)));
  }
}

/** Whether what was shown is what its side was bound by. */
export function isBoundBy(commitment: Uint8Array, id: Uint8Array, shown: Shown): boolean {
  return equalBytes(commitment, commitmentOf(id, shown));
}
