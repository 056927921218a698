import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex } from "#protocol/codec/bytes.ts";
import type { HeldFile } from "#protocol/files/held-file.ts";
import { mostFileBytes } from "#protocol/files/manifest.ts";
import { mergeHeldFiles, openHeldFiles, sealHeldFiles, withHeldFiles } from "./held-files.ts";
import { keysOfSeed } from "./keys.ts";

const keys = keysOfSeed(new Uint8Array(64).fill(1));
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const heldFile: fc.Arbitrary<HeldFile> = fc.record({
  kind: fc.nat(2),
  name: fc.stringMatching(/^[\wäé漢 ./-]{1,40}$/u),
  digest: bytes32,
  key: bytes32,
  secret: bytes32,
  of: fc.oneof(bytes32, fc.constant(new Uint8Array())),
  sizeBytes: fc.integer({ min: 0, max: mostFileBytes }),
  data: fc.nat(255),
  parity: fc.nat(255),
  madeAtMs: fc.nat(),
  untilMs: fc.nat(),
  pinnedUntilMs: fc.constantFrom(0, 5, Number.MAX_SAFE_INTEGER),
  readers: fc.option(fc.array(fc.uint8Array({ minLength: 33, maxLength: 33 }), { maxLength: 16 })),
});
const someFiles = fc.uniqueArray(heldFile, { maxLength: 8, selector: ({ name }) => name });

describe("files among peers that an identity remembers", () => {
  it("open for its keys alone, as they were", () => {
    fc.assert(
      fc.property(someFiles, (some) => {
        const held = withHeldFiles([], { remove: [], add: some });
        if (!held.ok) throw new Error(held.message);
        const sealed = sealHeldFiles(held.value, keys, new Uint8Array(24));
        expect(openHeldFiles(sealed, keys)).toEqual(held);
        if (some.length > 0)
          expect(openHeldFiles(sealed, keysOfSeed(new Uint8Array(64)))).toMatchObject({ code: "storage-corrupt" });
      }),
      { numRuns: 30 },
    );
  });

  it("open as they were written before it was remembered whom a link was made for", () => {
    // Made by the build of 2026-11-23 before that.
    const sealed = fromHex(
      [
        "09090909090909090909090909090909090909090909090965341ff7800a56ba427575166c5bb7038ef23db441aeba9b",
        "7012f581223b60171e1a253d7e57dc7f6cbe1be9c2f4d1a576227cd39649f69bf9cb0339b6222f4a75d2926cc5a9c0c8",
        "f9f284a611bed18a0a6827f657e83ac500b83db899f325770825e32b7c50cc9162cbee7b3b341f2f774005fdc1b6e0d8",
        "61871eac8ab420c4d1bd813b2821ff633e",
      ].join(""),
    );
    const bytes = (fill: number) => new Uint8Array(32).fill(fill);
    expect(openHeldFiles(sealed ?? new Uint8Array(1), keys)).toEqual({
      ok: true,
      value: [
        {
          ...{ kind: 0, name: "old.txt", digest: bytes(1), key: bytes(2), sizeBytes: 10, data: 2, parity: 1 },
          ...{ secret: bytes(3), of: new Uint8Array(), madeAtMs: 4, untilMs: 5, pinnedUntilMs: 6, readers: null },
        },
      ],
    });
  });

  it("do not open with any byte changed", () => {
    const [one] = fc.sample(heldFile, { numRuns: 1, seed: 4 }) as [HeldFile];
    const sealed = sealHeldFiles([one], keys, new Uint8Array(24));
    for (let at = 0; at < sealed.length; at++) {
      const spoilt = sealed.slice();
      spoilt[at] = (spoilt[at] as number) ^ 1;
      expect(openHeldFiles(spoilt, keys)).toMatchObject({ ok: false });
    }
  });

  it("have one name each while they are kept, and names that print", () => {
    const [one, other] = fc.sample(heldFile, { numRuns: 2, seed: 5 }) as [HeldFile, HeldFile];
    const kept = { ...one, kind: 0, name: "a" };
    const same = { ...other, kind: 0, name: "a" };
    expect(withHeldFiles([kept], { remove: [], add: [same] })).toMatchObject({ code: "invalid-argument" });
    // A new version takes the place of the old one in one step.
    expect(withHeldFiles([kept], { remove: [kept.digest], add: [same] })).toEqual({ ok: true, value: [same] });
    expect(withHeldFiles([kept], { remove: [], add: [{ ...same, kind: 1 }] }).ok).toBe(true);
    for (const bad of ["", "a\nb", "a\u202eb", "x".repeat(256)])
      expect(withHeldFiles([], { remove: [], add: [{ ...kept, name: bad }] })).toMatchObject({ ok: false });
    const many = Array.from({ length: 257 }, (_, n) => ({ ...kept, name: `${n}`, digest: Uint8Array.of(n, n >> 8) }));
    expect(withHeldFiles([], { remove: [], add: many })).toMatchObject({ code: "too-many" });
  });

  it("come together with another device's: nothing that is here goes, and names stay apart, in whatever order", () => {
    fc.assert(
      fc.property(someFiles, someFiles, (here, brought) => {
        const merged = mergeHeldFiles(here, brought, 60_000);
        expect(withHeldFiles([], { remove: [], add: merged }).ok).toBe(true);
        expect(merged).toHaveLength(here.length + brought.length);
        expect(merged).toEqual(expect.arrayContaining([...here]));
        expect(mergeHeldFiles(merged, brought, 60_000)).toEqual(merged);
        expect(mergeHeldFiles(here, brought, 0)).toEqual(here);
      }),
      { numRuns: 30 },
    );
  });
});
