import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnsOf } from "./columns.ts";
import { layOut, windowOf } from "./prompt-rows.ts";

const lay = (text: string, cursor: number, columns: number) =>
  layOut({ lead: "> ", leadStart: "", leadEnd: "", letters: [...text], cursor }, columns);

describe("columns", () => {
  it.each([
    ["abc é", 5],
    ["漢字かな カナ", 13],
    ["한국어", 6],
    ["e\u0301", 1],
    ["👩🚀", 4],
    ["🇨🇭", 2],
    ["ｱｲ", 2],
    ["→…│█", 4],
  ])("of %s", (text, columns) => expect(columnsOf(text)).toBe(columns));
});

describe("a prompt in rows", () => {
  it.each([
    ["abc", 3, ["> abc"], 0, 5],
    ["abcdef", 2, ["> abcdef", ""], 0, 4],
    ["abcdef", 6, ["> abcdef", ""], 1, 0],
    ["abcdefg", 7, ["> abcdef", "g"], 1, 1],
    ["abcde漢", 5, ["> abcde", "漢"], 0, 7],
    ["abcde漢", 6, ["> abcde", "漢"], 1, 2],
    ["ab\ncd", 2, ["> ab", "… cd"], 0, 4],
    ["ab\ncd", 3, ["> ab", "… cd"], 1, 2],
    ["abcdef\ng", 6, ["> abcdef", "… g"], 0, 7],
  ])("%j with the cursor at %i", (text, cursor, rows, row, column) => {
    const found = lay(text, cursor, 8);
    expect([found.rows.map((one) => one.text), found.cursorRow, found.cursorColumn]).toEqual([rows, row, column]);
  });

  it("shows that there is something unseen, and is never steered by it", () => {
    const { rows } = lay("a\x1b[2J\x9b\u202e\u200b👩\u200d🚀", 0, 40);
    expect(rows.map(({ text }) => text)).toEqual(["> a�[2J���👩\u200d🚀"]);
  });

  it("loses nothing, keeps to the width, and has its cursor inside", () => {
    const unit = fc.constantFrom("a", "漢", "\n", "e\u0301", " ");
    fc.assert(
      fc.property(
        fc.string({ unit, maxLength: 60 }),
        fc.nat(60),
        fc.integer({ min: 2, max: 12 }),
        (text, at, columns) => {
          const cursor = Math.min(at, [...text].length);
          const found = lay(text, cursor, columns);
          const all = found.rows.map((row) => row.text);
          expect(all.join("").replace("> ", "").replaceAll("… ", "")).toBe(text.replaceAll("\n", ""));
          for (const row of all) expect(columnsOf(row)).toBeLessThanOrEqual(columns);
          expect(found.cursorRow).toBeLessThan(all.length);
          expect(found.cursorColumn).toBeLessThan(columns);
          const part = windowOf(found, 3);
          expect(part.rows.length).toBeLessThanOrEqual(3);
          expect(part.rows[part.cursorRow]).toBe(found.rows[found.cursorRow]);
        },
      ),
    );
  });
});
