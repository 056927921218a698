import { bls12_381 } from "@noble/curves/bls12-381.js";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { bigEndian, concatBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { blsPublicKey } from "#protocol/crypto/bls.ts";
import { type BlsCheck, blsRandomnessBytes, blsTags, maximumBlsBatch } from "#protocol/crypto/bls-check.ts";
import { blsCases, describeBlsVerifier, secretOf } from "../../../testing/bls-contract.ts";
import vectors from "../../../testing/fixtures/bls-vectors.json" with { type: "json" };
import { BlsCurve } from "./bls-curve.ts";
import { coordinateOrder } from "./bls-field.ts";
import { HashToGroup } from "./hash-to-group.ts";
import { KeyCache } from "./key-cache.ts";
import { BlsKernel } from "./verifier.ts";

const randomness = (checks: readonly BlsCheck[]): Uint8Array =>
  crypto.getRandomValues(new Uint8Array(checks.length * blsRandomnessBytes));

let kernel: BlsKernel;
let curve: BlsCurve;
let hasher: HashToGroup;
beforeAll(async () => {
  curve = await BlsCurve.start();
  kernel = new BlsKernel(curve);
  hasher = new HashToGroup(curve);
});

describeBlsVerifier("WebAssembly", () => ({
  verifyBatch: (checks) => Promise.resolve(kernel.verify(checks, randomness(checks))),
  aggregate: (signatures) => Promise.resolve(kernel.aggregate(signatures)),
}));

/** The two coordinates of an affine point of G2. */
function coordinates(point: number): bigint[] {
  return [0, 1, 2, 3].map((part) =>
    BigInt(`0x${Buffer.from(curve.coordinate(point + part * curve.sizes.field)).toString("hex")}`),
  );
}

function hashed(message: Uint8Array, tag: string): bigint[] {
  const mark = curve.mark();
  const [jacobian, affine] = [curve.take(curve.sizes.g2Jacobian), curve.take(curve.sizes.g2)];
  hasher.hash(message, tag, jacobian);
  curve.functions.g2ToAffine(jacobian, affine);
  const found = coordinates(affine);
  curve.release(mark);
  return found;
}

describe("hashes to the group", () => {
  it.each(vectors.hashes.of)("are the RFC's for '$message'", ({ message, x, y }) => {
    const expected = [...x, ...y].map((part) => BigInt(`0x${part}`));
    expect(hashed(utf8ToBytes(message), vectors.hashes.tag)).toEqual(expected);
  });

  it("are the reference's for any message", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...Object.values(blsTags)), (message, tag) => {
        const { x, y } = bls12_381.longSignatures.hash(message, tag).toAffine();
        expect(hashed(message, tag)).toEqual([x.c0, x.c1, y.c0, y.c1]);
      }),
      { numRuns: 25 },
    );
  });
});

const inField = fc.bigInt({ min: 0n, max: coordinateOrder - 1n });

/** Whether the reference takes the bytes as a point of the group other than infinity. */
function accepts(read: () => { is0(): boolean }): boolean {
  try {
    return !read().is0();
  } catch {
    return false;
  }
}

describe("points from bytes", () => {
  const to = (bytes: number): number => curve.take(bytes);

  it("are taken as keys exactly where the reference does", () => {
    const point = bls12_381.G1.Point;
    const beyond = fc.bigInt({ min: 1n, max: coordinateOrder }).map((x) => ({ x, multiple: null }));
    const within = fc.bigInt({ min: 1n, max: 2n ** 64n }).map((multiple) => ({ x: 0n, multiple }));
    let good = 0;
    fc.assert(
      fc.property(fc.oneof(beyond, within), fc.constantFrom(0x80, 0xa0, 0xc0, 0), ({ x, multiple }, head) => {
        const bytes = multiple === null ? bigEndian(x, 48) : point.BASE.multiply(multiple).toBytes();
        bytes[0] = ((bytes[0] as number) & 0x1f) | head;
        const mark = curve.mark();
        const taken = curve.readKey(bytes, to(curve.sizes.g1));
        curve.release(mark);
        expect(taken).toBe(accepts(() => point.fromBytes(bytes)));
        good += taken ? 1 : 0;
      }),
      { numRuns: 120 },
    );
    // A sixth of what is drawn; that none is among 120 happens once in 10⁹ runs.
    expect(good).toBeGreaterThan(0);
  });

  it("are taken as signatures exactly where the reference does", () => {
    const point = bls12_381.G2.Point;
    const anywhere = fc.tuple(inField, inField).map(([a, b]) => concatBytes(bigEndian(a, 48), bigEndian(b, 48)));
    const real = inField.map((b) => concatBytes(new Uint8Array(48), bigEndian(b, 48)));
    const within = fc.bigInt({ min: 1n, max: 2n ** 64n }).map((multiple) => point.BASE.multiply(multiple).toBytes());
    let good = 0;
    fc.assert(
      fc.property(fc.oneof(anywhere, real, within), fc.constantFrom(0x80, 0xa0, 0xc0, 0), (made, head) => {
        const bytes = Uint8Array.from(made);
        bytes[0] = ((bytes[0] as number) & 0x1f) | head;
        const mark = curve.mark();
        const taken = curve.readSignature(bytes, to(curve.sizes.g2));
        curve.release(mark);
        expect(taken).toBe(accepts(() => bls12_381.longSignatures.Signature.fromBytes(bytes)));
        good += taken ? 1 : 0;
      }),
      { numRuns: 120 },
    );
    // A sixth of what is drawn; that none is among 120 happens once in 10⁹ runs.
    expect(good).toBeGreaterThan(0);
  });

  const coordinate = fc.oneof(inField, fc.constantFrom(0n, 1n, 2n, 3n, 4n, coordinateOrder - 1n, coordinateOrder - 4n));

  it("have square roots exactly where there are any", () => {
    const { Fp2 } = bls12_381.fields;
    fc.assert(
      fc.property(coordinate, coordinate, (c0, c1) => {
        const mark = curve.mark();
        const [element, root, square] = [curve.putPair([c0, c1]), to(curve.sizes.g1), to(curve.sizes.g1)];
        let exists = true;
        try {
          Fp2.sqrt({ c0, c1 });
        } catch {
          exists = false;
        }
        expect(curve.quadraticRoot(element, root)).toBe(exists);
        curve.functions.f2Square(root, square);
        if (exists) expect(curve.isEqual(square, element)).toBe(true);
        curve.release(mark);
      }),
      { numRuns: 60 },
    );
  });
});

describe("keys", () => {
  it("are kept, the longest unused given up for new ones, and always found as they were read", () => {
    const start = curve.mark();
    const cache = new KeyCache(curve, 3);
    const expected = curve.take(curve.sizes.g1);
    const keys = [1, 2, 3, 4, 5].map((seed) => blsPublicKey(secretOf(seed)));
    const places = new Set<number>();
    for (const i of [0, 1, 2, 0, 3, 0, 4, 1, 2, 3, 4, 0]) {
      const key = keys[i] as Uint8Array;
      const place = cache.find(key) as number;
      places.add(place);
      expect(curve.readKey(key, expected)).toBe(true);
      expect(curve.view(place, curve.sizes.g1)).toEqual(curve.view(expected, curve.sizes.g1));
      expect(cache.find(key.subarray(1))).toBeNull();
    }
    expect(places.size).toBe(3);
    curve.release(start);
  });
});

describe("batches", () => {
  it("give back all the memory they take, good or bad", () => {
    const start = curve.mark();
    const base: BlsCheck = { publicKeys: [], message: new Uint8Array(), signature: new Uint8Array() };
    const checks = blsCases.map(([, , change]) => ({ ...base, ...change }));
    kernel.verify(checks, randomness(checks));
    const bytes = curve.memoryBytes;
    for (let i = 0; i < 3; i++) kernel.verify(checks, randomness(checks));
    kernel.aggregate(checks.map(({ signature }) => signature));
    expect([curve.mark(), curve.memoryBytes]).toEqual([start, bytes]);
  });

  it("are refused when they are too large or there is too little randomness", () => {
    const check: BlsCheck = { publicKeys: [], message: new Uint8Array(), signature: new Uint8Array() };
    const many = new Array<BlsCheck>(maximumBlsBatch + 1).fill(check);
    expect(() => kernel.verify(many, randomness(many))).toThrow("at most");
    expect(() => kernel.verify([check], new Uint8Array(15))).toThrow("randomness");
  });
});
