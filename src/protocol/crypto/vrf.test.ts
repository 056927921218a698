import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../codec/bytes.ts";
import { vrfProve, vrfPublicKey, vrfVerify } from "./vrf.ts";

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;

/** RFC 9381 appendix B.3, examples 16 to 18. */
const vectors = [
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

describe("ECVRF-EDWARDS25519-SHA512-TAI", () => {
  it.each(vectors)("passes the RFC vector for message $message", (vector) => {
    expect(toHex(vrfPublicKey(hex(vector.secret)))).toBe(vector.publicKey);
    expect(toHex(vrfProve(hex(vector.secret), hex(vector.message)))).toBe(vector.proof);
    const output = vrfVerify(hex(vector.publicKey), hex(vector.message), hex(vector.proof));
    expect(output && toHex(output)).toBe(vector.output);
  });

  it("refuses every altered byte of proof, key and message", () => {
    const [vector] = vectors as [(typeof vectors)[0]];
    fc.assert(
      fc.property(fc.nat(79), fc.integer({ min: 1, max: 255 }), (position, mask) => {
        const proof = hex(vector.proof);
        proof[position] = (proof[position] as number) ^ mask;
        expect(vrfVerify(hex(vector.publicKey), new Uint8Array(), proof)).toBeNull();
      }),
      { numRuns: 60 },
    );
    expect(vrfVerify(hex(vector.publicKey), Uint8Array.of(1), hex(vector.proof))).toBeNull();
    expect(vrfVerify(hex(vectors[1]?.publicKey ?? ""), new Uint8Array(), hex(vector.proof))).toBeNull();
  });

  it("refuses low-order keys, wrong lengths and s + q", () => {
    const [vector] = vectors as [(typeof vectors)[0]];
    const identity = new Uint8Array(32);
    identity[0] = 1;
    expect(vrfVerify(identity, new Uint8Array(), hex(vector.proof))).toBeNull();
    expect(vrfVerify(hex(vector.publicKey), new Uint8Array(), hex(vector.proof).subarray(1))).toBeNull();
    expect(vrfVerify(new Uint8Array(31), new Uint8Array(), hex(vector.proof))).toBeNull();
    const proof = hex(vector.proof);
    const order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let carry = 0;
    for (let i = 0; i < 32; i++) {
      const sum = (proof[48 + i] as number) + (order[i] as number) + carry;
      proof[48 + i] = sum & 255;
      carry = sum >> 8;
    }
    expect(vrfVerify(hex(vector.publicKey), new Uint8Array(), proof)).toBeNull();
  });
});
