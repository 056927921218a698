import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "#testing/random.ts";
import { concatBytes, toHex } from "../codec/bytes.ts";
import { sha256 } from "../codec/hash.ts";
import { leafHashOf, transactionPath, transactionRoot } from "../ledger/transaction-tree.ts";
import {
  AuditHasher,
  type AuditLeaf,
  auditGroupBytes,
  auditGroupSpan,
  auditLeafCount,
  auditLeafOf,
  auditRoot,
  checkAuditLeaf,
  drawnLeaves,
} from "./audit-tree.ts";

function audited(data: Uint8Array) {
  const hasher = new AuditHasher();
  hasher.add(data);
  return hasher.finish();
}

function leafOf(data: Uint8Array, index: number): AuditLeaf {
  const { from, to } = auditGroupSpan(data.length, index);
  return auditLeafOf(audited(data), index, data.subarray(from, to));
}

describe("the tree of audits", () => {
  it("proves each leaf of any length, in its place alone", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_000 }), fc.nat(), (length, seed) => {
        const data = new Random(seed).bytes(length);
        const whole = audited(data);
        for (let index = 0; index < auditLeafCount(length); index++) {
          const leaf = leafOf(data, index);
          expect(checkAuditLeaf(whole, index, leaf)).toBe(true);
          expect(checkAuditLeaf(whole, index + 1, leaf)).toBe(false);
          expect(checkAuditLeaf(whole, index - 1, leaf)).toBe(false);
          expect(checkAuditLeaf({ ...whole, bytes: length + 1 }, index, leaf)).toBe(false);
          expect(checkAuditLeaf({ ...whole, bytes: Math.max(1, length - 1) }, index, leaf)).toBe(length === 1);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("does not depend on how the bytes come in parts", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 3_000 }), { minLength: 1, maxLength: 6 }),
        (parts) => {
          expect(auditRoot(parts)).toEqual(auditRoot([concatBytes(...parts)]));
        },
      ),
    );
  });

  it("refuses each leaf with a byte changed, and each path with a byte changed, cut or longer", () => {
    const data = new Random(7).bytes(5 * 1_024 + 100);
    const whole = audited(data);
    for (const index of [0, 3, 5]) {
      const { leaf, path } = leafOf(data, index);
      const good = (changed: Partial<AuditLeaf>) => checkAuditLeaf(whole, index, { leaf, path, ...changed });
      expect(good({})).toBe(true);
      for (let at = 0; at < leaf.length; at++) {
        const changed = leaf.slice();
        changed[at] = (changed[at] as number) ^ 1;
        expect(good({ leaf: changed })).toBe(false);
      }
      for (let length = 0; length < leaf.length; length += 17)
        expect(good({ leaf: leaf.slice(0, length) })).toBe(false);
      expect(good({ leaf: concatBytes(leaf, Uint8Array.of(0)) })).toBe(false);
      for (const [step, hash] of path.entries()) {
        for (let at = 0; at < 32; at++) {
          const changed = hash.slice();
          changed[at] = (changed[at] as number) ^ 0x80;
          expect(good({ path: path.with(step, changed) })).toBe(false);
        }
        expect(good({ path: path.slice(0, step) })).toBe(false);
        expect(good({ path: path.with(step, hash.slice(0, 31)) })).toBe(false);
      }
      expect(good({ path: [...path, new Uint8Array(32)] })).toBe(false);
      expect(good({ path: path.toReversed() })).toBe(path.length < 2);
    }
  });

  it("is the tree of RFC 6962, under a root that names the length as well", () => {
    const data = new Random(1).bytes(2_049);
    const node = (left: Uint8Array, right: Uint8Array) => sha256(concatBytes(Uint8Array.of(1), left, right));
    const [a, b, c] = [data.subarray(0, 1_024), data.subarray(1_024, 2_048), data.subarray(2_048)].map((leaf) =>
      leafHashOf(leaf),
    ) as [Uint8Array, Uint8Array, Uint8Array];
    const tag = sha256(new TextEncoder().encode("aether/audit/1"));
    const length = Uint8Array.of(0, 0, 0, 0, 0, 0, 8, 1);
    expect(toHex(audited(data).root)).toBe(toHex(sha256(concatBytes(tag, node(node(a, b), c), length))));
  });

  it("is the same tree whether its groups are hashed first or its leaves at once", () => {
    const edges = [auditGroupBytes - 1_025, auditGroupBytes, auditGroupBytes + 1, 3 * auditGroupBytes + 5_000];
    for (const length of edges) {
      const data = new Random(length).bytes(length);
      const tree = audited(data);
      const count = auditLeafCount(length);
      const leaves = Array.from({ length: count }, (_, i) => data.subarray(1_024 * i, 1_024 * (i + 1)));
      const tag = sha256(new TextEncoder().encode("aether/audit/1"));
      const named = new Uint8Array(8);
      new DataView(named.buffer).setBigUint64(0, BigInt(length));
      expect(toHex(tree.root)).toBe(toHex(sha256(concatBytes(tag, transactionRoot(leaves), named))));
      for (const index of new Set([0, 1_023, 1_024, 2_047, 2_048, 3_071, 3_072, count - 1].filter((i) => i < count))) {
        const leaf = leafOf(data, index);
        expect(leaf).toEqual({ leaf: leaves[index], path: transactionPath(leaves, index) });
        expect(checkAuditLeaf(tree, index, leaf)).toBe(true);
      }
    }
  });

  it("draws leaves that are there, others for another draw", () => {
    const bytes = 1_000 * 1_024;
    const [one, two] = [
      drawnLeaves(sha256(Uint8Array.of(1)), bytes, 64),
      drawnLeaves(sha256(Uint8Array.of(2)), bytes, 64),
    ];
    expect([...one, ...two].every((leaf) => Number.isInteger(leaf) && leaf >= 0 && leaf < 1_000)).toBe(true);
    expect(one).not.toEqual(two);
    expect(new Set(one).size).toBeGreaterThan(50);
    expect(drawnLeaves(sha256(Uint8Array.of(1)), 1, 4)).toEqual([0, 0, 0, 0]);
  });
});
