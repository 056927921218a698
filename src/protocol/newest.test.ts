import { describe, expect, it } from "vitest";
import { forgetOldest, putNewest } from "./newest.ts";

describe("bounded maps and sets", () => {
  it("keep what was put in last, and a key that is put in again counts as new", () => {
    const map = new Map<string, number>();
    for (const [index, key] of ["a", "b", "a", "c"].entries()) putNewest(map, key, index, 2);
    expect([...map]).toEqual([
      ["a", 2],
      ["c", 3],
    ]);
  });

  it("drop nothing while there is room", () => {
    const set = new Set(["a", "b"]);
    forgetOldest(set, 2);
    expect([...set]).toEqual(["a", "b"]);
    forgetOldest(set, 1);
    expect([...set]).toEqual(["b"]);
    forgetOldest(new Set<string>(), 0);
  });
});
