/** Rotations of a document's key: who may make them, which of two histories counts, and what was written by whom then counts. */
import { describe, expect, it } from "vitest";
import { toHex } from "../codec/bytes.ts";
import { publicKeyOf, signDigest } from "../crypto/signature.ts";
import { documentLimits } from "./limits.ts";
import {
  encodeRotation,
  foundedId,
  newestLink,
  permitted,
  preferredRotations,
  type RotationBody,
  type Rotations,
  readRotations,
  rotationDigest,
  rotationLink,
} from "./rotation.ts";
import { chainOf, noLink } from "./update.ts";

const secret = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const key = (n: number): Uint8Array => publicKeyOf(secret(n));
const [ann, bob, cy, dan, eve] = [1, 2, 3, 4, 5] as const;
const salt = new Uint8Array(32).fill(9);
const document = foundedId(key(ann), salt);
const replica = new Uint8Array(16);

/** A rotation after others, by one who removes some of those in it. */
function made(
  after: readonly Uint8Array[],
  by: number,
  stay: number[],
  gone: number[],
  change: Partial<RotationBody> = {},
) {
  const last = after.at(-1);
  const body: RotationBody = {
    document,
    epoch: after.length + 1,
    basis: last === undefined ? noLink : rotationLink(last),
    salt: last === undefined ? salt : null,
    author: key(by),
    madeAtMs: 1,
    members: stay.map(key),
    removed: gone.map(key),
    marks: [],
    formerCheck: secret(0),
    check: secret(1),
    former: new Uint8Array(72),
    wraps: stay.map(() => ({ encapsulation: new Uint8Array(1_120), sealed: new Uint8Array(48) })),
    ...change,
  };
  const bytes = encodeRotation({ type: "rotation", ...body, signature: signDigest(rotationDigest(body), secret(by)) });
  return [...after, bytes];
}

function read(all: readonly Uint8Array[]): Rotations {
  const rotations = readRotations(all, document);
  if (!rotations.ok) throw new Error(rotations.message);
  return rotations.value;
}

const first = made([], ann, [ann, bob, cy, dan], [eve]);

describe("a rotation", () => {
  it("is made first by who began the document, then by those who were in it before the one they remove", () => {
    expect(read(first).all).toHaveLength(1);
    expect(readRotations(made(first, cy, [ann, bob, cy], [dan]), document).ok).toBe(true);
    expect(readRotations(made(first, dan, [ann, bob, dan], [cy]), document)).toMatchObject({ code: "wrong-holder" });
    expect(readRotations(made([], bob, [bob, ann], [eve]), document)).toMatchObject({ code: "wrong-holder" });
    expect(readRotations(made([], bob, [bob], [ann], { salt: secret(3) }), document)).toMatchObject({
      code: "wrong-holder",
    });
  });

  it("is refused from who was removed, and from who was never in it", () => {
    const second = made(first, bob, [ann, bob, dan], [cy]);
    expect(readRotations(made(second, cy, [ann, bob, cy], [dan]), document)).toMatchObject({ code: "wrong-holder" });
    expect(readRotations(made(first, eve, [ann, eve], [bob]), document)).toMatchObject({ code: "wrong-holder" });
    expect(readRotations(made(first, 8, [ann, bob, cy, dan, 8], [9]), document)).toMatchObject({
      code: "wrong-holder",
    });
  });

  it("is refused forged, altered, in another place, for another document, or leaving somebody out in silence", () => {
    const [bytes] = first as [Uint8Array];
    for (let at = 0; at < bytes.length; at += 37) {
      const altered = bytes.slice();
      altered[at] = (altered[at] as number) ^ 1;
      expect(readRotations([altered], document).ok, `byte ${at}`).toBe(false);
    }
    const body = { author: key(ann) };
    expect(readRotations(made(first, bob, [ann, bob, cy], [dan], body), document)).toMatchObject({
      code: "bad-signature",
    });
    // An old epoch again, one that nobody knows the one before of, and one a million ahead.
    expect(readRotations([...first, bytes], document)).toMatchObject({ code: "broken-chain" });
    expect(readRotations(made(first, bob, [ann, bob, cy], [dan], { basis: secret(7) }), document).ok).toBe(false);
    expect(readRotations(made(first, bob, [ann, bob, cy], [dan], { epoch: 3 }), document)).toMatchObject({
      code: "broken-chain",
    });
    const far = made(first, bob, [ann, bob, cy], [dan], { epoch: 1_000_000 });
    expect(readRotations(far, document)).toMatchObject({ code: "out-of-range" });
    expect(readRotations(first, secret(1))).toMatchObject({ ok: false });
    for (const stay of [
      [ann, bob],
      [bob, ann, cy],
      [ann, bob, cy, cy],
      [ann, bob, cy, dan],
    ])
      expect(readRotations(made(first, bob, stay, [dan]), document), String(stay)).toMatchObject({
        code: "invalid-argument",
      });
    const many = Array.from({ length: documentLimits.epochs }, () => bytes);
    expect(readRotations(many, document)).toMatchObject({ code: "too-many" });
  });
});

describe("of two histories", () => {
  const links = (...all: Rotations[]): string[] => all.map((one) => toHex(newestLink(one)));
  const agreed = (a: Rotations, b: Rotations): string => {
    const [one, other] = links(preferredRotations(a, b), preferredRotations(b, a)) as [string, string];
    expect(one).toBe(other);
    return one;
  };

  it("the same is preferred everywhere: the elder's, of one person the smaller link, and the longer of the same", () => {
    const base = read(first);
    const bobs = read(made(first, bob, [ann, bob, cy], [dan]));
    const anns = read(made(first, ann, [ann, bob, dan], [cy]));
    const others = read(made(first, ann, [ann, bob, cy], [dan]));
    expect(agreed(base, bobs)).toBe(links(bobs)[0]);
    for (let madeAtMs = 0; madeAtMs < 24; madeAtMs++) {
      const another = read(made(first, bob, [ann, bob, cy], [dan], { madeAtMs }));
      expect(agreed(another, anns)).toBe(links(anns)[0]);
    }
    expect(agreed(anns, others)).toBe(links(anns, others).toSorted()[0]);
  });

  it("in any order of three the same one is left", () => {
    const short = made(first, cy, [ann, bob, cy], [dan]);
    const all = [
      read(made(short, bob, [ann, bob], [cy])),
      read(made(first, cy, [ann, bob, cy, 7], [dan])),
      read(made(first, bob, [ann, bob, dan], [cy])),
    ];
    const left = new Set<string>();
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ])
      left.add(links(order.map((n) => all[n] as Rotations).reduce(preferredRotations))[0] as string);
    expect(left.size).toBe(1);
  });

  it("nobody who was removed turns that back from an earlier place, though they were elder than who acted there", () => {
    const short = made(first, cy, [ann, bob, cy], [dan]);
    const truth = read(made(short, ann, [ann, cy], [bob]));
    // Not by trying for a small link either.
    for (let madeAtMs = 0; madeAtMs < 24; madeAtMs++) {
      const forged = read(made(first, bob, [ann, bob, cy, dan, 7], [8], { madeAtMs }));
      expect(agreed(truth, forged)).toBe(links(truth)[0]);
    }
  });
});

describe("what was written", () => {
  const marks = [{ chain: chainOf({ author: key(eve), replica }), next: 3 }];
  const rotations = read(made([], ann, [ann, bob], [eve], { marks }));
  const counts = (by: number, epoch: number, sequence: number): boolean =>
    permitted(rotations, { author: key(by), replica, epoch, sequence });

  it("counts from those who stay, under the old key too, and of who was removed what had been read", () => {
    expect([counts(bob, 0, 900), counts(ann, 1, 0)]).toEqual([true, true]);
    expect([counts(eve, 0, 2), counts(eve, 0, 3), counts(eve, 1, 3)]).toEqual([true, false, false]);
  });

  it("does not count from somebody who appears with the old key, and does from who was let in with the new one", () => {
    expect([counts(cy, 0, 0), counts(cy, 1, 0)]).toEqual([false, true]);
  });
});
