import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Result } from "#protocol/result.ts";
import { looksOf, mostNameLetters, readName } from "./contact-name.ts";
import {
  type Contact,
  mergeContacts,
  mostContacts,
  openContacts,
  sealContacts,
  withContact,
  withoutContact,
} from "./contacts.ts";
import { didOf } from "./did.ts";
import { keysOfSeed } from "./keys.ts";
import { Secret } from "./secret.ts";
import { mostSealedContactsBytes } from "./vault-format.ts";

/** Keys of people, made once: deriving takes a moment. */
const people = Array.from({ length: 4 }, (_, n) => keysOfSeed(new Uint8Array(64).fill(n + 1)).signingKey);
const did = (n: number): string => didOf(people[n] as Uint8Array);
const owner = people[0] as Uint8Array;
const keysOf = (signingKey: Uint8Array, fill = 7) => ({
  contactsSecret: new Secret(new Uint8Array(32).fill(fill)),
  signingKey,
});
const keys = keysOf(owner);
const nonce = new Uint8Array(24).fill(8);

function listOf(result: Result<readonly Contact[]>): readonly Contact[] {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

const alice = listOf(withContact([], "alice", did(1)));

describe("a name", () => {
  it("is what people call each other, in many scripts, without capitals", () => {
    for (const name of [
      "alice",
      "zoë",
      "élodie-2",
      "j.r.r_tolkien",
      "иван",
      "мария",
      "γιώργος",
      "李明",
      "さくら",
      "サーバー",
      "민준",
      "أحمد",
      "דויד",
      "नमिता",
      "สมชาย",
    ])
      expect(readName(`@${name.toUpperCase()}`), name).toMatchObject({ ok: true, value: name });
    // However it was composed.
    expect(readName("zoe\u0308")).toEqual(readName("zoë"));
  });

  it("is refused if it could be taken for another, holds what is not seen, or no name at all", () => {
    for (const wrong of [
      "",
      "@",
      "@@a",
      "a b",
      "a\u200bb",
      "a\u00adb",
      "\u3164",
      "ali\u202ece",
      "аlice",
      "aliсe",
      "р\u0430ура",
      "орех",
      "αβ".replace("αβ", "ρο"),
      "ａlice",
      "ﬁ",
      "1st",
      "-a",
      "did:key:z",
      "a/b",
      "a@b",
      "a$b",
      "x".repeat(mostNameLetters + 1),
      "𝐚lice",
      "ɑlice",
      "a\u0301\u0301\u0301z",
      "$(rm)",
      "a\nb",
    ]) {
      const read = readName(wrong);
      expect(read, JSON.stringify(wrong)).toMatchObject({
        ok: false,
        code: "invalid-argument",
        message: expect.stringContaining("Nothing was changed"),
      });
    }
  });

  it("is never refused by an exception, never an address, and read again it is itself", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (typed) => {
        const name = readName(typed);
        if (!name.ok) return;
        expect(readName(name.value)).toEqual(name);
        expect(readName(`@${name.value}`)).toEqual(name);
        expect(name.value).not.toMatch(/[\s@:$"'`*?\\|&;<>()]|\p{C}/u);
        expect([...name.value].length).toBeLessThanOrEqual(mostNameLetters);
      }),
      { numRuns: 5_000 },
    );
  });

  it("looks like those the eye mixes it up with", () => {
    for (const [one, other] of [
      ["alice", "a1ice"],
      ["alice", "aiice"],
      ["bob", "b0b"],
      ["arno", "amo"],
      ["a-b", "a_b"],
      ["jose", "josé"],
      ["vvim", "wim"],
    ])
      expect(looksOf(one as string), other).toBe(looksOf(other as string));
    expect(looksOf("alice")).not.toBe(looksOf("bob"));
  });
});

describe("names of people", () => {
  it("take one name for one address, and say what is in the way", () => {
    expect(listOf(withContact(alice, "@Alice", did(1)))).toBe(alice);
    expect(withContact(alice, "alice", did(2))).toMatchObject({
      message: expect.stringContaining("another address already"),
    });
    expect(withContact(alice, "al", did(1))).toMatchObject({ message: expect.stringContaining("@alice already") });
    expect(withContact(alice, "a1ice", did(2))).toMatchObject({
      message: expect.stringContaining("looks like @alice"),
    });
    expect(withContact(alice, "bob", "did:web:bob.example")).toMatchObject({ code: "invalid-address" });
    expect(withContact(alice, "bob", "@alice")).toMatchObject({ code: "invalid-address" });
    const both = listOf(withContact(alice, "bob", did(2)));
    expect(both.map(({ name }) => name)).toEqual(["alice", "bob"]);
    expect(listOf(withoutContact(both, "@Bob"))).toEqual(alice);
    expect(withoutContact(alice, "bob")).toMatchObject({ code: "not-found" });
    const full = Array.from({ length: mostContacts }, (_, n) => ({
      name: `n${n}x`,
      publicKey: Uint8Array.of(2, ...new Uint8Array(31), n),
    }));
    expect(withContact(full, "late", did(1))).toMatchObject({ code: "too-many" });
  });

  it("are merged so that none that is here changes its meaning", () => {
    const brought = listOf(withContact(listOf(withContact([], "a1ice", did(2))), "carol", did(3)));
    expect(mergeContacts(alice, brought).map(({ name }) => name)).toEqual(["alice", "carol"]);
    expect(mergeContacts([], brought)).toEqual(brought);
    expect(mergeContacts(alice, alice)).toEqual(alice);
  });

  it("come back from their seal whole, and from a touched one not at all", () => {
    const letters = fc.array(fc.constantFrom(..."abcdefghkmopqstuxyz"), { minLength: 1, maxLength: mostNameLetters });
    const contact = fc.record({
      name: letters.map((all) => all.join("")),
      publicKey: fc.uint8Array({ minLength: 33, maxLength: 33 }),
    });
    fc.assert(
      fc.property(fc.array(contact, { maxLength: 20 }), fc.nat(), (contacts, place) => {
        const sealed = sealContacts(contacts, keys, nonce);
        expect(openContacts(sealed, keys)).toEqual({ ok: true, value: contacts });
        if (sealed.length === 0) return;
        sealed[place % sealed.length] = (sealed[place % sealed.length] as number) ^ 1;
        expect(openContacts(sealed, keys)).toMatchObject({ code: "storage-corrupt" });
      }),
    );
    const sealed = sealContacts(alice, keys, nonce);
    expect(openContacts(sealed, keysOf(owner, 0))).toMatchObject({ code: "storage-corrupt" });
    // Another identity's names cannot be put in the place of one's own.
    expect(openContacts(sealed, keysOf(people[1] as Uint8Array))).toMatchObject({ code: "storage-corrupt" });
  });

  it("that no name could be are not believed, and the most there can be fit", () => {
    const forged = sealContacts([{ name: "аlice", publicKey: owner }], keys, nonce);
    expect(openContacts(forged, keys)).toMatchObject({ code: "storage-corrupt" });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => openContacts(bytes, keys).ok === (bytes.length === 0)),
    );
    const most = Array.from({ length: mostContacts }, () => ({ name: "李".repeat(mostNameLetters), publicKey: owner }));
    const sealed = sealContacts(most, keys, nonce);
    expect(sealed.length).toBeLessThanOrEqual(mostSealedContactsBytes);
    expect(openContacts(sealed, keys).ok).toBe(true);
  });
});
