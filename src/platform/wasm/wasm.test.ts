import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { bigEndian, fromBigEndian, fromHex, toHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { workHash } from "#protocol/consensus/header.ts";
import { meetsTarget } from "#protocol/consensus/work.ts";
import { publicKeyOf, type SignatureCheck, signDigest, verifySignature } from "#protocol/crypto/signature.ts";
import { type CheckSignature, createWasmSignatureCheck } from "./secp256k1.ts";
import { createSha256Kernel, type Sha256Kernel } from "./sha256-kernel.ts";

let kernel: Sha256Kernel;
let wasm: CheckSignature;
beforeAll(async () => {
  kernel = await createSha256Kernel();
  wasm = await createWasmSignatureCheck();
});

describe("SHA-256 kernel", () => {
  /** FIPS 180-4 examples. */
  it.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
  ])("hashes %j as the standard says", (text, digest) => {
    expect(toHex(kernel.sha256(new TextEncoder().encode(text)))).toBe(digest);
  });

  it("equals the pure hash at every length around block borders, and beyond its buffer", () => {
    for (let length = 0; length < 200; length++) {
      const message = new Uint8Array(length).fill(length);
      expect(kernel.sha256(message)).toEqual(sha256(message));
    }
    for (const length of [65_463, 65_464, 65_465, 100_000])
      expect(kernel.sha256(new Uint8Array(length))).toEqual(sha256(new Uint8Array(length)));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (message) => {
        expect(kernel.sha256(message)).toEqual(sha256(message));
      }),
    );
  });

  it("finds exactly the nonces that the plain loop finds, over the carry of the low word too", () => {
    const starts = fc.constantFrom(0n, 0xffff_fff0n, 0x1_2345_6789n, (1n << 63n) + 5n);
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        starts,
        fc.integer({ min: 0, max: 40 }),
        (preimage, first, shift) => {
          const target = bigEndian(((1n << 256n) - 1n) >> BigInt(shift % 7), 32);
          let expected: bigint | null = null;
          for (let i = 0n; i < 64n && expected === null; i++)
            if (meetsTarget(workHash(preimage, first + i), target)) expected = first + i;
          expect(kernel.search(preimage, target, first, 64)).toBe(expected);
        },
      ),
    );
  });
});

describe("signatures: WebAssembly equals the reference", () => {
  const secret = sha256(Uint8Array.of(1));
  const publicKey = publicKeyOf(secret);
  const digest = sha256(Uint8Array.of(2));
  const signature = signDigest(digest, secret);
  const order = fromBigEndian(
    fromHex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141") as Uint8Array,
  );
  const withS = (s: bigint) => Uint8Array.of(...signature.subarray(0, 32), ...bigEndian(s, 32));
  const withR = (r: bigint) => Uint8Array.of(...bigEndian(r, 32), ...signature.subarray(32));
  const s = fromBigEndian(signature.subarray(32));
  const cases: [string, boolean, Partial<SignatureCheck>][] = [
    ["a good one", true, {}],
    ["high s", false, { signature: withS(order - s) }],
    ["s + n", false, { signature: withS((s + order) % (1n << 256n)) }],
    ["s = 0", false, { signature: withS(0n) }],
    ["s = n", false, { signature: withS(order) }],
    ["r = 0", false, { signature: withR(0n) }],
    ["r = n", false, { signature: withR(order) }],
    ["another digest", false, { digest: sha256(Uint8Array.of(3)) }],
    ["another key", false, { publicKey: publicKeyOf(sha256(Uint8Array.of(9))) }],
    ["a key off the curve", false, { publicKey: Uint8Array.of(2, ...new Uint8Array(31), 5) }],
    ["a key of zeros", false, { publicKey: new Uint8Array(33) }],
    ["a key with a foreign head", false, { publicKey: Uint8Array.of(4, ...publicKey.subarray(1)) }],
    ["a short signature", false, { signature: signature.subarray(1) }],
    ["a short digest", false, { digest: digest.subarray(1) }],
    ["an uncompressed key", false, { publicKey: new Uint8Array(65).fill(4) }],
  ];

  it.each(cases)("%s: %s", (_name, good, changes) => {
    const check = { digest, signature, publicKey, ...changes };
    expect([wasm(check), verifySignature(check)]).toEqual([good, good]);
  });

  it("for random keys, digests and altered bytes", () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(bytes, bytes, fc.nat(63), fc.nat(255), (seed, message, place, mask) => {
        const key = sha256(seed);
        const made = signDigest(message, key);
        made[place] = (made[place] as number) ^ mask;
        const check = { digest: message, signature: made, publicKey: publicKeyOf(key) };
        expect(wasm(check)).toBe(verifySignature(check));
        expect(wasm(check)).toBe(mask === 0);
      }),
      { numRuns: 60 },
    );
  });
});
