/** Who is to blame for two chains: the same as by looking at all pairs of links, in less time. */
import { array, assert, constantFrom, integer, property, record, subarray } from "fast-check";
import { describe, expect, it } from "vitest";
import { culpritsOf, type OffencePair, offencesBetween } from "./accountability.ts";
import type { SignedLink } from "./certificate.ts";
import { offenceOf } from "./votes.ts";

const keysOf = (count: number): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, i) => new Uint8Array(48).fill(i & 255).fill(i >> 8, 0, 1));
const hash = (mark: number): Uint8Array => new Uint8Array(32).fill(mark);
const signature = new Uint8Array(96);

function signed(sourceEpoch: number, targetEpoch: number, mark: number, keys: readonly Uint8Array[]): SignedLink {
  const link = {
    source: { epoch: sourceEpoch, hash: hash(0) },
    target: { epoch: targetEpoch, hash: hash(mark) },
  };
  return { link, keys, signature };
}

/** By looking at all pairs. */
function allCulprits(ours: readonly SignedLink[], theirs: readonly SignedLink[]): ReadonlySet<string> {
  const pairs = ours.flatMap((first) => theirs.map((second) => ({ first, second })));
  return new Set(pairs.filter(({ first, second }) => offenceOf(first.link, second.link) !== null).flatMap(culpritsOf));
}

const sorted = (names: Iterable<string>): readonly string[] => [...names].sort();

function check(ours: readonly SignedLink[], theirs: readonly SignedLink[]): readonly OffencePair[] {
  const pairs = offencesBetween(ours, theirs);
  expect(sorted(new Set(pairs.flatMap(culpritsOf)))).toEqual(sorted(allCulprits(ours, theirs)));
  const told = new Set<string>();
  for (const pair of pairs) {
    expect(offenceOf(pair.first.link, pair.second.link)).not.toBeNull();
    expect([ours.includes(pair.first), theirs.includes(pair.second)]).toEqual([true, true]);
    const before = told.size;
    for (const name of culpritsOf(pair)) told.add(name);
    expect(told.size).toBeGreaterThan(before);
  }
  return pairs;
}

describe("offences between two chains", () => {
  it("name whom all pairs of links name, in pairs of which none is superfluous", () => {
    const keys = keysOf(6);
    const link = record({
      from: integer({ min: 0, max: 7 }),
      to: integer({ min: 0, max: 9 }),
      mark: constantFrom(1, 2),
      by: subarray([0, 1, 2, 3, 4, 5], { minLength: 1 }),
    }).map(({ from, to, mark, by }) => {
      // Copies: nothing may hang on which bytes in memory a key is.
      const signers = by.map((i) => Uint8Array.from(keys[i] as Uint8Array));
      return signed(from, to, mark, signers);
    });
    const chain = array(link, { maxLength: 8 });
    assert(
      property(chain, chain, (ours, theirs) => void check(ours, theirs)),
      { numRuns: 2_000, seed: 20_261_121 },
    );
  });

  it("of two chains that finalised side by side are one pair, which names all who voted on both", () => {
    const keys = keysOf(9);
    const ours = Array.from({ length: 40 }, (_, i) => signed(2 * i, 2 * i + 2, 1, keys.slice(0, 7)));
    const theirs = Array.from({ length: 40 }, (_, i) => signed(2 * i, 2 * i + 2, 2, keys.slice(3)));
    const pairs = check(ours, theirs);
    expect(pairs).toHaveLength(1);
    expect(pairs.flatMap(culpritsOf)).toHaveLength(4);
  });

  it("are found among as many links as an inquiry compares, of as many voters as there can be, which all contradict", () => {
    const keys = keysOf(512);
    const ours = Array.from({ length: 1_026 }, (_, i) => signed(10_000 + i, 20_000 - i, 1, keys));
    const theirs = Array.from({ length: 514 }, (_, i) => signed(i, 30_000 + i, 2, i === 0 ? keys.slice(0, 400) : keys));
    expect(new Set(offencesBetween(ours, theirs).flatMap(culpritsOf)).size).toBe(512);
  });
});
