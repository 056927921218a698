import { describe, expect, it } from "vitest";
import { bigEndian } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { testParameters } from "#testing/ledger-fixtures.ts";
import { genesisEntry, type HeaderEntry, HeaderIndex, headerEntry, headerIndexLimits } from "./header-index.ts";

const genesis = genesisEntry(testParameters);

/** A run of headers on a parent; only their places in the tree are real. */
function branch(parent: HeaderEntry, length: number, tag: number, heightOf = (i: number) => parent.height + i + 1) {
  const entries: HeaderEntry[] = [];
  for (let i = 0; i < length; i++) {
    const header = { ...genesis.header, parent: (entries.at(-1) ?? parent).hash, height: heightOf(i) };
    const hash = sha256(bigEndian(tag * 1_000_000 + i, 8));
    entries.push(headerEntry(header, hash, { totalWork: 1n, beaconValue: genesis.beaconValue, hasBody: false }));
  }
  return entries;
}

function indexOf(...runs: readonly HeaderEntry[][]): HeaderIndex {
  const index = new HeaderIndex(testParameters, genesis);
  for (const entry of runs.flat()) index.put(entry);
  return index;
}

describe("the index of headers", () => {
  const chain = branch(genesis, 100, 1);
  const head = chain.at(-1) as HeaderEntry;
  const flood = branch(genesis, headerIndexLimits.entries, 2, (i) => 10_000 + i);

  it("keeps a branch that is arriving when a flood at greater heights came before it", () => {
    const side = branch(chain[10] as HeaderEntry, 200, 3);
    const index = indexOf(chain, flood, side);
    index.setHead(head);
    const gone = new Set(index.trim());
    expect(gone.size).toBeGreaterThan(headerIndexLimits.evicted);
    expect([...chain, ...side].filter((entry) => gone.has(entry))).toEqual([]);
    expect(side.every(({ hash }) => index.get(hash) !== undefined)).toBe(true);
  });

  it("stays within its bounds, and keeps the newest of the canonical chain whatever comes", () => {
    const long = branch(genesis, headerIndexLimits.canonical + 500, 4);
    const index = indexOf(long, flood);
    index.setHead(long.at(-1) as HeaderEntry);
    index.trim();
    expect(index.size).toBeLessThanOrEqual(headerIndexLimits.entries);
    const newest = long.slice(-headerIndexLimits.canonical);
    expect(newest.every((entry) => index.at(entry.height) === entry)).toBe(true);
    expect(index.firstHeight).toBe(newest[0]?.height);
  });
});
