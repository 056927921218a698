import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Result } from "#protocol/result.ts";
import {
  credentialName,
  type HeldCredential,
  mergeHeldCredentials,
  mostHeldCredentials,
  openCredentials,
  sealCredentials,
  withHeldCredential,
  withoutHeldCredential,
} from "./held-credentials.ts";
import { keysOfSeed } from "./keys.ts";
import { mostSealedContentsBytes } from "./vault-format.ts";

const keys = keysOfSeed(new Uint8Array(64).fill(1));
const others = keysOfSeed(new Uint8Array(64).fill(2));
const nonce = new Uint8Array(24).fill(8);

function heldOf(result: Result<readonly HeldCredential[]>): readonly HeldCredential[] {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

const letters = (alphabet: string, maxLength: number) =>
  fc.array(fc.constantFrom(...alphabet), { minLength: 1, maxLength }).map((all) => all.join(""));

const list = fc.uniqueArray(fc.record({ name: letters("abcöŋ李9_-", 64), text: letters("eyJhbGci.~-_09", 400) }), {
  selector: ({ name }) => name,
  maxLength: 20,
});

describe("credentials that are held", () => {
  const badge = heldOf(withHeldCredential([], "badge", " eyJ.x.y~ab~\n"));

  it("have one name each, and what is held already is not held twice", () => {
    expect(badge).toEqual([{ name: "badge", text: "eyJ.x.y~ab~" }]);
    expect(heldOf(withHeldCredential(badge, "other", "eyJ.x.y~ab~"))).toBe(badge);
    expect(withHeldCredential(badge, "badge", "eyJ.x.z~")).toMatchObject({
      message: expect.stringContaining("it is kept"),
    });
    const both = heldOf(withHeldCredential(badge, "a/b", "eyJ.x.z~"));
    expect(both.map(({ name }) => name)).toEqual(["a/b", "badge"]);
    expect(heldOf(withoutHeldCredential(both, "a/b"))).toEqual(badge);
    expect(withoutHeldCredential(badge, "a/b")).toMatchObject({ code: "not-found" });
    for (const text of ["", "two words", "eyJ\u001b[31m", "é"])
      expect(withHeldCredential([], "x", text)).toMatchObject({ code: "bad-credential" });
    for (const name of ["", " ", ".", "/x", "a b", "a\u202eb", "x".repeat(65)])
      expect(credentialName(name)).toMatchObject({ code: "invalid-argument" });
    const full = Array.from({ length: mostHeldCredentials }, (_, n) => ({ name: `n${n}`, text: `t${n}` }));
    expect(withHeldCredential(full, "late", "t")).toMatchObject({ code: "too-many" });
  });

  it("come back from their seal whole, and from a touched one, or another's, not at all", () => {
    fc.assert(
      fc.property(list, fc.nat(), (credentials, place) => {
        const sealed = sealCredentials(credentials, keys, nonce);
        expect(openCredentials(sealed, keys)).toEqual({ ok: true, value: credentials });
        if (sealed.length === 0) return;
        expect(openCredentials(sealed, others)).toMatchObject({ code: "storage-corrupt" });
        sealed[place % sealed.length] = (sealed[place % sealed.length] as number) ^ 1;
        expect(openCredentials(sealed, keys)).toMatchObject({ code: "storage-corrupt" });
      }),
      { numRuns: 60 },
    );
    const [one] = badge as [HeldCredential];
    for (const forged of [[one, one], [{ ...one, text: "\u001b[2J" }], [{ ...one, name: "a b" }]])
      expect(openCredentials(sealCredentials(forged, keys, nonce), keys)).toMatchObject({ code: "storage-corrupt" });
  });

  it("are merged so that none is lost or renamed that is here, none is twice, and all have room", () => {
    fc.assert(
      fc.property(list, list, fc.integer({ min: 40, max: 8_000 }), (here, brought, roomBytes) => {
        const all = mergeHeldCredentials(here, brought, mostSealedContentsBytes);
        const texts = new Set([...here, ...brought].map(({ text }) => text));
        for (const one of here) expect(all).toContainEqual(one);
        expect(new Set(all.map(({ text }) => text))).toEqual(texts);
        expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
        expect(openCredentials(sealCredentials(all, keys, nonce), keys)).toEqual({ ok: true, value: all });
        const fitting = mergeHeldCredentials([], brought, roomBytes);
        expect(sealCredentials(fitting, keys, nonce).length).toBeLessThanOrEqual(roomBytes);
      }),
      { numRuns: 60 },
    );
    const renamed = mergeHeldCredentials(badge, [{ name: "badge", text: "eyJ.x.z~" }], mostSealedContentsBytes);
    expect(renamed.map(({ name }) => name)).toEqual(["badge", "badge-2"]);
  });
});
