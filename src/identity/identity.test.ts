import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, fromHex, toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { Random } from "#testing/random.ts";
import { didOf, publicKeyOfDid } from "./did.ts";
import { keysOfSeed } from "./keys.ts";
import { parsePhrase, phraseFromEntropy, seedOfPhrase } from "./phrase.ts";
import {
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
      message: expect.stringContaining('Word 4, "yeer"'),
    });
    expect(parsePhrase("winner legal thank year wave sausage worth useful legal winner thank yellow")).toMatchObject({
      message: expect.stringContaining("swapped"),
    });
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
    for (const wrong of [
      "",
      "alice",
      "did:web:example.org",
      "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
      `${did}1`,
    ]) {
      expect(publicKeyOfDid(wrong)).toMatchObject({ ok: false, code: "invalid-address" });
    }
  });
});

describe("vault", () => {
  /** A quick stand-in for Argon2id: the real one is tested in platform/browser; the format is what is tested here. */
  const kdf: PassphraseKdf = (passphrase, salt, cost) =>
    Promise.resolve(sha256(concatBytes(utf8ToBytes(passphrase.normalize("NFKD")), salt, Uint8Array.of(cost.passes))));
  const cost = { memoryKib: 64, passes: 1, lanes: 1 };
  const keys = keysOfSeed(new Uint8Array(64).fill(1));
  const make = (passphrase: string, entropy: Uint8Array) => {
    const random = new Random(3);
    return createVaultFile({ entropy, publicKey: keys.signingKey }, passphrase, cost, {
      kdf,
      random: (n) => random.bytes(n),
    });
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
