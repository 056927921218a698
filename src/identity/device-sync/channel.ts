/**
 * The conversation of two devices of one identity. Both hold the identity's secret, and so does a device that was removed; so
 * each signs with a key of its own, over a key that was made for this conversation (X-Wing: X25519 and ML-KEM-768): what is
 * recorded today stays closed to who gets the identity's secret tomorrow.
 * @module
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bigEndian, concatBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";
import { signDigest, verifySignature } from "#protocol/crypto/signature.ts";
import { deviceSyncCodecs, type SyncHello, type SyncWelcome } from "#protocol/device-sync/messages.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { IdentityKeys } from "../keys.ts";
import { decapsulate, encapsulateFor, newKey, type OwnKey, type RandomBytes } from "../pairing/channel.ts";
import { type BoxPurpose, openBox, sealBox } from "../sealed-box.ts";
import { Secret } from "../secret.ts";
import { nonceBytes } from "../vault-format.ts";

/** A device that speaks: its key, its secret (lent for the call), and the sealed list that it has. */
export interface Speaker {
  readonly device: Uint8Array;
  readonly secret: Uint8Array;
  readonly list: Uint8Array;
}

const keyBytes = 32;

const purpose: BoxPurpose = { key: "aether/sync-hello-key/1", context: "aether/sync-hello/1" };

const foreign = rejected(
  "bad-signature",
  "What the other device has sent was altered on its way, or is not from a device of yours. Nothing was changed.",
);

function helloDigest(owner: Uint8Array, { key, random, device, list }: Omit<SyncHello, "signature">): Uint8Array {
  return taggedHash("aether/sync-hello/1", owner, key, random, device, list);
}

function answerDigest(hello: Uint8Array, welcome: Omit<SyncWelcome, "signature">): Uint8Array {
  const { encapsulation, random, device, list } = welcome;
  return taggedHash("aether/sync-answer/1", hello, encapsulation, random, device, list);
}

/** What the asking device says first, sealed, and what it needs for the answer. */
export interface Greeting {
  readonly sealed: Uint8Array;
  readonly own: OwnKey;
  readonly digest: Uint8Array;
}

/** Begins a conversation. */
export function greet(keys: IdentityKeys, { device, secret, list }: Speaker, random: RandomBytes): Greeting {
  const own = newKey(random);
  const body = { key: own.key, random: random(32), device, list };
  const digest = helloDigest(keys.signingKey, body);
  const hello = deviceSyncCodecs.hello.encode({ ...body, signature: signDigest(digest, secret) });
  return { sealed: sealBox(hello, keys, purpose, random(nonceBytes)), own, digest };
}

/** Opens what another device has said first; who says it is to be looked up in the list that it brings. */
export function openGreeting(
  sealed: Uint8Array,
  keys: IdentityKeys,
): Result<{ readonly hello: SyncHello; readonly digest: Uint8Array }> {
  const clear = openBox(sealed, keys, purpose);
  const hello = clear === null ? foreign : deviceSyncCodecs.hello.decode(clear);
  if (!hello.ok) return hello;
  const digest = helloDigest(keys.signingKey, hello.value);
  const { signature, device } = hello.value;
  if (!verifySignature({ digest, signature, publicKey: device })) return foreign;
  return accepted({ hello: hello.value, digest });
}

/** Answers a greeting. */
export function welcome(
  { hello, digest }: { readonly hello: SyncHello; readonly digest: Uint8Array },
  keys: IdentityKeys,
  { device, secret, list }: Speaker,
  random: RandomBytes,
): Result<{ readonly sealed: Uint8Array; readonly channel: SyncChannel }> {
  const agreed = encapsulateFor(hello.key, random);
  if (!agreed.ok) return agreed;
  const body = { encapsulation: agreed.value.encapsulation, random: random(32), device, list };
  const transcript = answerDigest(digest, body);
  const answer = deviceSyncCodecs.welcome.encode({ ...body, signature: signDigest(transcript, secret) });
  return accepted({
    sealed: sealBox(answer, keys, purpose, random(nonceBytes)),
    channel: new SyncChannel(agreed.value.secret, transcript, false),
  });
}

/** Opens the answer to a greeting. */
export function openWelcome(
  sealed: Uint8Array,
  { own, digest }: Greeting,
  keys: IdentityKeys,
): Result<{ readonly answer: SyncWelcome; readonly channel: SyncChannel }> {
  const clear = openBox(sealed, keys, purpose);
  const answer = clear === null ? foreign : deviceSyncCodecs.welcome.decode(clear);
  if (!answer.ok) return answer;
  const { signature, device, encapsulation } = answer.value;
  const transcript = answerDigest(digest, answer.value);
  if (!verifySignature({ digest: transcript, signature, publicKey: device })) return foreign;
  const secret = decapsulate(encapsulation, own);
  if (!secret.ok) return secret;
  return accepted({ answer: answer.value, channel: new SyncChannel(secret.value, transcript, true) });
}

/** What follows a greeting: questions and answers in turn, each under a number of its own. */
export class SyncChannel {
  private readonly sending: Secret;
  private readonly receiving: Secret;
  private sent = 0;
  private received = 0;
  /** Marks of what is compared are made with it. */
  readonly markKey: Uint8Array;

  /** Takes the secret over and wipes it. */
  constructor(secret: Secret, transcript: Uint8Array, isAsking: boolean) {
    const info = utf8ToBytes("aether/sync-keys/1");
    const salt = taggedHash("aether/sync-keys/1", transcript);
    const material = secret.use((bytes) => hkdf(sha256, bytes, salt, info, 3 * keyBytes));
    const keyAt = (at: number): Uint8Array => material.slice(at * keyBytes, (at + 1) * keyBytes);
    const [asked, answered] = [new Secret(keyAt(0)), new Secret(keyAt(1))];
    this.sending = isAsking ? asked : answered;
    this.receiving = isAsking ? answered : asked;
    this.markKey = keyAt(2);
    material.fill(0);
    secret.zero();
  }

  seal(clear: Uint8Array): Uint8Array {
    const nonce = nonceOf(this.sent++);
    return this.sending.use((key) => xchacha20poly1305(key, nonce).encrypt(clear));
  }

  /** Refused if it is not the next that the other side has sealed. */
  open(sealed: Uint8Array): Result<Uint8Array> {
    const nonce = nonceOf(this.received);
    try {
      const clear = this.receiving.use((key) => xchacha20poly1305(key, nonce).decrypt(sealed));
      this.received++;
      return accepted(clear);
    } catch {
      return foreign;
    }
  }

  zero(): void {
    this.sending.zero();
    this.receiving.zero();
    this.markKey.fill(0);
  }
}

const nonceOf = (count: number): Uint8Array => concatBytes(new Uint8Array(16), bigEndian(count, 8));
