import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "#testing/random.ts";
import { concatBytes, toHex } from "../codec/bytes.ts";
import { decode, encode } from "../codec/schema.ts";
import { limits } from "../parameters.ts";
import {
  checkShred,
  checkShredRoot,
  joinShreds,
  type Shred,
  shredBody,
  shredCode,
  shredLimits,
  shredRootOf,
  shredSchema,
  shredsOver,
} from "./shreds.ts";

const least = shredLimits.wholeBodyBytes + 1;
const bodyOf = (length: number, seed = 1): Uint8Array => new Random(seed).bytes(length);
const lengths = fc.oneof(
  fc.constantFrom(least, 3 * shredLimits.shredBytes, 3 * shredLimits.shredBytes + 1),
  fc.integer({ min: least, max: 200_000 }),
);

/** So many numbers below `bound`, drawn by a seed. */
function draw(bound: number, count: number, seed: number): ReadonlySet<number> {
  const random = new Random(seed);
  const left = Array.from({ length: bound }, (_, i) => i);
  return new Set(Array.from({ length: count }, () => left.splice(random.between(0, left.length - 1), 1)[0] as number));
}

const some = (shreds: readonly Shred[], kept: ReadonlySet<number>): (Uint8Array | null)[] =>
  shreds.map(({ bytes, index }) => (kept.has(index) ? bytes : null));

describe("shreds of a body", () => {
  it("are none up to 64 KiB, and from there on as the length says", () => {
    expect(shredRootOf(bodyOf(65_536))).toBeNull();
    expect(shredRootOf(bodyOf(65_537))).toHaveLength(32);
    expect(shredCode(65_537)).toEqual({ data: 3, parity: 3, shredBytes: 21_846 });
    expect(shredCode(limits.blockBytes)).toEqual({ data: 32, parity: 32, shredBytes: 32_768 });
    const { data, parity } = shredCode(limits.blockBytes);
    expect(data + parity).toBe(shredLimits.shreds);
  });

  it("have a pinned root: another cut is another rule", () => {
    const body = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 31) & 0xff);
    expect(toHex(shredBody(body).root)).toBe("b6329a96a7bbd41b344d2812b784372daeed77275450b2a6993163ac72cb1e84");
  });

  it("give the body from any half of them", () => {
    fc.assert(
      fc.property(lengths, fc.nat(), (length, seed) => {
        const body = bodyOf(length, seed);
        const { root, shreds } = shredBody(body);
        const { data } = shredCode(length);
        const joined = joinShreds(root, length, some(shreds, draw(shreds.length, data, seed)));
        expect(joined.ok && toHex(joined.value) === toHex(body)).toBe(true);
        const few = joinShreds(root, length, some(shreds, draw(shreds.length, data - 1, seed)));
        expect(few).toMatchObject({ ok: false, code: "not-found" });
      }),
      { numRuns: 20 },
    );
  });

  it("give the longest body from its parity alone", () => {
    const body = bodyOf(limits.blockBytes);
    const { root, shreds } = shredBody(body);
    const joined = joinShreds(root, body.length, some(shreds, new Set(shreds.slice(32).map(({ index }) => index))));
    expect(joined.ok && toHex(joined.value) === toHex(body)).toBe(true);
  });

  it("pass with their path as they are, and their encoding is one", () => {
    const { root, shreds } = shredBody(bodyOf(least));
    for (const shred of shreds) {
      expect(checkShred(root, shred)).toBeNull();
      expect(decode(shredSchema, encode(shredSchema, shred), 65_536)).toEqual({ ok: true, value: shred });
    }
  });
});

describe("a shred", () => {
  const { root, shreds } = shredBody(bodyOf(100_000));
  const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
  const refused = (shred: Shred): void => expect(checkShred(root, shred)).toMatchObject({ code: "wrong-shreds" });

  it("with any byte changed, of it or of its path, is refused", () => {
    fc.assert(
      fc.property(fc.constantFrom(...shreds), fc.nat(), fc.nat(), (shred, at, node) => {
        refused({ ...shred, bytes: flip(shred.bytes, at % shred.bytes.length) });
        const number = node % shred.path.length;
        refused({ ...shred, path: shred.path.map((hash, i) => (i === number ? flip(hash, at % 32) : hash)) });
      }),
      { numRuns: 100 },
    );
  });

  it("at another place, of another length, or with another path is refused", () => {
    const [shred, other] = shreds as [Shred, Shred];
    for (let index = 1; index < shreds.length + 2; index++) refused({ ...shred, index });
    refused({ ...shred, path: other.path });
    refused({ ...shred, path: shred.path.slice(1) });
    refused({ ...shred, path: [...shred.path, root] });
    refused({ ...shred, bytes: concatBytes(shred.bytes, Uint8Array.of(0)) });
    for (const bodyBytes of [99_999, 100_001, 200_000, 1, 0, shredLimits.wholeBodyBytes, limits.blockBytes + 1])
      refused({ ...shred, bodyBytes });
  });
});

describe("a root", () => {
  it("over pieces that are no code of one body is found out with whichever half somebody has", () => {
    fc.assert(
      fc.property(lengths, fc.nat(), fc.nat(), (length, seed, spoilt) => {
        const { shreds } = shredBody(bodyOf(length, seed));
        const pieces = shreds.map(({ bytes, index }) =>
          index === spoilt % shreds.length ? bytes.map((byte) => byte ^ 0x55) : bytes,
        );
        const wrong = shredsOver(length, pieces);
        for (const shred of wrong.shreds) expect(checkShred(wrong.root, shred)).toBeNull();
        const kept = some(wrong.shreds, draw(shreds.length, shredCode(length).data, seed));
        expect(joinShreds(wrong.root, length, kept)).toMatchObject({ ok: false, code: "badly-shredded" });
      }),
      { numRuns: 20 },
    );
  });

  it("over bytes behind the body's end is found out", () => {
    const longer = shredBody(concatBytes(bodyOf(least), Uint8Array.of(7)));
    expect(shredCode(least + 1)).toEqual(shredCode(least));
    const cut = shredsOver(
      least,
      longer.shreds.map(({ bytes }) => bytes),
    );
    expect(joinShreds(cut.root, least, some(cut.shreds, new Set([0, 1, 2])))).toMatchObject({
      ok: false,
      code: "badly-shredded",
    });
  });

  it("is what the header must say, null included", () => {
    const [short, long] = [bodyOf(65_536), bodyOf(65_537)];
    const root = shredRootOf(long) as Uint8Array;
    expect(checkShredRoot(null, short)).toBeNull();
    expect(checkShredRoot(root, long)).toBeNull();
    for (const [named, body] of [
      [null, long],
      [root, short],
      [new Uint8Array(32), long],
      [root, bodyOf(65_537, 2)],
    ] as const)
      expect(checkShredRoot(named, body)).toMatchObject({ code: "wrong-shreds" });
  });
});
