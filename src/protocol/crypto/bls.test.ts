import { bls12_381 } from "@noble/curves/bls12-381.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blsOrder, describeBlsVerifier, secretOf } from "../../testing/bls-contract.ts";
import vectors from "../../testing/fixtures/bls-vectors.json" with { type: "json" };
import { bigEndian, fromBigEndian, fromHex, toHex, utf8ToBytes } from "../codec/bytes.ts";
import {
  blsAggregateKeys,
  blsAggregateSignatures,
  blsAggregateVerify,
  blsFastAggregateVerify,
  blsProvePossession,
  blsPublicKey,
  blsSecretKey,
  blsSign,
  blsVerify,
  blsVerifyPossession,
  isBlsPublicKey,
  pureBlsVerifier,
} from "./bls.ts";

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;

describeBlsVerifier("pure", () => pureBlsVerifier);

describe("vectors", () => {
  it.each(vectors.keys)("public key of $secret", (key) => {
    expect(toHex(blsPublicKey(hex(key.secret)))).toBe(key.public);
    expect(isBlsPublicKey(hex(key.public))).toBe(true);
  });

  it.each(vectors.signatures)("signatures of the message of bytes $byte", ({ byte, of, sum }) => {
    const message = new Uint8Array(32).fill(byte);
    const made = vectors.keys.map(({ secret }) => blsSign(hex(secret), message));
    expect(made.map(toHex)).toEqual(of);
    const together = blsAggregateSignatures(made);
    if (sum !== undefined) expect(together).toEqual({ ok: true, value: hex(sum) });
  });

  it.each(vectors.masterKeys)("key from the entropy $seed (EIP-2333)", ({ seed, secret }) => {
    expect(fromBigEndian(blsSecretKey(hex(seed)))).toBe(BigInt(secret));
  });

  it.each(vectors.hashes.of)("hash of '$message' to a point (RFC 9380)", ({ message, x, y }) => {
    const point = bls12_381.longSignatures.hash(utf8ToBytes(message), vectors.hashes.tag).toAffine();
    expect([point.x.c0, point.x.c1, point.y.c0, point.y.c1]).toEqual([...x, ...y].map((part) => BigInt(`0x${part}`)));
  });
});

describe("keys", () => {
  it("take 32 bytes of entropy, and differ by what they are for", () => {
    const entropy = new Uint8Array(32).fill(5);
    expect(blsSecretKey(entropy)).not.toEqual(blsSecretKey(entropy, utf8ToBytes("votes")));
    expect(() => blsSecretKey(entropy.subarray(1))).toThrow("too little entropy");
  });

  it("have secrets above zero and below the order", () => {
    for (const secret of [
      bigEndian(0n, 32),
      bigEndian(blsOrder, 32),
      bigEndian(blsOrder + 1n, 32),
      new Uint8Array(31),
    ]) {
      expect(() => blsPublicKey(secret)).toThrow("not a secret key");
      expect(() => blsSign(secret, new Uint8Array())).toThrow("not a secret key");
    }
    expect(blsPublicKey(bigEndian(1n, 32))).toEqual(bls12_381.G1.Point.BASE.toBytes());
  });
});

describe("sums", () => {
  const secrets = [1, 2, 3].map(secretOf);
  const keys = secrets.map(blsPublicKey);
  const opposite = (bytes: Uint8Array): Uint8Array => Uint8Array.of((bytes[0] as number) ^ 0x20, ...bytes.subarray(1));

  it("of keys verify sums of signatures", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (message) => {
        const sum = blsAggregateSignatures(secrets.map((secret) => blsSign(secret, message)));
        const key = blsAggregateKeys(keys);
        expect(sum.ok && key.ok && blsVerify(key.value, message, sum.value)).toBe(true);
        expect(sum.ok && blsFastAggregateVerify(keys, message, sum.value)).toBe(true);
      }),
      { numRuns: 4 },
    );
  });

  it("are refused of nothing, of what is not valid, and of what cancels", () => {
    const [key] = keys as [Uint8Array];
    const signature = blsSign(secretOf(1), key);
    for (const parts of [[], [signature, signature.subarray(1)], [signature, opposite(signature)]]) {
      expect(blsAggregateSignatures(parts)).toMatchObject({ ok: false, code: "bad-signature" });
    }
    for (const parts of [[], [key, key.subarray(1)], [key, opposite(key)]]) {
      expect(blsAggregateKeys(parts)).toMatchObject({ ok: false, code: "degenerate-key" });
    }
  });

  it("over different messages hold for exactly who signed what", () => {
    const messages = ["a", "b", "a"].map(utf8ToBytes);
    const signed = keys.map((publicKey, i) => ({ publicKey, message: messages[i] as Uint8Array }));
    const sum = blsAggregateSignatures(secrets.map((secret, i) => blsSign(secret, messages[i] as Uint8Array)));
    const signature = sum.ok ? sum.value : new Uint8Array();
    expect(blsAggregateVerify(signed, signature)).toBe(true);
    expect(blsAggregateVerify(signed.toReversed(), signature)).toBe(true);
    expect(blsAggregateVerify(signed.slice(1), signature)).toBe(false);
    const swapped = signed.map(({ publicKey }, i) => ({ publicKey, message: messages[2 - i] as Uint8Array }));
    expect(blsAggregateVerify(swapped, signature)).toBe(true);
    const wrong = signed.map(({ publicKey }, i) => ({ publicKey, message: messages[(i + 1) % 3] as Uint8Array }));
    expect(blsAggregateVerify(wrong, signature)).toBe(false);
    expect(blsAggregateVerify(signed, signature.subarray(1))).toBe(false);
    expect(blsAggregateVerify([], signature)).toBe(false);
    expect(
      blsAggregateVerify([{ publicKey: keys[0] as Uint8Array, message: new Uint8Array() }], new Uint8Array(96)),
    ).toBe(false);
  });
});

describe("proof of possession", () => {
  const victim = blsPublicKey(secretOf(1));

  it("is good for the key that made it alone", () => {
    const proof = blsProvePossession(secretOf(1));
    expect(blsVerifyPossession(victim, proof)).toBe(true);
    expect(blsVerifyPossession(blsPublicKey(secretOf(2)), proof)).toBe(false);
    expect(blsVerify(victim, victim, proof)).toBe(false);
    expect(blsVerifyPossession(victim, blsSign(secretOf(1), victim))).toBe(false);
    expect(blsVerifyPossession(victim.subarray(1), proof)).toBe(false);
    expect(blsVerifyPossession(victim, proof.subarray(1))).toBe(false);
  });

  it("is what keeps a rogue key from signing for others", () => {
    // The attacker publishes its key less the victim's: the sum is its own key, and it signs alone for both.
    const message = utf8ToBytes("all of it to me");
    const attacker = bls12_381.G1.Point.fromBytes(blsPublicKey(secretOf(2)));
    const rogue = attacker.subtract(bls12_381.G1.Point.fromBytes(victim)).toBytes();
    const signature = blsSign(secretOf(2), message);
    expect(blsFastAggregateVerify([victim, rogue], message, signature)).toBe(true);
    // It cannot prove possession: the best it has is a proof with the secret it knows.
    expect(blsVerifyPossession(rogue, blsProvePossession(secretOf(2)))).toBe(false);
  });
});
