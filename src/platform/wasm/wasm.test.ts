import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { bigEndian, concatBytes, fromBigEndian, fromHex, toHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { workHash } from "#protocol/consensus/header.ts";
import { meetsTarget } from "#protocol/consensus/work.ts";
import { pureSignatureVerifier } from "#protocol/crypto/signature.ts";
import { proveState } from "#protocol/ledger/state-proof.ts";
import { emptyStateTree, type StateWrite } from "#protocol/ledger/state-tree.ts";
import { describeSignatureVerifier } from "#testing/signature-contract.ts";
import { type CheckSignature, createWasmSignatureCheck } from "./secp256k1.ts";
import { createSha256Kernel, type Sha256Kernel } from "./sha256-kernel.ts";

let wasm: CheckSignature;
beforeAll(async () => {
  wasm = await createWasmSignatureCheck();
});

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

it("picks the SIMD build where the engine has SIMD", async () => {
  expect((await createSha256Kernel()).build).toBe("simd");
});

describe.each(["simd", "scalar"] as const)("SHA-256 kernel, %s build", (build) => {
  let kernel: Sha256Kernel;
  beforeAll(async () => {
    kernel = await createSha256Kernel(build);
  });

  /** FIPS 180-4 examples, then SHA256ShortMsg of the NIST validation suite. */
  it.each([
    ["nothing", text(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", text("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "448 bits",
      text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
    [
      "896 bits",
      text(
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      ),
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
    ],
    ["a million a", text("a".repeat(1_000_000)), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
    ["8 bits", fromHex("d3"), "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"],
    ["16 bits", fromHex("11af"), "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"],
    ["32 bits", fromHex("74ba2521"), "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e"],
  ])("hashes %s as the standard says", (_name, message, digest) => {
    expect(toHex(kernel.sha256(message as Uint8Array))).toBe(digest);
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

  it("hashes any number of pairs under any prefix as one by one", () => {
    if (kernel.sha256.pairHasher === undefined) throw new Error("this kernel hashes no pairs");
    const { capacity, pairs, digests, hash } = kernel.sha256.pairHasher;
    const count = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(capacity - 1, capacity));
    fc.assert(
      fc.property(count, fc.integer({ min: 0, max: 255 }), fc.integer(), (number, prefix, seed) => {
        const bytes = new Uint8Array(number * 64).map((_, i) => Math.imul(seed + i, 0x9e37_79b1) >>> 24);
        pairs.set(new Uint32Array(bytes.buffer));
        hash(prefix, number);
        const made = new Uint8Array(digests.slice().buffer);
        for (let i = 0; i < number; i++) {
          const message = concatBytes(Uint8Array.of(prefix), bytes.subarray(i * 64, (i + 1) * 64));
          expect(made.subarray(i * 32, (i + 1) * 32)).toEqual(sha256(message));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("gives the state tree the root of the pure hash, whatever has been hashed before", () => {
    const key = (i: number): Uint8Array => sha256(bigEndian(i, 8));
    const writes = (from: number, to: number): StateWrite[] =>
      Array.from({ length: to - from }, (_, i) => ({ key: key(from + i), value: new Uint8Array((i * 7) % 300) }));
    let [fast, pure] = [emptyStateTree(kernel.sha256), emptyStateTree()];
    // More branches than are hashed together, then few, then one.
    for (const batch of [writes(0, 2_500), writes(2_000, 2_700), writes(1, 2), writes(2_700, 2_705)]) {
      [fast, pure] = [fast.update(batch), pure.update(batch)];
      expect(fast.root()).toEqual(pure.root());
    }
    expect(proveState(fast, key(77))).toEqual(proveState(pure, key(77)));
  });

  /** The definition, one nonce after another. */
  const plainSearch = (preimage: Uint8Array, target: Uint8Array, first: bigint, count: number): bigint | null => {
    for (let i = 0; i < count; i++) {
      const nonce = BigInt.asUintN(64, first + BigInt(i));
      if (meetsTarget(workHash(preimage, nonce), target)) return nonce;
    }
    return null;
  };
  const preimages = fc.uint8Array({ minLength: 64, maxLength: 64 });
  const starts = fc.constantFrom(0n, 0xffff_fff0n, 0x1_2345_6789n, (1n << 63n) + 5n, (1n << 64n) - 7n);

  it("finds exactly the nonces that the plain loop finds, over every carry and for any count", () => {
    fc.assert(
      fc.property(
        preimages,
        starts,
        fc.integer({ min: 0, max: 7 }),
        fc.integer({ min: 0, max: 67 }),
        (preimage, first, zeroBits, count) => {
          const target = bigEndian(((1n << 256n) - 1n) >> BigInt(zeroBits), 32);
          expect(kernel.search(preimage, target, first, count)).toBe(plainSearch(preimage, target, first, count));
        },
      ),
    );
  });

  it("goes on after a hash that ties with the target in 64 bits and misses it in full", () => {
    fc.assert(
      fc.property(preimages, starts, fc.integer({ min: 1, max: 20 }), (preimage, first, count) => {
        // The least hash of the run, less one: its own nonce ties in the front and must not be taken.
        const hashes = Array.from({ length: count }, (_, i) =>
          fromBigEndian(workHash(preimage, BigInt.asUintN(64, first + BigInt(i)))),
        );
        const least = hashes.toSorted((a, b) => (a < b ? -1 : 1))[0] as bigint;
        const at = BigInt.asUintN(64, first + BigInt(hashes.indexOf(least)));
        expect(kernel.search(preimage, bigEndian(least, 32), first, count)).toBe(at);
        expect(kernel.search(preimage, bigEndian(least - 1n, 32), first, count)).toBeNull();
        const far = plainSearch(preimage, bigEndian(least - 1n, 32), first, 300);
        expect(kernel.search(preimage, bigEndian(least - 1n, 32), first, 300)).toBe(far);
      }),
      { numRuns: 30 },
    );
  });
});

describeSignatureVerifier("pure reference", () => pureSignatureVerifier);
describeSignatureVerifier("WebAssembly", () => ({
  verifyBatch: (checks) => Promise.resolve(checks.map(wasm)),
}));
