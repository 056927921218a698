import { sha256 } from "@noble/hashes/sha2.js";
import { ml_kem768_x25519 as xWing } from "@noble/post-quantum/hybrid.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import { signDigest } from "#protocol/crypto/signature.ts";
import type { KeyRecord } from "#protocol/mail/credentials.ts";
import { decodeEnvelope, encodeEnvelope } from "#protocol/mail/envelope.ts";
import { mailLimits } from "#protocol/mail/limits.ts";
import { Random } from "#testing/random.ts";
import { encryptionKeyOf } from "./hybrid-seal.ts";
import { type IdentityKeys, keysOfSeed } from "./keys.ts";
import { openLetter, sealLetter } from "./letters.ts";
import { phraseFromEntropy, seedOfPhrase } from "./phrase.ts";

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;
const random = new Random(11);
const madeAtMs = 1_790_000_000_000;

const keysOf = (n: number): IdentityKeys => keysOfSeed(seedOfPhrase(phraseFromEntropy(new Uint8Array(16).fill(n))));
const [ann, bob, eve] = [keysOf(1), keysOf(2), keysOf(3)] as const;

const recordOf = ({ signingKey, encryptionSeed }: IdentityKeys): KeyRecord => ({
  type: "x-wing",
  signingKey,
  encryptionKey: encryptionKeyOf(encryptionSeed),
  madeAtMs,
  signature: new Uint8Array(64),
});
const bobsRecord = recordOf(bob);

function sealed(words: string, from = ann, record = bobsRecord): Uint8Array {
  const writer = {
    signingKey: from.signingKey,
    sign: (digest: Uint8Array) => from.signingSecret.use((secret) => signDigest(digest, secret)),
  };
  const made = sealLetter(words, record, writer, { madeAtMs, random: (length) => random.bytes(length) });
  if (!made.ok) throw new Error(made.message);
  return made.value;
}

describe("X-Wing", () => {
  /** Appendix C of draft-connolly-cfrg-xwing-kem (spec/test-vectors.json there); keys and ciphertexts by their SHA-256. */
  it.each([
    [
      "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
      "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e235b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2",
      "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384",
      "2e816deebcd76c5c80d0cd2d174478871658e8e2ff42bc9d4a6e486372e856bb",
      "17cd532d657e44c897ca6583e548a5424fc70bf54f99515a4d2bcf99e3469f33",
    ],
    [
      "badfd6dfaac359a5efbb7bcc4b59d538df9a04302e10c8bc1cbf1a0b3a5120ea",
      "17cda7cfad765f5623474d368ccca8af0007cd9f5e4c849f167a580b14aabdefaee7eef47cb0fca9767be1fda69419dfb927e9df07348b196691abaeb580b32d",
      "f2e86241c64d60f6649fbc6c5b7d17180b780a3f34355e64a85749949c45f150",
      "c42ba5f8430d7d2c83739338203819f090e8303ce9c8b02107c272bfa5376916",
      "1661ea86d608a1924ba30840cb0a65f13ae051e3aec9cf0f064efc0bc92f2154",
    ],
    [
      "ef58538b8d23f87732ea63b02b4fa0f4873360e2841928cd60dd4cee8cc0d4c9",
      "22a96188d032675c8ac850933c7aff1533b94c834adbb69c6115bad4692d8619f90b0cdf8a7b9c264029ac185b70b83f2801f2f4b3f70c593ea3aeeb613a7f1b",
      "953f7f4e8c5b5049bdc771d1dffada0dd961477d1a2ae0988baa7ea6898d893f",
      "6b080d6b84f095342092fa7a22423e58bd681397ad0ef00eac92bd254db4fa95",
      "d3ca5578500344b5896cffc4fd740c9311946b82951df155e6fd86a7966b43c6",
    ],
  ])("makes what the draft's vector of seed %s says", (seed, randomness, secret, key, ciphertext) => {
    const { publicKey, secretKey } = xWing.keygen(hex(seed));
    expect(toHex(sha256(publicKey))).toBe(key);
    const { cipherText, sharedSecret } = xWing.encapsulate(publicKey, hex(randomness));
    expect([toHex(sha256(cipherText)), toHex(sharedSecret)]).toEqual([ciphertext, secret]);
    expect(toHex(xWing.decapsulate(cipherText, secretKey))).toBe(secret);
  });
});

describe("letters", () => {
  it("open for whom they were sealed, with who wrote them, and for nobody else", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 1_000, unit: "binary" }), (words) => {
        const bytes = sealed(words);
        expect(openLetter(bytes, bob)).toEqual({
          ok: true,
          value: { from: ann.signingKey, madeAtMs, text: words.replace(/\p{Cs}/gu, "\ufffd") },
        });
        expect(openLetter(bytes, eve)).toMatchObject({ ok: false, code: "bad-signature" });
      }),
      { numRuns: 20 },
    );
  });

  it("do not open once a byte is another one, wherever it is", () => {
    const bytes = sealed("meet me at the well");
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const altered = bytes.slice();
        altered[at] = (altered[at] as number) ^ flip;
        expect(openLetter(altered, bob).ok).toBe(false);
      }),
      { numRuns: 60 },
    );
    expect(openLetter(bytes.subarray(0, -1), bob)).toMatchObject({ ok: false });
    expect(openLetter(new Uint8Array(), bob)).toMatchObject({ ok: false });
  });

  it("cannot be given to somebody else, put under another time, or signed for another", () => {
    const envelope = decodeEnvelope(sealed("x"));
    if (!envelope.ok) throw new Error(envelope.message);
    for (const change of [{ to: eve.keyHash }, { madeAtMs: madeAtMs + 1 }]) {
      const moved = encodeEnvelope({ ...envelope.value, ...change });
      for (const reader of [bob, eve]) expect(openLetter(moved, reader)).toMatchObject({ code: "bad-signature" });
    }
    // Eve seals well, but in Ann's name: the seal opens and the signature does not hold.
    const writer = {
      signingKey: ann.signingKey,
      sign: (digest: Uint8Array) => eve.signingSecret.use((secret) => signDigest(digest, secret)),
    };
    const forged = sealLetter("x", bobsRecord, writer, { madeAtMs, random: (length) => random.bytes(length) });
    expect(forged.ok && openLetter(forged.value, bob)).toMatchObject({ code: "bad-signature" });
  });

  it("tell little by their size, and refuse what is too long or empty", () => {
    const sizes = [1, 100, 390, 420, 8_192].map((length) => {
      const envelope = decodeEnvelope(sealed("x".repeat(length)));
      return envelope.ok ? envelope.value.sealed.length - 16 : 0;
    });
    expect(sizes).toEqual([512, 512, 512, 1_024, 16_384]);
    const refused = (words: string) =>
      sealLetter(
        words,
        bobsRecord,
        { signingKey: ann.signingKey, sign: () => new Uint8Array(64) },
        { madeAtMs, random: (n) => random.bytes(n) },
      );
    expect(refused("")).toMatchObject({ code: "invalid-argument" });
    expect(refused("é".repeat(mailLimits.textBytes / 2 + 1))).toMatchObject({ code: "too-large" });
  });

  it("are not sealed with what is no key", () => {
    const record = { ...bobsRecord, encryptionKey: new Uint8Array(1_216).fill(255) };
    expect(() => sealed("x", ann, record)).toThrow(/is not one; nothing was sent/);
  });
});
