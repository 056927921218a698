import { describe, expect, it } from "vitest";
import { Scrollback, scrollbackRows, toldLine } from "./scrollback.ts";

const plain = { start: "", end: "", isFixed: false };

describe("what stands on a terminal", () => {
  it("is broken otherwise where our own words are too long for a width, and nowhere else", () => {
    const scrollback = new Scrollback();
    scrollback.add(toldLine("one two three", plain), 40);
    scrollback.add(toldLine("four columns of a program's own", { ...plain, isFixed: true }), 40);
    expect(scrollback.isBrokenOtherwise(20)).toBe(false);
    expect(scrollback.isBrokenOtherwise(8)).toBe(true);
    expect([...scrollback.rowsAt(8)]).toEqual(["one two", "three", "four columns of a program's own"]);
    expect(scrollback.isBrokenOtherwise(8)).toBe(false);
    expect(scrollback.isBrokenOtherwise(40)).toBe(true);
  });

  it("has a colour begin with its first row and end with its last", () => {
    const scrollback = new Scrollback();
    const rows = scrollback.add(toldLine("one two three", { start: "<", end: ">", isFixed: false }), 8);
    expect(rows).toEqual(["<one two", "three>"]);
  });

  it("forgets the oldest, by lines and by characters", () => {
    const scrollback = new Scrollback();
    for (let i = 0; i < 3 * scrollbackRows; i++) scrollback.add(toldLine(`line ${i}`, plain), 40);
    const lines = [...scrollback.rowsAt(40)];
    expect(lines.length).toBeLessThanOrEqual(2 * scrollbackRows);
    expect(lines.length).toBeGreaterThanOrEqual(scrollbackRows);
    expect(lines.at(-1)).toBe(`line ${3 * scrollbackRows - 1}`);
    for (let i = 0; i < 400; i++) scrollback.add(toldLine("x".repeat(8_192), plain), 40);
    const kept = [...scrollback.rowsAt(40)].join("").length;
    expect(kept).toBeLessThan(2.1 * 1_048_576);
    expect(kept).toBeGreaterThan(1_000_000);
  });
});
