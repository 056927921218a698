import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { versionsOf } from "./history.ts";

const minuteMs = 60_000;

/** Two people's updates: each inserts a word at the beginning of what they know. */
function written() {
  const [ann, bob] = [new Y.Doc(), new Y.Doc()];
  const write = (doc: Y.Doc, from: string, madeAtMs: number, word: string) => {
    const before = Y.encodeStateVector(doc);
    doc.getText("text").insert(0, word);
    return { from, madeAtMs, update: Y.encodeStateAsUpdate(doc, before) };
  };
  const first = write(ann, "ann", 0, "a");
  const second = write(ann, "ann", 5 * minuteMs, "b");
  for (const { update } of [first, second]) Y.applyUpdate(bob, update);
  const third = write(bob, "bob", 6 * minuteMs, "c");
  const fourth = write(bob, "bob", 30 * minuteMs, "d");
  return [first, second, third, fourth];
}

describe("versions of a document", () => {
  it("are what somebody wrote in one go, in the order of time, whatever order it came in", () => {
    const expected = [
      { from: "ann", madeAtMs: 5 * minuteMs, changes: 2, text: "ba" },
      { from: "bob", madeAtMs: 6 * minuteMs, changes: 1, text: "cba" },
      { from: "bob", madeAtMs: 30 * minuteMs, changes: 1, text: "dcba" },
    ];
    expect(versionsOf(written())).toEqual(expected);
    expect(versionsOf(written().toReversed())).toEqual(expected);
    expect(versionsOf([])).toEqual([]);
  });

  it("hold what depends on something later, once that is there: clocks may be wrong", () => {
    const [first, second, ...rest] = written() as [ReturnType<typeof written>[0], ...ReturnType<typeof written>];
    const late = { ...first, madeAtMs: 7 * minuteMs };
    expect(versionsOf([late, second as typeof late, ...rest]).at(-1)?.text).toBe("dcba");
  });
});
