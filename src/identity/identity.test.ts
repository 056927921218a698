import { inspect } from "node:util";
import { HDKey, HARDENED_OFFSET as hardened } from "@scure/bip32";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";
import { publicKeyOf } from "#protocol/crypto/signature.ts";
import { didOf, publicKeyOfDid } from "./did.ts";
import { accountsOfSeed, keysOfSeed, wipeKeys } from "./keys.ts";
import { parsePhrase, phraseFromEntropy, seedOfPhrase } from "./phrase.ts";
import { Secret } from "./secret.ts";

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;

describe("phrases", () => {
  /** Trezor's BIP39 vectors (the seeds there use the passphrase TREZOR; the words are the same without). */
  it.each([
    [
      "00000000000000000000000000000000",
      "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
    ],
    ["7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f", "legal winner thank year wave sausage worth useful legal winner thank yellow"],
    ["ffffffffffffffffffffffffffffffff", "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong"],
  ])("of %s is the standard's", (entropy, phrase) => {
    expect(phraseFromEntropy(hex(entropy))).toBe(phrase);
    expect(parsePhrase(`  ${phrase.toUpperCase()} `)).toEqual({ ok: true, value: phrase });
  });

  it("gives the well-known seed without passphrase", () => {
    const seed = seedOfPhrase(
      "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
    );
    expect(toHex(seed)).toBe(
      "5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc19a5ac40b389cd370d086206dec8aa6c43daea6690f20ad3d8d48b2d2ce9e38e4",
    );
  });

  it("names the word that is wrong", () => {
    expect(parsePhrase("legal winner")).toMatchObject({ message: expect.stringContaining("these are 2") });
    expect(parsePhrase("legal winner thank yeer wave sausage worth useful legal winner thank yellow")).toMatchObject({
      message: expect.stringMatching(/Word 4, "yeer", is not on the list\. Did you mean .*year/),
    });
    expect(parsePhrase("winner legal thank year wave sausage worth useful legal winner thank yellow")).toMatchObject({
      message: expect.stringContaining("swapped"),
    });
  });
});

describe("keys", () => {
  /** BIP32's own vectors 1 and 2: our way of walking a path, child by child, ends where the standard says. */
  it.each([
    [
      "000102030405060708090a0b0c0d0e0f",
      [hardened, 1, hardened + 2, 2, 1_000_000_000],
      "xprvA41z7zogVVwxVSgdKUHDy1SKmdb533PjDz7J6N6mV6uS3ze1ai8FHa8kmHScGpWmj4WggLyQjgPie1rFSruoUihUZREPSL39UNdE3BBDu76",
    ],
    [
      "fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a8784817e7b7875726f6c696663605d5a5754514e4b484542",
      [0, hardened + 2_147_483_647, 1, hardened + 2_147_483_646, 2],
      "xprvA2nrNbFZABcdryreWet9Ea4LvTJcGsqrMzxHx98MMrotbir7yrKCEXw7nadnHM8Dq38EGfSh6dqA9QWTyefMLEcBYJUuekgW4BYPJcr9E7j",
    ],
  ])("BIP32 vector of seed %s", (seed, path, expected) => {
    const last = path.reduce((node, index) => node.deriveChild(index), HDKey.fromMasterSeed(hex(seed)));
    expect(last.privateExtendedKey).toBe(expected);
  });

  it("are those of the documented path, and wiping the seed afterwards does not touch them", () => {
    const seed = hex("000102030405060708090a0b0c0d0e0f");
    const expected = HDKey.fromMasterSeed(seed).derive("m/44'/7373'/0'/0/0").privateKey;
    const encryption = HDKey.fromMasterSeed(seed).derive("m/44'/7373'/0'/2'/0'").privateKey as Uint8Array;
    const keys = keysOfSeed(seed);
    seed.fill(0);
    expect(keys.signingSecret.use((secret) => toHex(secret))).toBe(toHex(expected as Uint8Array));
    expect(toHex(keys.signingKey)).toBe(toHex(publicKeyOf(expected as Uint8Array)));
    const seedOfEncryption = toHex(taggedHash("aether/encryption-seed/1", encryption));
    expect(keys.encryptionSeed.use((secret) => toHex(secret))).toBe(seedOfEncryption);
    const work = HDKey.fromMasterSeed(hex("000102030405060708090a0b0c0d0e0f")).derive("m/44'/7373'/1'/0/0").privateKey;
    expect(
      accountsOfSeed(hex("000102030405060708090a0b0c0d0e0f"), 2)[1]?.signingSecret.use((secret) => toHex(secret)),
    ).toBe(toHex(work as Uint8Array));
    wipeKeys(keys);
    expect(() => keys.signingSecret.use(() => null)).toThrow();
    expect(() => keys.encryptionSeed.use(() => null)).toThrow();
  });
});

describe("secrets", () => {
  const bytes = () => new Uint8Array(32).fill(0xab);

  it("cannot be printed, serialised, enumerated or posted", () => {
    const secret = new Secret(bytes());
    const shown = [String(secret), `${secret}`, JSON.stringify({ secret }), inspect({ secret }), inspect(secret)];
    for (const text of shown) expect(text).not.toMatch(/171|ab,|abab/i);
    expect(Reflect.ownKeys(secret)).toEqual([]);
    expect(structuredClone(secret)).toEqual({});
  });

  it("are overwritten when wiped, and never used again", () => {
    const held = bytes();
    const secret = new Secret(held);
    secret.zero();
    expect(held).toEqual(new Uint8Array(32));
    expect(() => secret.use((lent) => lent.length)).toThrow("wiped");
  });
});

describe("did:key", () => {
  /** From the did:key method's test vectors for secp256k1. */
  it.each([
    "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
    "did:key:zQ3shtxV1FrJfhqE1dvxYRcCknWNjHc3c5X1y3ZSoPDi2aur2",
    "did:key:zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N",
  ])("%s is read and written as the method says", (did) => {
    const key = publicKeyOfDid(did);
    expect(key.ok && didOf(key.value)).toBe(did);
  });

  it("refuses every single mistyped character or names another key, and never throws", () => {
    const did = didOf(keysOfSeed(new Uint8Array(64).fill(5)).signingKey);
    fc.assert(
      fc.property(fc.nat(did.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (place, character) => {
        const typed = did.slice(0, place) + character + did.slice(place + 1);
        const key = publicKeyOfDid(typed);
        if (key.ok) expect(didOf(key.value)).toBe(typed);
      }),
    );
    for (const wrong of ["", "alice", "did:web:example.org", `${did}#${did.slice(8)}`, `${did}1`]) {
      expect(publicKeyOfDid(wrong)).toMatchObject({ ok: false, code: "invalid-address" });
    }
  });

  it("says of which kind another method's key is", () => {
    expect(publicKeyOfDid("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK")).toMatchObject({
      message: expect.stringContaining("an Ed25519 key"),
    });
  });
});
