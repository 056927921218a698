import { expect, it } from "vitest";
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { didOf } from "../did.ts";
import { keysOfSeed } from "../keys.ts";
import { toBase64url, tokenDigest } from "./jws.ts";

const [own, other] = [1, 2].map((fill) => keysOfSeed(new Uint8Array(64).fill(fill)).signingKey) as [
  Uint8Array,
  Uint8Array,
];

it("the vault signs for credentials nothing but credentials of its own and proofs", () => {
  const publicKey = own;
  const token = (header: object, payload: object): string =>
    [header, payload].map((part) => toBase64url(utf8ToBytes(JSON.stringify(part)))).join(".");
  const said = { iss: didOf(publicKey), vct: "x" };
  const proof = { aud: "a", nonce: "n", sd_hash: "h" };
  const signs = (header: object, payload: object) => tokenDigest(token(header, payload), publicKey).ok;
  expect(signs({ alg: "ES256K", typ: "dc+sd-jwt" }, said)).toBe(true);
  expect(signs({ alg: "ES256K", typ: "kb+jwt" }, proof)).toBe(true);
  expect(signs({ alg: "ES256K", typ: "dc+sd-jwt" }, { ...said, iss: didOf(other) })).toBe(false);
  expect(signs({ alg: "none", typ: "dc+sd-jwt" }, said)).toBe(false);
  expect(signs({ alg: "ES256K", typ: "JWT" }, said)).toBe(false);
  expect(signs({ alg: "ES256K", typ: "kb+jwt" }, said)).toBe(false);
  for (const text of ["", "a.b", "ab".repeat(32), "e30.e30", `${token({}, said)}.`, `${token({}, said)}.e30`]) {
    expect(tokenDigest(text, publicKey).ok).toBe(false);
  }
});
