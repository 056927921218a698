/**
 * How many columns of a terminal characters take. The editor and the terminal both ask here, so that the cursor stands where
 * the user sees it, whatever script is typed.
 * @module
 */

/** Characters twice as wide as a letter; flags are made of two letters that are not. */
const wide =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}\p{Script=Tangut}\p{Script=Nushu}\p{Emoji_Presentation}\u3000-\u303e\u3190-\u33ff\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;
const narrow = /[\p{Regional_Indicator}\uff61-\uffdc]/u;

/** Characters drawn over the one before, or not at all. */
const none = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]/u;

/** Below this all characters have one column, and most text is. */
const firstSpecial = 0x300;

const lastRemembered = 0x1_ffff;
const unknown = 3;
const remembered = new Uint8Array(lastRemembered + 1).fill(unknown);

function measured(codePoint: number): 0 | 1 | 2 {
  const character = String.fromCodePoint(codePoint);
  if (none.test(character)) return 0;
  return wide.test(character) && !narrow.test(character) ? 2 : 1;
}

/** Columns of one code point. */
export function columnsOfCodePoint(codePoint: number): 0 | 1 | 2 {
  if (codePoint < firstSpecial) return 1;
  if (codePoint > lastRemembered) return measured(codePoint);
  const known = remembered[codePoint] as number;
  if (known !== unknown) return known as 0 | 1 | 2;
  const columns = measured(codePoint);
  remembered[codePoint] = columns;
  return columns;
}

/** Columns of a text without control characters. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOfCodePoint(character.codePointAt(0) as number);
  return columns;
}

/** What xterm.js packs of a character: its columns, and whether it is drawn over the one before. */
const packed = (columns: number, joins: boolean): number => (columns << 1) | (joins ? 1 : 0);

/** The same widths, for xterm.js. */
export const unicodeColumns = {
  version: "aether",
  wcwidth: columnsOfCodePoint,
  charProperties: (codePoint: number, preceding: number): number => {
    const columns = columnsOfCodePoint(codePoint);
    const columnsBefore = (preceding >> 1) & 3;
    return columns === 0 && columnsBefore > 0 ? packed(columnsBefore, true) : packed(columns, false);
  },
} as const;
