import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wrapWords } from "./wrap.ts";

describe("wrapping", () => {
  it("breaks between words and hangs later rows under the text", () => {
    expect(wrapWords("  faucet   asks the development network for coins", 32)).toEqual([
      "  faucet   asks the development",
      "           network for coins",
    ]);
  });

  it("leaves short lines, JSON and words without spaces whole", () => {
    const json = JSON.stringify({ words: "one two three four five six seven" });
    expect(wrapWords("a b c", 10)).toEqual(["a b c"]);
    expect(wrapWords(json, 10)).toEqual([json]);
    expect(wrapWords("0".repeat(64), 10)).toEqual(["0".repeat(64)]);
  });

  it("never loses a character that is not a space, nor breaks a word", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,20}$/), { maxLength: 30 }),
        fc.integer({ min: 1, max: 60 }),
        (words, columns) => {
          const rows = wrapWords(words.join(" "), columns);
          expect(rows.flatMap((row) => row.trim().split(/ +/)).filter((word) => word !== "")).toEqual(words);
          for (const row of rows) expect(row.length <= columns || !row.trim().includes(" ")).toBe(true);
        },
      ),
    );
  });
});
