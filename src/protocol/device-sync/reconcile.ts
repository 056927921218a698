/**
 * Range-based set reconciliation: two devices find in what their sets differ with messages about as long as the difference.
 * Items are compared by marks, hashes under a key of the comparison that only the identity's devices can make, so that to
 * anybody else they are noise, and two comparisons cannot be linked. Who asks keeps all state; who answers keeps none.
 * @module
 */
import { bigEndian, compareBytes, equalBytes, fromBigEndian } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { byteString, bytes32, list, nullable, record, type Schema, union } from "../codec/schema.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { deviceSyncLimits } from "./limits.ts";

/** Marks from `from` to before `to`; null: to the end. */
export interface MarkRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array | null;
}

/** A part of a range: where it begins, and what all marks in it come to. */
export interface RangePart {
  readonly from: Uint8Array;
  readonly fingerprint: Uint8Array;
}

/** What is in a range. */
export type RangeAnswer =
  | { readonly type: "marks"; readonly marks: readonly Uint8Array[] }
  /** Together they are the range, in order. */
  | { readonly type: "parts"; readonly parts: readonly RangePart[] };

/** In what two sets differ. */
export interface SetDifference {
  readonly onlyHere: readonly Uint8Array[];
  readonly onlyThere: readonly Uint8Array[];
}

const { rangeMarks, rangeParts, requestRanges, rounds, differences } = deviceSyncLimits;
const fingerprintBytes = 16;

/** Ranges that are asked for. */
export const rangesSchema: Schema<readonly MarkRange[]> = list(
  record<MarkRange>({ from: bytes32, to: nullable(bytes32) }),
  requestRanges,
  1,
);

const part: Schema<RangePart> = record<RangePart>({
  from: bytes32,
  fingerprint: byteString(fingerprintBytes, fingerprintBytes),
});

/** An answer for each range. */
export const rangeAnswersSchema: Schema<readonly RangeAnswer[]> = list(
  union<RangeAnswer>("unknown-version", {
    marks: { number: 0x100, fields: { marks: list(bytes32, rangeMarks) } },
    parts: { number: 0x101, fields: { parts: list(part, rangeParts, 2) } },
  }),
  requestRanges,
);

/** The mark of an item in one comparison. */
export function syncMark(key: Uint8Array, item: Uint8Array): Uint8Array {
  return taggedHash("aether/sync-mark/1", key, item);
}

/** All marks of one device in one comparison. */
export class MarkSet {
  private readonly key: Uint8Array;
  private readonly marks: readonly Uint8Array[];
  /** Of all marks before a place, modulo 2^256. */
  private readonly sums: readonly bigint[];

  constructor(key: Uint8Array, marks: readonly Uint8Array[]) {
    this.key = key;
    this.marks = marks.toSorted(compareBytes);
    let sum = 0n;
    this.sums = [0n, ...this.marks.map((mark) => (sum = BigInt.asUintN(256, sum + fromBigEndian(mark))))];
  }

  /** The place of the first mark that is not before `mark`. */
  private placeOf(mark: Uint8Array | null): number {
    let [low, high] = [0, this.marks.length];
    if (mark === null) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareBytes(this.marks[middle] as Uint8Array, mark) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Those of a range, in order. */
  within({ from, to }: MarkRange): readonly Uint8Array[] {
    return this.marks.slice(this.placeOf(from), this.placeOf(to));
  }

  /** What those of a range come to. */
  fingerprint({ from, to }: MarkRange): Uint8Array {
    const [first, end] = [this.placeOf(from), this.placeOf(to)];
    const sum = BigInt.asUintN(256, (this.sums[end] ?? 0n) - (this.sums[first] ?? 0n));
    const count = Math.max(0, end - first);
    const digest = taggedHash("aether/sync-range/1", this.key, bigEndian(sum, 32), bigEndian(count, 8));
    return digest.slice(0, fingerprintBytes);
  }

  /** Answers for each range that is asked for. */
  answer(ranges: readonly MarkRange[]): readonly RangeAnswer[] {
    return ranges.map((range) => this.open(range));
  }

  private open({ from, to }: MarkRange): RangeAnswer {
    const [first, end] = [this.placeOf(from), this.placeOf(to)];
    const count = end - first;
    if (count <= rangeMarks) return { type: "marks", marks: this.marks.slice(first, Math.max(first, end)) };
    const begins = Array.from({ length: rangeParts }, (_, at) =>
      at === 0 ? from : (this.marks[first + Math.floor((at * count) / rangeParts)] as Uint8Array),
    );
    const parts = begins.map((begin, at) => ({
      from: begin,
      fingerprint: this.fingerprint({ from: begin, to: begins[at + 1] ?? to }),
    }));
    return { type: "parts", parts };
  }
}

const nonsense = rejected(
  "invalid-argument",
  "The other device's list makes no sense; it may run another version. Nothing was changed; reload AetherChain on both.",
);

const tooMuch = rejected(
  "too-many",
  `The two devices differ in more than ${differences} entries, or one of them answers without end. Nothing was changed.`,
);

function isAscending(marks: readonly Uint8Array[]): boolean {
  return marks.every((mark, at) => at === 0 || compareBytes(marks[at - 1] as Uint8Array, mark) < 0);
}

function isWithin(mark: Uint8Array, { from, to }: MarkRange): boolean {
  return compareBytes(mark, from) >= 0 && (to === null || compareBytes(mark, to) < 0);
}

function differing(here: MarkSet, range: MarkRange, parts: readonly RangePart[]): Result<readonly MarkRange[]> {
  const begins = parts.map(({ from }) => from);
  const isWhole = equalBytes(begins[0] ?? new Uint8Array(), range.from) && begins.length > 1;
  if (!isWhole || !isAscending(begins) || !begins.every((one) => isWithin(one, range))) return nonsense;
  const ranges = parts.map(({ from }, at) => ({ from, to: begins[at + 1] ?? range.to }));
  return accepted(
    ranges.filter((one, at) => !equalBytes(here.fingerprint(one), parts[at]?.fingerprint ?? new Uint8Array())),
  );
}

function diffOf(here: MarkSet, range: MarkRange, marks: readonly Uint8Array[]): Result<SetDifference> {
  if (!isAscending(marks) || !marks.every((mark) => isWithin(mark, range))) return nonsense;
  const there = new MarkSet(new Uint8Array(), marks);
  const has = (set: MarkSet, mark: Uint8Array): boolean =>
    equalBytes(set.within({ from: mark, to: range.to })[0] ?? new Uint8Array(), mark);
  const own = here.within(range);
  if (own.length > marks.length + differences) return tooMuch;
  return accepted({
    onlyHere: own.filter((mark) => !has(there, mark)),
    onlyThere: marks.filter((mark) => !has(here, mark)),
  });
}

/** Finds the difference to a set, question by question. All of it is found, or none is told. */
export class Reconciliation {
  private readonly here: MarkSet;
  private readonly onlyHere: Uint8Array[] = [];
  private readonly onlyThere: Uint8Array[] = [];
  private readonly open: MarkRange[] = [{ from: new Uint8Array(32), to: null }];
  private asked: readonly MarkRange[] = [];
  private round = 0;

  constructor(here: MarkSet) {
    this.here = here;
  }

  /** Ranges to be asked for next; none: all is found. */
  next(): Result<readonly MarkRange[]> {
    if (this.open.length > 0 && this.round++ >= rounds) return tooMuch;
    this.asked = this.open.splice(0, requestRanges);
    return accepted(this.asked);
  }

  /** Takes the answers to what was asked for. */
  take(answers: readonly RangeAnswer[]): Result<null> {
    if (answers.length !== this.asked.length) return nonsense;
    for (const [at, answer] of answers.entries()) {
      const range = this.asked[at] as MarkRange;
      if (answer.type === "parts") {
        const ranges = differing(this.here, range, answer.parts);
        if (!ranges.ok) return ranges;
        this.open.push(...ranges.value);
        continue;
      }
      const found = diffOf(this.here, range, answer.marks);
      if (!found.ok) return found;
      this.onlyHere.push(...found.value.onlyHere);
      this.onlyThere.push(...found.value.onlyThere);
    }
    return this.onlyHere.length + this.onlyThere.length > differences ? tooMuch : accepted(null);
  }

  /** What was found. */
  get difference(): SetDifference {
    return { onlyHere: this.onlyHere, onlyThere: this.onlyThere };
  }
}
