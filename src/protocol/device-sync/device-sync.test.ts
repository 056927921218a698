/** Replicas and their comparison: two devices that change apart are in step after a sync, whatever was done. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bigEndian, concatBytes, toHex } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { codecOf } from "../codec/schema.ts";
import { accepted, type Result } from "../result.ts";
import { deviceSyncLimits } from "./limits.ts";
import {
  type MarkRange,
  MarkSet,
  type RangeAnswer,
  Reconciliation,
  rangeAnswersSchema,
  rangesSchema,
  type SetDifference,
  syncMark,
} from "./reconcile.ts";
import { changed, dotName, joined, type Replica, type Version } from "./replica.ts";

const rangesCodec = codecOf(rangesSchema, 4_096);
const rangeAnswersCodec = codecOf(rangeAnswersSchema, 65_536);

const key = new Uint8Array(32).fill(7);
const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.message);
  return result.value;
};
const markOf = ({ dot }: Version<string>): Uint8Array =>
  syncMark(key, concatBytes(dot.replica, bigEndian(dot.counter, 8)));
const setOf = ({ versions }: Replica<string>): MarkSet => new MarkSet(key, versions.map(markOf));

/** Over the encoded form, as on the wire. */
const asking =
  (there: MarkSet) =>
  async (ranges: readonly MarkRange[]): Promise<Result<readonly RangeAnswer[]>> => {
    const asked = must(rangesCodec.decode(rangesCodec.encode(ranges)));
    return rangeAnswersCodec.decode(rangeAnswersCodec.encode(there.answer(asked)));
  };

/** Asks until all is found. */
async function reconcile(
  here: MarkSet,
  ask: (ranges: readonly MarkRange[]) => Promise<Result<readonly RangeAnswer[]>>,
): Promise<Result<SetDifference>> {
  const run = new Reconciliation(here);
  for (;;) {
    const ranges = run.next();
    if (!ranges.ok) return ranges;
    if (ranges.value.length === 0) return accepted(run.difference);
    const answers = await ask(ranges.value);
    const taken = answers.ok ? run.take(answers.value) : answers;
    if (!taken.ok) return taken;
  }
}

async function synced(a: Replica<string>, b: Replica<string>): Promise<[Replica<string>, Replica<string>]> {
  const { onlyHere, onlyThere } = must(await reconcile(setOf(a), asking(setOf(b))));
  const [here, there] = [new Set(onlyHere.map(toHex)), new Set(onlyThere.map(toHex))];
  const mine = a.versions.filter((one) => here.has(toHex(markOf(one))));
  const theirs = b.versions.filter((one) => there.has(toHex(markOf(one))));
  const names = (all: readonly Version<string>[]): Set<string> => new Set(all.map(({ dot }) => dotName(dot)));
  return [
    must(joined(a, { theirs, gone: names(mine), seen: b.seen })),
    must(joined(b, { theirs: mine, gone: names(theirs), seen: a.seen })),
  ];
}

const view = ({ versions }: Replica<string>): string[] =>
  versions.map(({ dot, value }) => `${dotName(dot)}=${value}`).toSorted();
const idOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const empty: Replica<string> = { versions: [], seen: [] };
const replicaOf = (n: number): Uint8Array => new Uint8Array(16).fill(n);

type Step =
  | { readonly who: number; readonly id: number; readonly value: string | null }
  | { readonly pair: readonly [number, number] };
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ who: fc.nat(2), id: fc.nat(5), value: fc.option(fc.string({ maxLength: 3 })) }),
    fc.record({ pair: fc.constantFrom([0, 1] as const, [1, 2] as const, [0, 2] as const) }),
  ),
  { maxLength: 40 },
);

async function play(all: readonly Step[]): Promise<Replica<string>[]> {
  const at = [empty, empty, empty];
  for (const step of all) {
    if ("pair" in step) {
      const [x, y] = step.pair;
      [at[x], at[y]] = await synced(at[x] ?? empty, at[y] ?? empty);
    } else {
      at[step.who] = must(
        changed(at[step.who] ?? empty, replicaOf(step.who), { id: idOf(step.id), value: step.value }),
      );
    }
  }
  return at;
}

describe("replicas", () => {
  it("are the same after a sync, whatever three devices did before", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const [a, b] = await play([...all, { pair: [0, 1] }]);
        expect(view(a ?? empty)).toEqual(view(b ?? empty));
      }),
    );
  });

  it("never bring back what was deleted after everybody had it, even by a device that was away", async () => {
    await fc.assert(
      fc.asyncProperty(steps, steps, async (before, after) => {
        const all: Step[] = [...before, { who: 0, id: 9, value: "x" }, { pair: [0, 1] }, { pair: [0, 2] }];
        const more: Step[] = [
          { who: 1, id: 9, value: null },
          ...after,
          { pair: [0, 1] },
          { pair: [1, 2] },
          { pair: [0, 2] },
        ];
        for (const one of await play([...all, ...more]))
          expect(view(one).some((line) => line.endsWith("=x") && one.versions.some(({ id }) => id[0] === 9))).toBe(
            false,
          );
      }),
    );
  });

  it("keep both of what was changed apart, until it is changed again", async () => {
    const apart: Step[] = [{ who: 0, id: 1, value: "a" }, { who: 1, id: 1, value: "b" }, { pair: [0, 1] }];
    expect((await play(apart))[1]?.versions).toHaveLength(2);
    const [a, b] = await play([...apart, { who: 0, id: 1, value: "c" }, { pair: [0, 1] }]);
    expect([a, b].map((one) => one?.versions.map(({ value }) => value))).toEqual([["c"], ["c"]]);
  });

  it("refuse versions that the sender says it has not seen", () => {
    const [version] = must(changed(empty, replicaOf(1), { id: idOf(1), value: "a" })).versions;
    const theirs = version === undefined ? [] : [version];
    expect(joined(empty, { theirs, gone: new Set(), seen: [] })).toMatchObject({ ok: false, code: "invalid-argument" });
  });

  it("remember no more copies than there is room for", () => {
    const seen = Array.from({ length: deviceSyncLimits.replicas + 1 }, (_, n) => ({
      replica: bigEndian(n, 16),
      counter: 1,
    }));
    expect(joined(empty, { theirs: [], gone: new Set(), seen })).toMatchObject({ ok: false, code: "too-many" });
  });
});

describe("reconciliation", () => {
  const marks = (count: number): Uint8Array[] =>
    Array.from({ length: count }, (_, n) =>
      bigEndian(((BigInt(n) * 0x9e3779b97f4a7c15f39cc0605cedc834n) % (1n << 128n)) << 128n, 32),
    );

  it("finds few differences of two hundred thousand entries in few requests", async () => {
    const all = marks(200_000);
    let requests = 0;
    const ask = asking(new MarkSet(key, all.slice(3)));
    const found = await reconcile(new MarkSet(key, all.slice(0, -2)), (ranges) => {
      requests++;
      return ask(ranges);
    });
    const { onlyHere, onlyThere } = must(found);
    expect(onlyHere.map(toHex).toSorted()).toEqual(all.slice(0, 3).map(toHex).toSorted());
    expect(onlyThere.map(toHex).toSorted()).toEqual(all.slice(-2).map(toHex).toSorted());
    expect(requests).toBeLessThan(8);
  });

  it("gives up where there are too many differences", async () => {
    const found = await reconcile(new MarkSet(key, []), asking(new MarkSet(key, marks(20_000))));
    expect(found).toMatchObject({ ok: false, code: "too-many" });
    const other = await reconcile(new MarkSet(key, marks(20_000)), asking(new MarkSet(key, [])));
    expect(other).toMatchObject({ ok: false, code: "too-many" });
  });

  it("ends with one that splits without end", async () => {
    let n = 0;
    const found = await reconcile(new MarkSet(key, []), async (ranges) =>
      accepted(
        ranges.map(({ from }) => {
          const step = bigEndian(BigInt(`0x${toHex(from)}`) + 1n, 32);
          const fingerprint = taggedHash("aether/sync-range/1", bigEndian(n++, 8)).slice(0, 16);
          return { type: "parts", parts: [from, step].map((one) => ({ from: one, fingerprint })) } as const;
        }),
      ),
    );
    expect(found.ok).toBe(false);
  });

  it("refuses answers that are out of their range, out of order, or too few", async () => {
    const [low, high] = [bigEndian(1, 32), bigEndian(2, 32)];
    const fingerprint = new Uint8Array(16);
    const answers: (readonly RangeAnswer[])[] = [
      [],
      [{ type: "marks", marks: [high, low] }],
      [{ type: "marks", marks: [low, low] }],
      [{ type: "parts", parts: [low, high].map((from) => ({ from, fingerprint })) }],
      [{ type: "parts", parts: [{ from: new Uint8Array(32), fingerprint }] }],
    ];
    for (const answer of answers) {
      const found = await reconcile(new MarkSet(key, []), async () => accepted(answer));
      expect(found).toMatchObject({ ok: false, code: "invalid-argument" });
    }
  });

  it("takes any bytes for a request or an answer without throwing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const ranges = rangesCodec.decode(bytes);
        if (ranges.ok) new MarkSet(key, marks(100)).answer(ranges.value);
        rangeAnswersCodec.decode(bytes);
      }),
    );
  });

  it("gives marks that say nothing without the key", () => {
    const item = new Uint8Array(24);
    expect(toHex(syncMark(key, item))).not.toBe(toHex(syncMark(new Uint8Array(32), item)));
  });
});
