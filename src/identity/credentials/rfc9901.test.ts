import { createHash } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { describe, expect, it } from "vitest";
import { concatBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { checkCredential } from "./check.ts";
import { fromBase64url, isObject, type JsonObject } from "./jws.ts";
import { readCredential } from "./read.ts";

/** Examples of RFC 9901 (sections 5.1, 5.2, A.1, A.3); their keys are those of its appendix A.5. */
const issuer = {
  x: "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
  y: "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8",
};

const head = "eyJhbGciOiAiRVMyNTYiLCAidHlwIjogImV4YW1wbGUrc2Qtand0In0.";

const token = `${head}eyJfc2QiOiBbIkNyUWU3UzVrcUJBSHQtbk1ZWGdjNmJkdDJTSDVhVFkxc1VfTS1QZ2tqUEkiLCAiSnpZakg0c3ZsaUgwUjNQeUVNZmVadTZKdDY5dTVxZWhabzdGN0VQWWxTRSIsICJQb3JGYnBLdVZ1Nnh5bUphZ3ZrRnNGWEFiUm9jMkpHbEFVQTJCQTRvN2NJIiwgIlRHZjRvTGJnd2Q1SlFhSHlLVlFaVTlVZEdFMHc1cnREc3JaemZVYW9tTG8iLCAiWFFfM2tQS3QxWHlYN0tBTmtxVlI2eVoyVmE1TnJQSXZQWWJ5TXZSS0JNTSIsICJYekZyendzY002R242Q0pEYzZ2Vks4QmtNbmZHOHZPU0tmcFBJWmRBZmRFIiwgImdiT3NJNEVkcTJ4Mkt3LXc1d1BFemFrb2I5aFYxY1JEMEFUTjNvUUw5Sk0iLCAianN1OXlWdWx3UVFsaEZsTV8zSmx6TWFTRnpnbGhRRzBEcGZheVF3TFVLNCJdLCAiaXNzIjogImh0dHBzOi8vaXNzdWVyLmV4YW1wbGUuY29tIiwgImlhdCI6IDE2ODMwMDAwMDAsICJleHAiOiAxODgzMDAwMDAwLCAic3ViIjogInVzZXJfNDIiLCAibmF0aW9uYWxpdGllcyI6IFt7Ii4uLiI6ICJwRm5kamtaX1ZDem15VGE2VWpsWm8zZGgta284YUlLUWM5RGxHemhhVllvIn0sIHsiLi4uIjogIjdDZjZKa1B1ZHJ5M2xjYndIZ2VaOGtoQXYxVTFPU2xlclAwVmtCSnJXWjAifV0sICJfc2RfYWxnIjogInNoYS0yNTYiLCAiY25mIjogeyJqd2siOiB7Imt0eSI6ICJFQyIsICJjcnYiOiAiUC0yNTYiLCAieCI6ICJUQ0FFUjE5WnZ1M09IRjRqNFc0dmZTVm9ISVAxSUxpbERsczd2Q2VHZW1jIiwgInkiOiAiWnhqaVdXYlpNUUdIVldLVlE0aGJTSWlyc1ZmdWVjQ0U2dDRqVDlGMkhaUSJ9fX0.MczwjBFGtzf-6WMT-hIvYbkb11NrV1WMO-jTijpMPNbswNzZ87wY2uHz-CXo6R04b7jYrpj9mNRAvVssXou1iw`;

const disclosure = {
  given: "WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd",
  family: "WyJlbHVWNU9nM2dTTklJOEVZbnN4QV9BIiwgImZhbWlseV9uYW1lIiwgIkRvZSJd",
  email: "WyI2SWo3dE0tYTVpVlBHYm9TNXRtdlZBIiwgImVtYWlsIiwgImpvaG5kb2VAZXhhbXBsZS5jb20iXQ",
  address:
    "WyJBSngtMDk1VlBycFR0TjRRTU9xUk9BIiwgImFkZHJlc3MiLCB7InN0cmVldF9hZGRyZXNzIjogIjEyMyBNYWluIFN0IiwgImxvY2FsaXR5IjogIkFueXRvd24iLCAicmVnaW9uIjogIkFueXN0YXRlIiwgImNvdW50cnkiOiAiVVMifV0",
  us: "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIlVTIl0",
};

const proof =
  "eyJhbGciOiAiRVMyNTYiLCAidHlwIjogImtiK2p3dCJ9.eyJub25jZSI6ICIxMjM0NTY3ODkwIiwgImF1ZCI6ICJodHRwczovL3ZlcmlmaWVyLmV4YW1wbGUub3JnIiwgImlhdCI6IDE3NDg1MzcyNDQsICJzZF9oYXNoIjogIjBfQWYtMkItRWhMV1g1eWRoX3cyeHp3bU82aU02NkJfMlFDRWFuSTRmVVkifQ.T3SIus2OidNl41nmVkTZVCKKhOAX97aOldMyHFiYjHm261eLiJ1YiuONFiMN8QlCmYzDlBLAdPvrXh52KaLgUQ";

/** The presentation of section 5.2, its disclosures in the order of the RFC. */
const presentation = [token, disclosure.family, disclosure.address, disclosure.given, disclosure.us, proof].join("~");

const structured = `${head}eyJfc2QiOiBbIkM5aW5wNllvUmFFWFI0Mjd6WUpQN1FyazFXSF84YmR3T0FfWVVyVW5HUVUiLCAiS3VldDF5QWEwSElRdlluT1ZkNTloY1ZpTzlVZzZKMmtTZnFZUkJlb3d2RSIsICJNTWxkT0ZGekIyZDB1bWxtcFRJYUdlcmhXZFVfUHBZZkx2S2hoX2ZfOWFZIiwgIlg2WkFZT0lJMnZQTjQwVjd4RXhad1Z3ejd5Um1MTmNWd3Q1REw4Ukx2NGciLCAiWTM0em1JbzBRTExPdGRNcFhHd2pCZ0x2cjE3eUVoaFlUMEZHb2ZSLWFJRSIsICJmeUdwMFdUd3dQdjJKRFFsbjFsU2lhZW9iWnNNV0ExMGJRNTk4OS05RFRzIiwgIm9tbUZBaWNWVDhMR0hDQjB1eXd4N2ZZdW8zTUhZS08xNWN6LVJaRVlNNVEiLCAiczBCS1lzTFd4UVFlVTh0VmxsdE03TUtzSVJUckVJYTFQa0ptcXhCQmY1VSJdLCAiaXNzIjogImh0dHBzOi8vaXNzdWVyLmV4YW1wbGUuY29tIiwgImlhdCI6IDE2ODMwMDAwMDAsICJleHAiOiAxODgzMDAwMDAwLCAiYWRkcmVzcyI6IHsiX3NkIjogWyI2YVVoelloWjdTSjFrVm1hZ1FBTzN1MkVUTjJDQzFhSGhlWnBLbmFGMF9FIiwgIkF6TGxGb2JrSjJ4aWF1cFJFUHlvSnotOS1OU2xkQjZDZ2pyN2ZVeW9IemciLCAiUHp6Y1Z1MHFiTXVCR1NqdWxmZXd6a2VzRDl6dXRPRXhuNUVXTndrclEtayIsICJiMkRrdzBqY0lGOXJHZzhfUEY4WmN2bmNXN3p3Wmo1cnlCV3ZYZnJwemVrIiwgImNQWUpISVo4VnUtZjlDQ3lWdWIyVWZnRWs4anZ2WGV6d0sxcF9KbmVlWFEiLCAiZ2xUM2hyU1U3ZlNXZ3dGNVVEWm1Xd0JUdzMyZ25VbGRJaGk4aEdWQ2FWNCIsICJydkpkNmlxNlQ1ZWptc0JNb0d3dU5YaDlxQUFGQVRBY2k0MG9pZEVlVnNBIiwgInVOSG9XWWhYc1poVkpDTkUyRHF5LXpxdDd0NjlnSkt5NVFhRnY3R3JNWDQiXX0sICJfc2RfYWxnIjogInNoYS0yNTYifQ.JwMde4aGprmyUSPPl4SB5Woe7cBBzxEYyIUiMApNTMZuYjdKjoJ09F1V5KQ0Q0d6AzvMCuZBEQSxuhJwQVZRMg~WyJHMDJOU3JRZmpGWFE3SW8wOXN5YWpBIiwgInJlZ2lvbiIsICJcdTZlMmZcdTUzM2EiXQ~WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgImNvdW50cnkiLCAiSlAiXQ~`;

function keyOf({ x, y }: { x: string; y: string }): Uint8Array {
  return concatBytes(Uint8Array.of(4), fromBase64url(x) as Uint8Array, fromBase64url(y) as Uint8Array);
}

const signedBy = (key: { x: string; y: string }) => (signed: string, signature: Uint8Array) =>
  p256.verify(signature, utf8ToBytes(signed), keyOf(key), { lowS: false });

/** Checks an example under the RFC's keys. */
async function check(text: string, { withProof = false } = {}) {
  const read = readCredential(text);
  if (!read.ok) return read;
  const { cnf } = read.value.token.payload as { cnf?: { jwk: { x: string; y: string } } };
  return checkCredential(read.value, {
    isIssuers: signedBy(issuer),
    isHolders: withProof && cnf !== undefined ? signedBy(cnf.jwk) : null,
  });
}

describe("the examples of RFC 9901", () => {
  it("hold with all, some and none of their claims shown", async () => {
    const all = await check([token, ...Object.values(disclosure), ""].join("~"));
    expect(all).toMatchObject({
      ok: true,
      value: { claims: { given_name: "John", email: "johndoe@example.com", nationalities: ["US"], sub: "user_42" } },
    });
    const none = await check(`${token}~`);
    expect(none.ok && Object.keys(none.value.claims).sort()).toEqual(
      ["iss", "iat", "exp", "sub", "nationalities", "cnf"].sort(),
    );
    expect(none).toMatchObject({ value: { claims: { nationalities: [] } } });
    expect(readCredential(`${token}~`)).toMatchObject({ ok: true, value: { hidden: 10 } });
  });

  it("hold as presented in section 5.2, with the holder's proof", async () => {
    const presented = await check(presentation, { withProof: true });
    expect(presented).toMatchObject({
      ok: true,
      value: {
        claims: {
          given_name: "John",
          family_name: "Doe",
          address: { street_address: "123 Main St", locality: "Anytown", region: "Anystate", country: "US" },
          nationalities: ["US"],
        },
        binding: { audience: "https://verifier.example.org", nonce: "1234567890", madeAtMs: 1_748_537_244_000 },
      },
    });
    expect(presented.ok && "email" in presented.value.claims).toBe(false);
  });

  it("hold where claims stand within claims (A.1)", async () => {
    const read = await check(structured);
    expect(read).toMatchObject({ ok: true, value: { claims: { address: { region: "港区", country: "JP" } } } });
  });

  it("are refused with any one character changed, added or left out", async () => {
    for (let at = 0; at < presentation.length; at += 7) {
      const other = presentation[at] === "A" ? "B" : "A";
      const changed = presentation.slice(0, at) + other + presentation.slice(at + 1);
      expect((await check(changed, { withProof: true })).ok, `changed at ${at}`).toBe(false);
      const shorter = presentation.slice(0, at) + presentation.slice(at + 1);
      expect((await check(shorter, { withProof: true })).ok, `left out at ${at}`).toBe(false);
    }
  });

  it("are refused with a claim taken from or added to what was presented, or twice", async () => {
    for (const text of [
      presentation.replace(`~${disclosure.us}`, ""),
      presentation.replace(`~${proof}`, `~${disclosure.email}~${proof}`),
    ]) {
      expect(await check(text, { withProof: true })).toMatchObject({ ok: false, code: "bad-credential" });
    }
    for (const text of [
      `${token}~${disclosure.us}~${disclosure.us}~`,
      // A disclosure of another credential.
      `${token}~WyJHMDJOU3JRZmpGWFE3SW8wOXN5YWpBIiwgInJlZ2lvbiIsICJcdTZlMmZcdTUzM2EiXQ~`,
      token,
      "",
      "~",
    ]) {
      expect(readCredential(text)).toMatchObject({ ok: false, code: "bad-credential" });
    }
  });
});

/** A token of a payload, not signed, with disclosures. */
function unsigned(payload: JsonObject, ...disclosures: readonly string[]): string {
  const text = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return [`${text({ alg: "ES256K", typ: "dc+sd-jwt" })}.${text(payload)}.`, ...disclosures, ""].join("~");
}

const encoded = (parts: readonly unknown[]): string => Buffer.from(JSON.stringify(parts)).toString("base64url");

const digestOf = (disclosure: string): string => createHash("sha256").update(disclosure).digest("base64url");

describe("what the library would let pass", () => {
  it.each<[string, (name: string, digest: string) => JsonObject, readonly unknown[]]>([
    [
      "a claim in clear replaced by a disclosure",
      (_name, digest) => ({ iss: "me", _sd: [digest] }),
      ["s", "iss", "you"],
    ],
    ["a digest that stands twice", (_name, digest) => ({ _sd: [digest], in: { _sd: [digest] } }), ["s", "a", 1]],
    ["an entry of a list in an object", (_name, digest) => ({ _sd: [digest] }), ["s", 1]],
    ["a claim in a list", (_name, digest) => ({ list: [{ "...": digest }] }), ["s", "a", 1]],
    ["a disclosure called _sd", (_name, digest) => ({ _sd: [digest] }), ["s", "_sd", []]],
    ["a disclosure called __proto__", (_name, digest) => ({ _sd: [digest] }), ["s", "__proto__", {}]],
    ["a disclosure that nothing refers to", () => ({ _sd: [] }), ["s", "a", 1]],
    ["digests that are no texts", (_name, digest) => ({ _sd: [digest, 1] }), ["s", "a", 1]],
    ["a list's digest with company", (_name, digest) => ({ list: [{ "...": digest, a: 1 }] }), ["s", 1]],
  ])("is refused: %s", (name, payloadOf, parts) => {
    const disclosure = encoded(parts);
    expect(readCredential(unsigned(payloadOf(name, digestOf(disclosure)), disclosure))).toMatchObject({
      ok: false,
      code: "bad-credential",
    });
  });

  it("takes none of the depth that JSON allows", () => {
    const deep = JSON.parse(`${"[".repeat(40)}${"]".repeat(40)}`);
    expect(readCredential(unsigned({ deep })).ok).toBe(false);
    expect(isObject(deep)).toBe(false);
  });
});
