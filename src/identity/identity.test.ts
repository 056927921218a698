import { inspect } from "node:util";
import { sha256 } from "@noble/hashes/sha2.js";
import { HDKey, HARDENED_OFFSET as hardened } from "@scure/bip32";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, fromHex, toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";
import { byteString, bytes32, encode, record, unsigned } from "#protocol/codec/schema.ts";
import { publicKeyOf } from "#protocol/crypto/signature.ts";
import { Random } from "#testing/random.ts";
import { didOf, publicKeyOfDid } from "./did.ts";
import { keysOfSeed } from "./keys.ts";
import { parsePhrase, phraseFromEntropy, seedOfPhrase } from "./phrase.ts";
import { Secret } from "./secret.ts";
import {
  changeVaultPassphrase,
  checkPassphrase,
  createVaultFile,
  markBackedUp,
  type PassphraseKdf,
  readVaultFile,
  unlockVaultFile,
} from "./vault.ts";

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
    const keys = keysOfSeed(seed);
    seed.fill(0);
    expect(keys.signingSecret.use((secret) => toHex(secret))).toBe(toHex(expected as Uint8Array));
    expect(toHex(keys.signingKey)).toBe(toHex(publicKeyOf(expected as Uint8Array)));
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

describe("vault", () => {
  /** A quick stand-in for Argon2id: the real one is tested in platform/browser; the format is what is tested here. */
  const kdf: PassphraseKdf = (passphrase, salt, cost) =>
    Promise.resolve(sha256(concatBytes(utf8ToBytes(passphrase.normalize("NFKD")), salt, Uint8Array.of(cost.passes))));
  const cost = { memoryKib: 64, passes: 1, lanes: 1 };
  const keys = keysOfSeed(new Uint8Array(64).fill(1));
  const random = new Random(3);
  const tools = { kdf, random: (length: number) => random.bytes(length) };
  const make = async (passphrase: string, entropy: Uint8Array): Promise<Uint8Array> => {
    const file = await createVaultFile({ entropy, publicKey: keys.signingKey }, passphrase, cost, tools);
    if (!file.ok) throw new Error(file.message);
    return file.value;
  };

  it("opens with its passphrase, any text, however it was composed", async () => {
    const entropies = fc.uint8Array({ minLength: 16, maxLength: 16 });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), entropies, async (passphrase, entropy) => {
        const file = await make(passphrase, entropy);
        expect(await unlockVaultFile(file, passphrase.normalize("NFC"), kdf)).toEqual({ ok: true, value: entropy });
        expect(await unlockVaultFile(file, `${passphrase}x`, kdf)).toMatchObject({ code: "wrong-passphrase" });
      }),
      { numRuns: 40 },
    );
  });

  it("tells damage from a wrong passphrase for every byte, and never gives wrong keys", async () => {
    const file = await make("correct horse", new Uint8Array(16));
    for (let place = 0; place < file.length; place++) {
      const damaged = file.slice();
      damaged[place] = (damaged[place] as number) ^ 0x20;
      expect(await unlockVaultFile(damaged, "correct horse", kdf)).toMatchObject({ code: "storage-corrupt" });
    }
  });

  it("tells a newer app's vault from a damaged one", async () => {
    // Same envelope, another version, a body that this version cannot read.
    const body = new Uint8Array(3);
    const envelope = record({ version: unsigned(0xffff), body: byteString(0, 99), checksum: bytes32 });
    const checksum = taggedHash("aether/checksum/1", Uint8Array.of(0, 2), body);
    const newer = encode(envelope, { version: 2, body, checksum });
    expect(readVaultFile(newer)).toMatchObject({ code: "unknown-version" });
    expect(await unlockVaultFile(newer, "correct horse", kdf)).toMatchObject({ code: "unknown-version" });
  });

  it("changes its passphrase without touching what it protects", async () => {
    const entropy = new Uint8Array(16).fill(9);
    const file = await make("correct horse", entropy);
    const wrong = await changeVaultPassphrase(file, { old: "wrong horse", new: "battery staple" }, cost, tools);
    expect(wrong).toMatchObject({ code: "wrong-passphrase" });
    const costly = { ...cost, passes: 2 };
    const changed = await changeVaultPassphrase(file, { old: "correct horse", new: "battery staple" }, costly, tools);
    if (!changed.ok) throw new Error(changed.message);
    expect(await unlockVaultFile(changed.value, "battery staple", kdf)).toEqual({ ok: true, value: entropy });
    expect(await unlockVaultFile(changed.value, "correct horse", kdf)).toMatchObject({ code: "wrong-passphrase" });
    // The sealed part (16 bytes and their tag, before the checksum) is byte for byte the old one.
    const sealedOf = (bytes: Uint8Array): string => toHex(bytes.subarray(-34 - 32, -34));
    expect(sealedOf(changed.value)).toBe(sealedOf(file));
  });

  it("says so when the device cannot bear the cost", async () => {
    const broken: PassphraseKdf = () => Promise.reject(new RangeError("no memory"));
    const file = await make("correct horse", new Uint8Array(16));
    expect(await unlockVaultFile(file, "correct horse", broken)).toMatchObject({ code: "out-of-memory" });
  });

  it("remembers that it was backed up, and shows what is public while locked", async () => {
    const file = await make("correct horse", new Uint8Array(16));
    expect(readVaultFile(file)).toEqual({ ok: true, value: { publicKey: keys.signingKey, backedUp: false } });
    const marked = markBackedUp(file);
    expect(marked.ok && readVaultFile(marked.value)).toMatchObject({ value: { backedUp: true } });
    expect(marked.ok && (await unlockVaultFile(marked.value, "correct horse", kdf))).toMatchObject({ ok: true });
  });

  it("asks for a passphrase that is one", () => {
    for (const weak of ["", "short", "password", "aaaaaaaaaaaa"])
      expect(checkPassphrase(weak)).toMatchObject({ code: "weak-passphrase" });
    expect(checkPassphrase("correct horse").ok).toBe(true);
  });
});
