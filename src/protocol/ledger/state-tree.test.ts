import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareBytes, concatBytes, toHex } from "../codec/bytes.ts";
import { sha256 } from "../codec/hash.ts";
import { bitOf } from "./state-node.ts";
import { decodeStateProof, encodeStateProof, proveState, verifyStateProof } from "./state-proof.ts";
import { emptyStateRoot, emptyStateTree, type StateTree, type StateWrite } from "./state-tree.ts";

/** Keys that share long prefixes often, as namespaced keys do. */
const keys = fc
  .tuple(fc.constantFrom(0, 1, 2), fc.uint8Array({ minLength: 31, maxLength: 31 }), fc.constantFrom(0, 8, 31))
  .map(([space, rest, zeros]) => concatBytes(Uint8Array.of(space), rest.fill(0, 0, Math.max(0, zeros - 1))));
const writes = fc.array(fc.record({ key: keys, value: fc.option(fc.uint8Array({ maxLength: 12 }), { nil: null }) }), {
  maxLength: 60,
});

/** The definition, straight from the design: recursion over sorted leaves. */
function referenceRoot(entries: readonly (readonly [Uint8Array, Uint8Array])[], bit = 0): Uint8Array {
  if (entries.length === 0) return emptyStateRoot;
  const [only] = entries;
  if (entries.length === 1 && only) return sha256(concatBytes(Uint8Array.of(0), only[0], only[1]));
  const left = entries.filter(([key]) => bitOf(key, bit) === 0);
  const right = entries.filter(([key]) => bitOf(key, bit) === 1);
  if (left.length === 0 || right.length === 0) return referenceRoot(entries, bit + 1);
  return sha256(concatBytes(Uint8Array.of(1), referenceRoot(left, bit + 1), referenceRoot(right, bit + 1)));
}

function model(list: readonly StateWrite[]): [Uint8Array, Uint8Array][] {
  const map = new Map<string, [Uint8Array, Uint8Array]>();
  for (const { key, value } of list) {
    if (value === null) map.delete(toHex(key));
    else map.set(toHex(key), [key, value]);
  }
  return [...map.values()].sort((a, b) => compareBytes(a[0], b[0]));
}

const filled = (list: readonly StateWrite[]): StateTree => emptyStateTree().update(list);

describe("state tree", () => {
  it("commits as the definition says, whatever the batches", () => {
    fc.assert(
      fc.property(writes, writes, (first, second) => {
        const tree = filled(first).update(second);
        const expected = model([...first, ...second]);
        expect([...tree.entries()]).toEqual(expected);
        expect(tree.root()).toEqual(referenceRoot(expected));
        expect([...first, ...second].reduce((t, write) => t.update([write]), emptyStateTree()).root()).toEqual(
          tree.root(),
        );
        for (const [key, value] of expected) expect(tree.get(key)).toEqual(value);
      }),
    );
  });

  it("commits as the definition says when there are more branches than are hashed together", () => {
    const key = (i: number): Uint8Array => sha256(Uint8Array.of(i >> 8, i));
    const write = (i: number): StateWrite => ({ key: key(i), value: Uint8Array.of(i) });
    const first = Array.from({ length: 2_000 }, (_, i) => write(i));
    const second = Array.from({ length: 900 }, (_, i) => write(1_500 + i));
    const tree = filled(first);
    expect(tree.root()).toEqual(referenceRoot(model(first)));
    expect(tree.update(second).root()).toEqual(referenceRoot(model([...first, ...second])));
  });

  it("leaves earlier states untouched and takes changes back exactly", () => {
    fc.assert(
      fc.property(writes, writes, (first, second) => {
        const before = filled(first);
        const root = before.root();
        const distinct = new Map(second.map((write) => [toHex(write.key), write]));
        const changes = [...distinct.values()].map(({ key, value }) => ({
          key,
          before: before.get(key) ?? null,
          after: value,
        }));
        const after = before.applyChanges(changes);
        expect(before.root()).toEqual(root);
        expect(after.undoChanges(changes).root()).toEqual(root);
      }),
    );
  });

  it("keeps the roots of forks apart that share nodes, in whatever order they are asked for", () => {
    fc.assert(
      fc.property(writes, writes, writes, fc.boolean(), (base, one, two, hashFirst) => {
        const trunk = filled(base);
        if (hashFirst) trunk.root();
        const [left, right] = [trunk.update(one), trunk.update(two)];
        const rightRoot = right.root();
        const leftRoot = left.root();
        expect(leftRoot).toEqual(referenceRoot(model([...base, ...one])));
        expect(rightRoot).toEqual(referenceRoot(model([...base, ...two])));
        expect(trunk.root()).toEqual(referenceRoot(model(base)));
        // What a caller does to a root it was given must not reach the tree.
        leftRoot.fill(0);
        expect(left.root()).toEqual(referenceRoot(model([...base, ...one])));
      }),
    );
  });

  it("hashes values of every length up to far beyond its scratch space", () => {
    for (const length of [0, 1, 478, 479, 480, 5_000]) {
      const key = sha256(Uint8Array.of(1));
      const value = new Uint8Array(length).fill(3);
      expect(filled([{ key, value }]).root()).toEqual(sha256(concatBytes(Uint8Array.of(0), key, value)));
    }
  });

  it("lists what lies under a prefix, in order", () => {
    fc.assert(
      fc.property(writes, fc.constantFrom(0, 1, 2, 7), (list, space) => {
        const expected = model(list).filter(([key]) => key[0] === space);
        expect([...filled(list).entries(Uint8Array.of(space))]).toEqual(expected);
      }),
    );
  });

  it("is empty again when everything is deleted", () => {
    fc.assert(
      fc.property(writes, (list) => {
        const emptied = filled(list).update(list.map(({ key }) => ({ key, value: null })));
        expect(emptied.root()).toEqual(emptyStateRoot);
      }),
    );
  });
});

describe("state proof", () => {
  it("shows presence and absence, and survives its encoding", () => {
    fc.assert(
      fc.property(writes, keys, (list, key) => {
        const tree = filled(list);
        for (const asked of [key, ...list.map((write) => write.key)]) {
          const decoded = decodeStateProof(encodeStateProof(proveState(tree, asked)));
          if (!decoded.ok) throw new Error(decoded.message);
          expect(verifyStateProof(tree.root(), asked, decoded.value)).toEqual({
            ok: true,
            value: tree.get(asked) ?? null,
          });
        }
      }),
    );
  });

  it("never shows the absence of a key that is there, whichever true leaves are offered as neighbours", () => {
    const present = fc.array(fc.record({ key: keys, value: fc.uint8Array({ minLength: 1, maxLength: 4 }) }), {
      minLength: 3,
      maxLength: 12,
    });
    fc.assert(
      fc.property(present, (list) => {
        const tree = filled(list);
        const proved = [...tree.entries()].map(([key]) => proveState(tree, key).atOrBelow);
        for (const [key, value] of tree.entries()) {
          for (const atOrBelow of [null, ...proved]) {
            for (const above of [null, ...proved]) {
              const shown = verifyStateProof(tree.root(), key, { atOrBelow, above });
              if (shown.ok) expect(shown.value).toEqual(value);
            }
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it("has one form only: nothing may be added to a proof of presence", () => {
    const tree = filled([1, 2, 3].map((n) => ({ key: new Uint8Array(32).fill(n), value: Uint8Array.of(n) })));
    const key = new Uint8Array(32).fill(2);
    const proof = proveState(tree, key);
    const { atOrBelow: above } = proveState(tree, new Uint8Array(32).fill(3));
    expect(verifyStateProof(tree.root(), key, proof)).toEqual({ ok: true, value: Uint8Array.of(2) });
    expect(verifyStateProof(tree.root(), key, { ...proof, above })).toMatchObject({ ok: false, code: "bad-proof" });
  });

  it("refuses a proof with any part altered", () => {
    fc.assert(
      fc.property(writes, keys, fc.nat(), (list, key, position) => {
        const tree = filled(list);
        const bytes = encodeStateProof(proveState(tree, key));
        const altered = bytes.slice();
        altered[position % bytes.length] = (altered[position % bytes.length] as number) ^ 1;
        const decoded = decodeStateProof(altered);
        if (!decoded.ok) return;
        const shown = verifyStateProof(tree.root(), key, decoded.value);
        if (shown.ok) expect(shown.value).toEqual(tree.get(key) ?? null);
      }),
    );
  });
});
