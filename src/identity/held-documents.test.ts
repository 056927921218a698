import { describe, expect, it } from "vitest";
import { documentLimits } from "#protocol/documents/limits.ts";
import {
  documentName,
  documentNamed,
  type HeldDocument,
  mergeHeldDocuments,
  openDocuments,
  sealDocuments,
  withHeldDocument,
  withoutHeldDocument,
} from "./held-documents.ts";
import { keysOfSeed } from "./keys.ts";

const keys = keysOfSeed(new Uint8Array(64).fill(1));
const bytes = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const held = (name: string, n: number, epochs = 1): HeldDocument => ({
  name,
  id: bytes(n),
  keys: Array.from({ length: epochs }, (_, epoch) => bytes(100 + epoch)),
});

describe("documents of an identity", () => {
  it("open for its keys alone, and not with any byte changed", () => {
    const all = [held("a", 1), held("b", 2, 3)];
    const sealed = sealDocuments(all, keys, new Uint8Array(24));
    expect(openDocuments(sealed, keys)).toEqual({ ok: true, value: all });
    expect(openDocuments(new Uint8Array(), keys)).toEqual({ ok: true, value: [] });
    expect(openDocuments(sealed, keysOfSeed(new Uint8Array(64)))).toMatchObject({ code: "storage-corrupt" });
    for (let at = 0; at < sealed.length; at++) {
      const spoilt = sealed.slice();
      spoilt[at] = (spoilt[at] as number) ^ 1;
      expect(openDocuments(spoilt, keys)).toMatchObject({ ok: false });
    }
  });

  it("have one name each, and names that are names", () => {
    const one = withHeldDocument([], held("notes", 1));
    if (!one.ok) throw new Error(one.message);
    expect(withHeldDocument(one.value, held("notes", 1))).toEqual(one);
    expect(withHeldDocument(one.value, held("notes", 2))).toMatchObject({ code: "invalid-argument" });
    expect(withHeldDocument(one.value, held("other", 1))).toMatchObject({
      message: expect.stringMatching(/`edit notes`/),
    });
    for (const bad of ["", "-x", "a b", "a/b", "x".repeat(33), "a\u202eb"]) expect(documentName(bad).ok).toBe(false);
    expect(documentNamed(one.value, "notes").ok).toBe(true);
    expect(withoutHeldDocument(one.value, "notes")).toEqual({ ok: true, value: [] });
    expect(withoutHeldDocument(one.value, "none")).toMatchObject({ code: "not-found" });
    const many = Array.from({ length: documentLimits.documents }, (_, n) => held(`d${n}`, n));
    expect(withHeldDocument(many, held("more", 200))).toMatchObject({ code: "too-many" });
  });

  it("come together with another device's: the newer keys of one, both of two that share a name", () => {
    const merged = mergeHeldDocuments([held("a", 1), held("b", 2)], [held("x", 1, 2), held("b", 3)]);
    expect(merged).toEqual([{ ...held("a", 1, 2) }, held("b", 2), held("b-2", 3)]);
  });
});
