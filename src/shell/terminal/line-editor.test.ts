import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineEditor, withLine } from "./line-editor.ts";

function typed(...keys: string[]): LineEditor {
  const editor = new LineEditor(["first line", "pay somebody 1", "blocks 3"]);
  for (const key of keys) editor.feed(key);
  return editor;
}

const keys = {
  left: "\x1b[D",
  up: "\x1b[A",
  down: "\x1b[B",
  home: "\x01",
  end: "\x05",
  wordLeft: "\x1bb",
  wordRight: "\x1bf",
  cutWord: "\x17",
  cutWordElse: "\b",
  cutNextWord: "\x1bd",
  cutEnd: "\x0b",
  cutStart: "\x15",
  yank: "\x19",
  erase: "\x7f",
  remove: "\x1b[3~",
  search: "\x12",
};

describe("line editor", () => {
  it.each([
    ["abc", ["abc"], 3],
    ["aXbc", ["abc", keys.left, keys.left, "X"], 2],
    ["Xabc", ["abc", keys.home, "X"], 1],
    ["ab", ["abc", keys.erase], 2],
    ["bc", ["abc", keys.home, keys.remove], 0],
    ["one ", ["one two", keys.cutWord], 4],
    ["one twotwo", ["one two", keys.cutWord, keys.yank, keys.yank], 10],
    ["one", ["one two", keys.wordLeft, keys.left, keys.cutEnd], 3],
    ["two", ["one two", keys.wordLeft, keys.cutStart], 0],
    ["one Xtwo", ["one two", keys.wordLeft, "X"], 5],
    ["oneX two", ["one two", keys.home, keys.wordRight, "X"], 4],
    ["blocks 3", [keys.up], 8],
    ["pay somebody 1", [keys.up, keys.up], 14],
    ["draft", ["draft", keys.up, keys.down], 5],
    ["a👩b", ["a👩b"], 3],
    ["ab", ["a👩b", keys.left, keys.erase], 1],
    ["a", ["a👩‍👩‍👧", keys.erase], 1],
    ["ne", ["ne\u0301e", keys.left, keys.erase], 1],
    ["e", ["ne", keys.left, "\u0301", keys.erase], 0],
    ["two three", ["one two three", keys.home, keys.cutNextWord, keys.remove], 0],
    ["one ", ["one two", keys.cutWordElse], 4],
  ])("gives %j after %j", (text, pressed, cursor) => {
    const editor = typed(...pressed);
    expect([editor.text, editor.cursor]).toEqual([text, cursor]);
  });

  it("searches the history backwards, further on each Ctrl-R", () => {
    expect(typed(keys.search, "o").searching).toContain("blocks 3");
    expect(typed(keys.search, "o", keys.search).searching).toContain("pay somebody 1");
    expect(typed(keys.search, "first", "\r").text).toBe("first line");
  });

  it("never runs what is pasted, whatever it holds", () => {
    const pastes = fc.string({ unit: fc.constantFrom("a", "\r", "\n", "\x03", "\x1b", ";", " ") });
    fc.assert(
      fc.property(pastes, (pasted) => {
        const editor = new LineEditor();
        const events = editor.feed(`\x1b[200~${pasted}\x1b[201~`);
        expect(events).toEqual([{ type: "pasted" }]);
        expect(editor.text).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
        // As a phone's keyboard gives it, unmarked.
        const unmarked = new LineEditor();
        expect(unmarked.feed(`a${pasted}\n`)).toEqual([{ type: "pasted" }]);
        expect(unmarked.text).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
      }),
    );
  });

  it("is cut into the characters that a person sees, wherever it is looked at piece by piece", () => {
    const whole = new Intl.Segmenter(undefined, { granularity: "grapheme" });
    const units = fc.constantFrom("a", "漢", "👩\u200d🚀", "e\u0301", "🇨🇭", "🇫", "한", " ");
    fc.assert(
      fc.property(fc.array(units, { minLength: 200, maxLength: 600 }), (letters) => {
        const text = `ä${letters.join("")}`;
        const editor = new LineEditor();
        editor.setText(text);
        expect(editor.letters).toEqual(Array.from(whole.segment(text), ({ segment }) => segment));
      }),
    );
  });

  it("drops what nobody would see, and keeps what accents and emoji are made of", () => {
    const editor = new LineEditor();
    editor.feed("\x1b[200~pay\u202e a\u200b\u2066b\ufeff 👩\u200d🚀\x1b[201~");
    expect(editor.text).toBe("pay ab 👩\u200d🚀");
    expect(editor.letters).toHaveLength(8);
    editor.feed("\u202ex");
    expect(editor.text.endsWith("🚀x")).toBe(true);
  });

  it("keeps the cursor inside the line under any keys", () => {
    const presses = fc.array(fc.oneof(fc.constantFrom(...Object.values(keys)), fc.string({ maxLength: 3 })), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(presses, (list) => {
        const editor = typed(...list);
        expect(editor.cursor).toBeGreaterThanOrEqual(0);
        expect(editor.cursor).toBeLessThanOrEqual([...editor.text].length);
      }),
    );
  });

  it("remembers each line once, and nothing empty", () => {
    const editor = new LineEditor();
    for (const line of ["a", "a", " ", " secret", "b"]) editor.remember(line);
    expect(editor.history).toEqual(["a", "b"]);
    expect(withLine(Array(500).fill("x"), "y")).toHaveLength(500);
  });
});
