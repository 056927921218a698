import { ED25519_TORSION_SUBGROUP, ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../codec/bytes.ts";
import { vrfClaimedOutput, vrfProve, vrfPublicKey, vrfVerify } from "./vrf.ts";
import { elligatorVrf } from "./vrf-elligator.ts";

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;

/** RFC 9381 appendix B.3, examples 16 to 18. */
const tryAndIncrement = [
  {
    secret: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    proof:
      "8657106690b5526245a92b003bb079ccd1a92130477671f6fc01ad16f26f723f26f8a57ccaed74ee1b190bed1f479d9727d2d0f9b005a6e456a35d4fb0daab1268a1b0db10836d9826a528ca76567805",
    output:
      "90cf1df3b703cce59e2a35b925d411164068269d7b2d29f3301c03dd757876ff66b71dda49d2de59d03450451af026798e8f81cd2e333de5cdf4f3e140fdd8ae",
  },
  {
    secret: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    proof:
      "f3141cd382dc42909d19ec5110469e4feae18300e94f304590abdced48aed5933bf0864a62558b3ed7f2fea45c92a465301b3bbf5e3e54ddf2d935be3b67926da3ef39226bbc355bdc9850112c8f4b02",
    output:
      "eb4440665d3891d668e7e0fcaf587f1b4bd7fbfe99d0eb2211ccec90496310eb5e33821bc613efb94db5e5b54c70a848a0bef4553a41befc57663b56373a5031",
  },
  {
    secret: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: "af82",
    proof:
      "9bc0f79119cc5604bf02d23b4caede71393cedfbb191434dd016d30177ccbf8096bb474e53895c362d8628ee9f9ea3c0e52c7a5c691b6c18c9979866568add7a2d41b00b05081ed0f58ee5e31b3a970e",
    output:
      "645427e5d00c62a23fb703732fa5d892940935942101e456ecca7bb217c61c452118fec1219202a0edcf038bb6373241578be7217ba85a2687f7a0310b2df19f",
  },
];

/** RFC 9381 appendix B.4, examples 19 to 21: the same keys and messages. */
const elligator = [
  {
    proof:
      "7d9c633ffeee27349264cf5c667579fc583b4bda63ab71d001f89c10003ab46f14adf9a3cd8b8412d9038531e865c341cafa73589b023d14311c331a9ad15ff2fb37831e00f0acaa6d73bc9997b06501",
    output:
      "9d574bf9b8302ec0fc1e21c3ec5368269527b87b462ce36dab2d14ccf80c53cccf6758f058c5b1c856b116388152bbe509ee3b9ecfe63d93c3b4346c1fbc6c54",
  },
  {
    proof:
      "47b327393ff2dd81336f8a2ef10339112401253b3c714eeda879f12c509072ef055b48372bb82efbdce8e10c8cb9a2f9d60e93908f93df1623ad78a86a028d6bc064dbfc75a6a57379ef855dc6733801",
    output:
      "38561d6b77b71d30eb97a062168ae12b667ce5c28caccdf76bc88e093e4635987cd96814ce55b4689b3dd2947f80e59aac7b7675f8083865b46c89b2ce9cc735",
  },
  {
    proof:
      "926e895d308f5e328e7aa159c06eddbe56d06846abf5d98c2512235eaa57fdce35b46edfc655bc828d44ad09d1150f31374e7ef73027e14760d42e77341fe05467bb286cc2c9d7fde29120a0b2320d04",
    output:
      "121b7f9b9aaaa29099fc04a94ba52784d44eac976dd1a3cca458733be5cd090a7b5fbd148444f17f8daf1fb55cb04b1ae85a626e30a54b4b0f8abf4a43314a58",
  },
].map((vector, i) => ({ ...(tryAndIncrement[i] as (typeof tryAndIncrement)[0]), ...vector }));

/** The order of the group, and one more multiple of it than a canonical scalar has: added to bytes, little-endian. */
const groupOrder = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
function plusOrder(bytes: Uint8Array): Uint8Array {
  const sum = Uint8Array.from(bytes);
  let carry = 0;
  for (let i = 0; i < 32; i++) {
    const part = (sum[i] as number) + (groupOrder[i] as number) + carry;
    sum[i] = part & 255;
    carry = part >> 8;
  }
  return sum;
}
const with32 = (proof: Uint8Array, at: number, part: Uint8Array): Uint8Array => {
  const changed = Uint8Array.from(proof);
  changed.set(part, at);
  return changed;
};

/** Encodings that no point has: y = p, y = p + 1 (that of the neutral point plus p), and x = 0 with a sign. */
const notCanonical = [
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0100000000000000000000000000000000000000000000000000000000000080",
].map(hex);

describe.each([
  [
    "ECVRF-EDWARDS25519-SHA512-TAI",
    tryAndIncrement,
    { prove: vrfProve, verify: vrfVerify, claimedOutput: vrfClaimedOutput },
  ],
  ["ECVRF-EDWARDS25519-SHA512-ELL2", elligator, elligatorVrf],
] as const)("%s", (_name, vectors, vrf) => {
  const vector = vectors[0] as (typeof tryAndIncrement)[0];
  const publicKey = hex(vector.publicKey);
  const proof = hex(vector.proof);
  const empty = new Uint8Array();

  it.each(vectors)("passes the RFC vector for message $message", (expected) => {
    expect(toHex(vrfPublicKey(hex(expected.secret)))).toBe(expected.publicKey);
    expect(toHex(vrf.prove(hex(expected.secret), hex(expected.message)))).toBe(expected.proof);
    const output = vrf.verify(hex(expected.publicKey), hex(expected.message), hex(expected.proof));
    expect(output && toHex(output)).toBe(expected.output);
    expect(vrf.claimedOutput(hex(expected.proof))).toEqual(output);
  });

  it("refuses every altered byte of proof, key and message", () => {
    fc.assert(
      fc.property(fc.nat(79), fc.integer({ min: 1, max: 255 }), (position, mask) => {
        const altered = Uint8Array.from(proof);
        altered[position] = (altered[position] as number) ^ mask;
        expect(vrf.verify(publicKey, empty, altered)).toBeNull();
        const key = Uint8Array.from(publicKey);
        key[position % 32] = (key[position % 32] as number) ^ mask;
        expect(vrf.verify(key, empty, proof)).toBeNull();
      }),
      { numRuns: 60 },
    );
    expect(vrf.verify(publicKey, Uint8Array.of(1), proof)).toBeNull();
    expect(vrf.verify(hex(vectors[1]?.publicKey ?? ""), empty, proof)).toBeNull();
  });

  it("refuses wrong lengths, keys of low order, points that are not canonical and s + q", () => {
    for (const torsion of ED25519_TORSION_SUBGROUP) expect(vrf.verify(hex(torsion), empty, proof)).toBeNull();
    for (const point of notCanonical) {
      expect(vrf.verify(point, empty, proof)).toBeNull();
      expect(vrf.verify(publicKey, empty, with32(proof, 0, point))).toBeNull();
      expect(vrf.claimedOutput(with32(proof, 0, point))).toBeNull();
    }
    expect(vrf.verify(publicKey, empty, with32(proof, 48, plusOrder(proof.subarray(48))))).toBeNull();
    expect(vrf.verify(publicKey, empty, proof.subarray(1))).toBeNull();
    expect(vrf.verify(publicKey, empty, Uint8Array.of(...proof, 0))).toBeNull();
    expect(vrf.verify(publicKey.subarray(1), empty, proof)).toBeNull();
    expect(vrf.claimedOutput(proof.subarray(1))).toBeNull();
  });

  it("gives one output whatever is added to gamma that clearing the cofactor takes away, and takes no such proof", () => {
    const gamma = ed25519.Point.fromBytes(proof.subarray(0, 32));
    for (const torsion of ED25519_TORSION_SUBGROUP.slice(1)) {
      const moved = with32(proof, 0, gamma.add(ed25519.Point.fromHex(torsion)).toBytes());
      expect(vrf.claimedOutput(moved)).toEqual(hex(vector.output));
      expect(vrf.verify(publicKey, empty, moved)).toBeNull();
    }
  });

  it("proves any message with any secret, to whoever has the key, and never the same value twice", () => {
    const seen = new Set<string>();
    const secret = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(secret, fc.uint8Array({ maxLength: 100 }), (key, message) => {
        const made = vrf.prove(key, message);
        const output = vrf.verify(vrfPublicKey(key), message, made);
        expect(output).toHaveLength(64);
        expect(vrf.claimedOutput(made)).toEqual(output);
        expect(vrf.prove(key, message)).toEqual(made);
        seen.add(`${toHex(key)} ${toHex(message)} ${toHex(output as Uint8Array)}`);
        expect(vrf.verify(vrfPublicKey(key), Uint8Array.of(...message, 0), made)).toBeNull();
      }),
      { numRuns: 25 },
    );
    expect(new Set([...seen].map((text) => text.split(" ")[2])).size).toBe(seen.size);
  });

  it("never throws on whatever comes as key or proof", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 90 }), fc.uint8Array({ minLength: 80, maxLength: 80 }), (key, noise) => {
        expect(vrf.verify(key, key, noise)).toBeNull();
        expect(vrf.verify(publicKey, key, noise)).toBeNull();
      }),
    );
  });
});

it("a proof of one suite is none of the other", () => {
  const [first, second] = [tryAndIncrement[0], elligator[0]];
  const key = hex(first?.publicKey ?? "");
  expect(elligatorVrf.verify(key, new Uint8Array(), hex(first?.proof ?? ""))).toBeNull();
  expect(vrfVerify(key, new Uint8Array(), hex(second?.proof ?? ""))).toBeNull();
});
