import { describe, expect, it } from "vitest";
import { mebibyte } from "#testing/memory-fixtures.ts";
import { bigEndian, toHex } from "../codec/bytes.ts";
import { sha256 } from "../codec/hash.ts";
import { limits } from "../parameters.ts";
import { clearances, lapseMark } from "./lapse.ts";
import type { Lock } from "./lock.ts";
import { encodeStoredOutput, outputKey } from "./state.ts";
import { rememberedKey } from "./state-key.ts";
import { emptyStateTree } from "./state-tree.ts";
import { leaseOutput } from "./things.ts";

const lock: Lock = { type: "key", keyHash: new Uint8Array(32) };

describe("what is due", () => {
  it("goes the oldest first, so many a block", () => {
    const many = limits.blockClearances + 10;
    const leases = Array.from({ length: many }, (_, i) => {
      const record = { offer: new Uint8Array(32), provider: new Uint8Array(32), bytes: mebibyte, name: "x" };
      const output = leaseOutput({ ...record, untilHeight: i < 5 ? 7 : 8 }, lock);
      return { outPoint: { txId: sha256(bigEndian(i, 4)), index: 0 }, output, height: 3 };
    });
    const state = emptyStateTree().update(
      leases.flatMap((one) => [
        { key: outputKey(one.outPoint), value: encodeStoredOutput(one) },
        ...[lapseMark(one)].filter((mark) => mark !== null),
      ]),
    );
    expect(clearances(state, 7)).toEqual([]);
    expect(clearances(state, 8)).toHaveLength(10);
    const first = clearances(state, 9);
    expect(first).toHaveLength(2 * limits.blockClearances);
    const gone = new Set(first.map(({ key }) => toHex(key)));
    for (const { outPoint } of leases.slice(0, 5)) expect(gone.has(toHex(outputKey(outPoint)))).toBe(true);
    const left = state.update(first);
    expect(left.count()).toBe(20);
    expect(left.update(clearances(left, 9)).root()).toEqual(emptyStateTree().root());
  });

  it("of ids goes in the same way", () => {
    const ids = Array.from({ length: limits.blockClearances + 1 }, (_, i) => sha256(bigEndian(i, 4)));
    const state = emptyStateTree().update(ids.map((id) => ({ key: rememberedKey(id, 5), value: new Uint8Array() })));
    expect(clearances(state, 5)).toEqual([]);
    const left = state.update(clearances(state, 6));
    expect(left.count()).toBe(1);
    expect(left.update(clearances(left, 6)).count()).toBe(0);
  });
});
