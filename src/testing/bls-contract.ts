/**
 * The contract of a {@link BlsVerifier}: every implementation, pure, WebAssembly or pooled, gives these answers.
 * @module
 */
import { bls12_381 } from "@noble/curves/bls12-381.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bigEndian, concatBytes, fromBigEndian, fromHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import {
  blsAggregateSignatures,
  blsProvePossession,
  blsPublicKey,
  blsSecretKey,
  blsSign,
  pureBlsVerifier,
} from "#protocol/crypto/bls.ts";
import { type BlsAggregator, type BlsCheck, type BlsVerifier, maximumBlsKeys } from "#protocol/crypto/bls-check.ts";
import vectors from "./fixtures/bls-vectors.json" with { type: "json" };

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;
const { Fp } = bls12_381.fields;
const order = bls12_381.fields.Fr.ORDER;

/** Secret keys from small numbers. */
export const secretOf = (seed: number): Uint8Array => blsSecretKey(sha256(Uint8Array.of(seed)));

const secrets = [1, 2, 3].map(secretOf);
const publicKeys = secrets.map(blsPublicKey);
const [publicKey] = publicKeys as [Uint8Array];
const message = sha256(Uint8Array.of(9));
const sumOf = (signatures: readonly Uint8Array[]): Uint8Array => {
  const sum = blsAggregateSignatures(signatures);
  if (!sum.ok) throw new Error(sum.message);
  return sum.value;
};
const signatures = secrets.map((secret) => blsSign(secret, message));
const [signature] = signatures as [Uint8Array];
const together = sumOf(signatures);
/** Flags of a compressed point: compressed, infinity, the larger y. */
const flagged = (bytes: Uint8Array, flags: number): Uint8Array =>
  Uint8Array.of(((bytes[0] as number) & 0x1f) | flags, ...bytes.subarray(1));
const plus = (bytes: Uint8Array, at: number, what: bigint): Uint8Array => {
  const changed = Uint8Array.from(bytes);
  const part = Uint8Array.from(bytes.subarray(at, at + 48));
  const flags = at === 0 ? (part[0] as number) & 0xe0 : 0;
  part[0] = (part[0] as number) & (at === 0 ? 0x1f : 0xff);
  const sum = bigEndian(fromBigEndian(part) + what, 48);
  changed.set(sum, at);
  changed[at] = (changed[at] as number) | flags;
  return changed;
};

/** Points on the curves that are not in the groups: x counted up until there is one. */
const outsider = (() => {
  for (let x = 1n; ; x++) {
    const right = Fp.add(Fp.pow(x, 3n), 4n);
    try {
      Fp.sqrt(right);
    } catch {
      continue;
    }
    const bytes = flagged(bigEndian(x, 48), 0x80);
    try {
      bls12_381.G1.Point.fromBytes(bytes);
    } catch {
      return bytes;
    }
  }
})();
const offCurve = (() => {
  for (let x = 1n; ; x++) {
    try {
      Fp.sqrt(Fp.add(Fp.pow(x, 3n), 4n));
    } catch {
      return flagged(bigEndian(x, 48), 0x80);
    }
  }
})();
const { Fp2 } = bls12_381.fields;
const [outsiderSignature, offCurveSignature] = (() => {
  const found: { outside?: Uint8Array; off?: Uint8Array } = {};
  for (let x = 1n; found.outside === undefined || found.off === undefined; x++) {
    const bytes = flagged(concatBytes(bigEndian(0n, 48), bigEndian(x, 48)), 0x80);
    const point = { c0: x, c1: 0n };
    try {
      Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(point), point), { c0: 4n, c1: 4n }));
      found.outside ??= bytes;
    } catch {
      found.off ??= bytes;
    }
  }
  return [found.outside, found.off];
})();
/** A point of order three: as little outside the group as can be. */
const third = flagged(new Uint8Array(48), 0x80);
const beside = (() => {
  const sum = bls12_381.G1.Point.fromBytes(publicKey).add(bls12_381.G1.Point.fromAffine({ x: 0n, y: 2n }));
  const { x, y } = sum.toAffine();
  return flagged(bigEndian(x, 48), y > Fp.ORDER / 2n ? 0xa0 : 0x80);
})();
const infinityKey = Uint8Array.of(0xc0, ...new Uint8Array(47));
const infinitySignature = Uint8Array.of(0xc0, ...new Uint8Array(95));
const opposite = (bytes: Uint8Array): Uint8Array => Uint8Array.of((bytes[0] as number) ^ 0x20, ...bytes.subarray(1));
const rogue = blsPublicKey(secretOf(7));

type Case = readonly [name: string, good: boolean, change: Partial<BlsCheck>];

/** What is good and, one by one, everything that is not. */
export const blsCases: readonly Case[] = [
  ["one signature", true, {}],
  ["three of one message", true, { publicKeys, signature: together }],
  ["three in another order", true, { publicKeys: publicKeys.toReversed(), signature: together }],
  ["one key twice with its signature twice", true, twice()],
  ["a proof of possession", true, possession("possession")],
  ["a proof of possession for a signature", false, possession("message")],
  ["a signature for a proof of possession", false, { tag: "possession" }],
  ["one key twice with one signature", false, { publicKeys: [publicKey, publicKey] }],
  ["a key too many", false, { publicKeys: [...publicKeys, rogue], signature: together }],
  ["a key too few", false, { publicKeys: publicKeys.slice(1), signature: together }],
  ["another message", false, { message: sha256(message) }],
  ["an empty message", false, { message: new Uint8Array() }],
  ["another key", false, { publicKeys: [rogue] }],
  ["no key", false, { publicKeys: [] }],
  ["more keys than may be", false, { publicKeys: new Array(maximumBlsKeys + 1).fill(publicKey) }],
  ["the opposite key", false, { publicKeys: [opposite(publicKey)] }],
  ["the opposite signature", false, { signature: opposite(signature) }],
  ["both opposite", true, { publicKeys: [opposite(publicKey)], signature: opposite(signature) }],
  [
    "keys that cancel, and infinity",
    false,
    { publicKeys: [publicKey, opposite(publicKey)], signature: infinitySignature },
  ],
  ["keys that cancel", false, { publicKeys: [publicKey, opposite(publicKey)] }],
  ["keys of which two cancel", true, { publicKeys: [publicKey, rogue, opposite(rogue)] }],
  ["the key at infinity", false, { publicKeys: [infinityKey] }],
  ["a key at infinity among others", false, { publicKeys: [publicKey, infinityKey] }],
  ["all at infinity", false, { publicKeys: [infinityKey], signature: infinitySignature }],
  ["the signature at infinity", false, { signature: infinitySignature }],
  ["infinity with more than it", false, { signature: Uint8Array.of(...infinitySignature.subarray(1), 1) }],
  ["infinity with a sign", false, { signature: flagged(infinitySignature, 0xe0) }],
  ["a key with x + p", false, { publicKeys: [plus(publicKey, 0, Fp.ORDER)] }],
  ["a signature with its second part + p", false, { signature: plus(signature, 48, Fp.ORDER) }],
  ["a key without the mark of compression", false, { publicKeys: [flagged(publicKey, 0)] }],
  ["a signature without it", false, { signature: flagged(signature, 0) }],
  ["an uncompressed key", false, { publicKeys: [bls12_381.G1.Point.fromBytes(publicKey).toBytes(false)] }],
  ["a key off the curve", false, { publicKeys: [offCurve] }],
  ["a key on the curve but outside the group", false, { publicKeys: [outsider] }],
  ["a key of order three", false, { publicKeys: [third] }],
  ["the right key plus a point of order three", false, { publicKeys: [beside] }],
  ["one such key among others", false, { publicKeys: [publicKey, outsider] }],
  ["a signature off the curve", false, { signature: offCurveSignature }],
  ["a signature on the curve but outside the group", false, { signature: outsiderSignature }],
  ["a short key", false, { publicKeys: [publicKey.subarray(1)] }],
  ["a long key", false, { publicKeys: [Uint8Array.of(...publicKey, 0)] }],
  ["a short signature", false, { signature: signature.subarray(1) }],
  ["a long signature", false, { signature: Uint8Array.of(...signature, 0) }],
  ["no signature", false, { signature: new Uint8Array() }],
  ["a key in the signature's place", false, { signature: publicKey }],
  ["zeros", false, { publicKeys: [new Uint8Array(48)], signature: new Uint8Array(96) }],
  ["ones", false, { publicKeys: [new Uint8Array(48).fill(255)], signature: new Uint8Array(96).fill(255) }],
];

function twice(): Partial<BlsCheck> {
  return { publicKeys: [publicKey, publicKey], signature: sumOf([signature, signature]) };
}

function possession(tag: "message" | "possession"): Partial<BlsCheck> {
  const secret = secretOf(1);
  return { message: publicKey, signature: blsProvePossession(secret), tag };
}

/** Holds an implementation to the contract. */
export function describeBlsVerifier(name: string, verifier: () => BlsVerifier & BlsAggregator): void {
  const one: BlsCheck = { publicKeys: [publicKey], message, signature };
  describe(`BLS verifier: ${name}`, () => {
    it.each(blsCases)("%s: %s", async (_name, good, change) => {
      expect(await verifier().verifyBatch([{ ...one, ...change }])).toEqual([good]);
    });

    it("answers a batch of all cases at once, each in its place", async () => {
      const checks = blsCases.map(([, , change]) => ({ ...one, ...change }));
      expect(await verifier().verifyBatch(checks)).toEqual(blsCases.map(([, good]) => good));
    });

    it("does not let two bad signatures of one batch make up for each other", async () => {
      // Each is off by the same point, in opposite directions: their plain sum would be right.
      const other = blsSign(secretOf(2), message);
      const off = blsSign(secretOf(5), message);
      const checks = [
        { ...one, signature: sumOf([signature, off]) },
        { ...one, publicKeys: [publicKeys[1] as Uint8Array], signature: sumOf([other, opposite(off)]) },
      ];
      expect(await verifier().verifyBatch(checks)).toEqual([false, false]);
      expect(await verifier().verifyBatch([...checks, one])).toEqual([false, false, true]);
    });

    it("adds signatures up as the reference does, and refuses what it refuses", async () => {
      const lists = [
        ...[signatures, signatures.toReversed(), [signature, signature], [signature], [opposite(signature)]],
        ...[[], [signature, opposite(signature)], [signature, infinitySignature], [outsiderSignature], [publicKey]],
        ...[[signature.subarray(1)], [signature, offCurveSignature], new Array(maximumBlsKeys + 1).fill(signature)],
      ];
      for (const list of lists) {
        const sum = await verifier().aggregate(list);
        expect(sum).toEqual(await pureBlsVerifier.aggregate(list));
        if (sum.ok) expect(sum.value).toHaveLength(96);
      }
    });

    it("answers nothing with nothing", async () => {
      expect(await verifier().verifyBatch([])).toEqual([]);
    });

    it("passes the published vectors", async () => {
      const keys = vectors.keys.map((key) => hex(key.public));
      const checks: BlsCheck[] = [];
      for (const { byte, of, sum } of vectors.signatures) {
        const signed = new Uint8Array(32).fill(byte);
        for (const [i, text] of of.entries()) {
          checks.push({ publicKeys: [keys[i] as Uint8Array], message: signed, signature: hex(text) });
        }
        if (sum !== undefined) checks.push({ publicKeys: keys, message: signed, signature: hex(sum) });
      }
      expect(await verifier().verifyBatch(checks)).toEqual(checks.map(() => true));
    });

    it("agrees with the reference on random secrets, messages and altered bytes", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uint8Array({ minLength: 32, maxLength: 40 }),
          fc.uint8Array({ maxLength: 80 }),
          fc.integer({ min: 1, max: 4 }),
          fc.nat(95),
          fc.constantFrom(0, 0, 1, 0x20, 0x40, 0x80),
          async (seed, signed, count, place, mask) => {
            const keys = Array.from({ length: count }, (_, i) => blsSecretKey(seed, Uint8Array.of(i)));
            const made = sumOf(keys.map((secret) => blsSign(secret, signed)));
            made[place] = (made[place] as number) ^ mask;
            const check = { publicKeys: keys.map(blsPublicKey), message: signed, signature: made };
            const answer = await verifier().verifyBatch([check]);
            expect(answer).toEqual(await pureBlsVerifier.verifyBatch([check]));
            expect(answer).toEqual([mask === 0]);
          },
        ),
        { numRuns: 12 },
      );
    });
  });
}

/** Order of the groups, for tests of secrets at its edge. */
export const blsOrder = order;
