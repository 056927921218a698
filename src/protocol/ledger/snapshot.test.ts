import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bigEndian } from "../codec/bytes.ts";
import { sha256 } from "../codec/hash.ts";
import { accepted, type Result } from "../result.ts";
import {
  decodeSnapshotPart,
  encodeSnapshotPart,
  Snapshot,
  SnapshotBuilder,
  type SnapshotEntry,
  type SnapshotPlan,
  snapshotLimits,
} from "./snapshot.ts";
import { emptyStateTree, type StateTree } from "./state-tree.ts";

const entry = (number: number, valueBytes: number): SnapshotEntry => ({
  key: sha256(bigEndian(BigInt(number), 4)),
  value: new Uint8Array(valueBytes).fill(number),
});
const treeOf = (sizes: readonly number[]): StateTree =>
  emptyStateTree().update(sizes.map((size, number) => entry(number, size)));
/** Three parts and more, quickly: what limits a part is its bytes. */
const wide = treeOf(new Array<number>(60).fill(snapshotLimits.valueBytes));

function start(plan: SnapshotPlan, root: Uint8Array): SnapshotBuilder {
  const builder = SnapshotBuilder.start(plan, root);
  if (!builder.ok) throw new Error(builder.message);
  return builder.value;
}

/** Sends a state over the wire as a peer would. */
function transfer(tree: StateTree): { parts: Uint8Array[]; result: Result<StateTree> } {
  const snapshot = new Snapshot(tree);
  const builder = start(snapshot.plan, tree.root());
  const parts: Uint8Array[] = [];
  while (builder.next < builder.parts) {
    parts.push(encodeSnapshotPart(snapshot.part(builder.next) ?? []));
    const decoded = decodeSnapshotPart(parts.at(-1) as Uint8Array);
    if (!decoded.ok) throw new Error(decoded.message);
    expect(builder.add(decoded.value)).toEqual(accepted(null));
  }
  return { parts, result: builder.finish() };
}

describe("snapshot", () => {
  it("brings any state over, in parts that keep their limits", () => {
    const sizes = fc.array(fc.oneof(fc.nat(40), fc.integer({ min: 9_000, max: snapshotLimits.valueBytes })), {
      maxLength: 120,
    });
    fc.assert(
      fc.property(sizes, (list) => {
        const tree = treeOf(list);
        const { parts, result } = transfer(tree);
        expect(result.ok && [...result.value.entries()]).toEqual([...tree.entries()]);
        for (const part of parts) expect(part.length).toBeLessThanOrEqual(snapshotLimits.partBytes);
      }),
      { numRuns: 40 },
    );
  });

  it("cuts many small entries by their number", () => {
    const tree = treeOf(new Array<number>(2 * snapshotLimits.partEntries + 1).fill(1));
    const { parts, result } = transfer(tree);
    expect(parts.length).toBeGreaterThan(2);
    expect(result.ok && result.value.root()).toEqual(tree.root());
  });

  it("has the same plan for the same state however it came about", () => {
    const tree = treeOf([1, 2, 3, 4, 5]);
    const detour = treeOf([1, 2, 3, 4, 5, 6]).update([{ key: entry(5, 0).key, value: null }]);
    expect(new Snapshot(detour).plan).toEqual(new Snapshot(tree).plan);
  });

  it("refuses a plan that does not lead to the root, is no tree, or was touched", () => {
    const { plan } = new Snapshot(wide);
    const root = wide.root();
    expect(plan.length).toBeGreaterThan(4);
    const wrong: SnapshotPlan[] = [
      [],
      [null],
      plan.slice(1),
      plan.toReversed(),
      [...plan, sha256(root)],
      [null, ...plan],
    ];
    for (const one of wrong) expect(SnapshotBuilder.start(one, root)).toMatchObject({ code: "wrong-state-root" });
    expect(SnapshotBuilder.start(plan, sha256(root))).toMatchObject({ code: "wrong-state-root" });
  });

  it("refuses every part in which an entry was left out, added, changed or moved, and takes the right one after", () => {
    const snapshot = new Snapshot(wide);
    const builder = start(snapshot.plan, wide.root());
    const first = snapshot.part(0) as readonly SnapshotEntry[];
    const second = snapshot.part(1) as readonly SnapshotEntry[];
    const [head, ...rest] = first as [SnapshotEntry, ...SnapshotEntry[]];
    const wrong = [rest, [...first, ...second], [{ ...head, value: Uint8Array.of(7) }, ...rest], second];
    for (const part of wrong) expect(builder.add(part)).toMatchObject({ ok: false, code: "wrong-state-root" });
    for (const part of [first.toReversed(), [head, ...first]]) {
      expect(builder.add(part)).toMatchObject({ ok: false, code: "not-canonical" });
    }
    expect(builder.add(first)).toEqual(accepted(null));
    expect(builder.add(first)).toMatchObject({ ok: false, code: "not-canonical" });
    expect(builder.add(second)).toEqual(accepted(null));
    expect(builder.finish().ok).toBe(false);
  });

  it("goes on from stored parts, and finds out at the end if they were damaged", () => {
    const snapshot = new Snapshot(wide);
    const resumed = (damage: boolean): Result<StateTree> => {
      const builder = start(snapshot.plan, wide.root());
      const [head, ...rest] = snapshot.part(0) as [SnapshotEntry, ...SnapshotEntry[]];
      builder.resume(1, damage ? rest : [head, ...rest]);
      while (builder.next < builder.parts) expect(builder.add(snapshot.part(builder.next) ?? []).ok).toBe(true);
      return builder.finish();
    };
    expect(resumed(false).ok).toBe(true);
    expect(resumed(true)).toMatchObject({ code: "wrong-state-root" });
  });

  it("is refused before it grows beyond what the device takes", () => {
    const tree = treeOf([1, 1, 1]);
    const { plan, part } = { plan: new Snapshot(tree).plan, part: new Snapshot(tree).part(0) ?? [] };
    const small = SnapshotBuilder.start(plan, tree.root(), sha256, 2);
    expect(small.ok && small.value.add(part)).toMatchObject({ ok: false, code: "too-large" });
  });

  it("refuses parts that are empty, overlong or not canonical", () => {
    expect(decodeSnapshotPart(Uint8Array.of(0x80))).toMatchObject({ ok: false });
    expect(decodeSnapshotPart(new Uint8Array(snapshotLimits.partBytes + 1))).toMatchObject({ code: "too-large" });
    const bytes = encodeSnapshotPart([entry(1, 4)]);
    expect(decodeSnapshotPart(bytes).ok).toBe(true);
    expect(decodeSnapshotPart(Uint8Array.of(...bytes, 0))).toMatchObject({ code: "trailing-bytes" });
  });
});
