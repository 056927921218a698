import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bigEndian } from "../codec/bytes.ts";
import { sha256 } from "../codec/hash.ts";
import { accepted, type Result } from "../result.ts";
import {
  decodeSnapshotChunk,
  encodeSnapshotChunk,
  SnapshotBuilder,
  type SnapshotEntry,
  snapshotChunkAfter,
  snapshotLimits,
} from "./snapshot.ts";
import { emptyStateTree, type StateTree } from "./state-tree.ts";

const entry = (number: number, valueBytes: number): SnapshotEntry => ({
  key: sha256(bigEndian(BigInt(number), 4)),
  value: new Uint8Array(valueBytes).fill(number),
});
const treeOf = (sizes: readonly number[]): StateTree =>
  emptyStateTree().update(sizes.map((size, number) => entry(number, size)));

/** Sends a state over the wire as a peer would. */
function transfer(tree: StateTree): { chunks: Uint8Array[]; result: Result<StateTree> } {
  const builder = new SnapshotBuilder();
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = snapshotChunkAfter(tree, builder.lastKey);
    if (chunk.length === 0) return { chunks, result: builder.finish(tree.root()) };
    chunks.push(encodeSnapshotChunk(chunk));
    const decoded = decodeSnapshotChunk(chunks.at(-1) as Uint8Array);
    if (!decoded.ok) throw new Error(decoded.message);
    expect(builder.add(decoded.value)).toEqual(accepted(null));
  }
}

describe("snapshot", () => {
  it("brings any state over, in chunks that keep their limits", () => {
    const sizes = fc.array(fc.oneof(fc.nat(40), fc.integer({ min: 9_000, max: snapshotLimits.valueBytes })), {
      maxLength: 120,
    });
    fc.assert(
      fc.property(sizes, (list) => {
        const tree = treeOf(list);
        const { chunks, result } = transfer(tree);
        expect(result.ok && [...result.value.entries()]).toEqual([...tree.entries()]);
        for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(snapshotLimits.chunkBytes);
      }),
      { numRuns: 40 },
    );
  });

  it("cuts many small entries by their number", () => {
    const tree = treeOf(new Array<number>(2 * snapshotLimits.chunkEntries + 1).fill(1));
    const { chunks, result } = transfer(tree);
    expect(chunks.length).toBe(3);
    expect(result.ok && result.value.root()).toEqual(tree.root());
  });

  it("fills a chunk to its last byte with the largest entries", () => {
    const { chunks } = transfer(treeOf(new Array<number>(40).fill(snapshotLimits.valueBytes)));
    const most = Math.max(...chunks.map((chunk) => chunk.length));
    expect(most).toBeGreaterThan(snapshotLimits.chunkBytes - snapshotLimits.valueBytes - 100);
  });

  it("refuses keys out of order and keys twice, within a chunk and between chunks, and keeps what it had", () => {
    const [a, b, c] = [...treeOf([1, 1, 1]).entries()].map(([key, value]) => ({ key, value })) as [
      SnapshotEntry,
      SnapshotEntry,
      SnapshotEntry,
    ];
    for (const chunk of [
      [b, a],
      [b, b],
      [a, c, b],
    ]) {
      expect(new SnapshotBuilder().add(chunk)).toMatchObject({ ok: false, code: "not-canonical" });
    }
    const builder = new SnapshotBuilder();
    expect(builder.add([a, b]).ok).toBe(true);
    for (const chunk of [[a], [b], [c, c]]) {
      expect(builder.add(chunk)).toMatchObject({ ok: false, code: "not-canonical" });
    }
    expect(builder.lastKey).toEqual(b.key);
    expect(builder.add([c]).ok).toBe(true);
    expect(builder.finish(treeOf([1, 1, 1]).root()).ok).toBe(true);
  });

  it("is refused before it grows beyond what the device takes", () => {
    const chunk = [...treeOf([1, 1, 1]).entries()].map(([key, value]) => ({ key, value }));
    expect(new SnapshotBuilder(sha256, 3).add(chunk).ok).toBe(true);
    const builder = new SnapshotBuilder(sha256, 2);
    expect(builder.add(chunk)).toMatchObject({ ok: false, code: "too-large" });
    expect(builder.lastKey).toBeNull();
  });

  it("is not believed when an entry was left out, added or changed", () => {
    const tree = treeOf([1, 2, 3, 4]);
    const all = [...tree.entries()].map(([key, value]) => ({ key, value }));
    const [first, ...rest] = all as [SnapshotEntry, ...SnapshotEntry[]];
    const wrong = [rest, [{ ...first, value: Uint8Array.of(7, 7) }, ...rest], all.slice(0, -1), []];
    for (const chunk of wrong) {
      const builder = new SnapshotBuilder();
      expect(builder.add(chunk).ok).toBe(true);
      expect(builder.finish(tree.root())).toMatchObject({ ok: false, code: "wrong-state-root" });
    }
  });

  it("refuses chunks that are empty, overlong or not canonical", () => {
    expect(decodeSnapshotChunk(Uint8Array.of(0x80))).toMatchObject({ ok: false });
    expect(decodeSnapshotChunk(new Uint8Array(snapshotLimits.chunkBytes + 1))).toMatchObject({ code: "too-large" });
    const bytes = encodeSnapshotChunk([entry(1, 4)]);
    expect(decodeSnapshotChunk(bytes).ok).toBe(true);
    expect(decodeSnapshotChunk(Uint8Array.of(...bytes, 0))).toMatchObject({ code: "trailing-bytes" });
  });
});
