/**
 * Foreign text (from peers, programs, the chain) before it reaches the terminal: control characters could move the
 * cursor, forge prompts or type for the user.
 * @module
 */

import { columnsOf } from "./columns.ts";

/** Only what prints, and spaces. Bidirectional overrides go too: they make an address read backwards. */
export function sanitise(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, "�");
}

/** Characters that show nothing, or make a line read otherwise than it is run. What joins letters of some scripts is none. */
const unseen = /[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

/** What is typed, without what is not seen, or with something else in its place. */
export function withoutUnseen(text: string, instead = ""): string {
  return text.replace(unseen, instead);
}

/** Colours and weights as terminals know them: numbers between `ESC [` and `m`. */
const colour = /\x1b\[[0-9;]{0,32}m/;

/** Columns between tab stops. */
const tabWidth = 8;

const blinking: ReadonlySet<string> = new Set(["5", "6"]);
const concealed = "8";

/** A colour without what hides text from the reader but not from the clipboard, and without what blinks. */
function harmless(sequence: string): string {
  const numbers = sequence.slice(2, -1).split(";");
  const kept: string[] = [];
  for (let i = 0; i < numbers.length; i++) {
    const number = (numbers[i] as string).replace(/^0+(?=.)/, "");
    if (number === "38" || number === "48") {
      // A colour of its own: 5 and its number, or 2 and three numbers.
      const length = numbers[i + 1] === "5" ? 3 : numbers[i + 1] === "2" ? 5 : 1;
      kept.push(...numbers.slice(i, i + length));
      i += length - 1;
    } else if (!blinking.has(number) && number !== concealed) kept.push(number);
  }
  return kept.length === 0 ? "" : `\x1b[${kept.join(";")}m`;
}

/** As {@link sanitise}, but colours stay and tabs become spaces. */
export function sanitiseKeepingColours(line: string): string {
  let column = 0;
  let out = "";
  for (const part of line.split(new RegExp(`(${colour.source}|\\t)`))) {
    if (part === "\t") {
      const spaces = tabWidth - (column % tabWidth);
      out += " ".repeat(spaces);
      column += spaces;
    } else if (colour.test(part)) out += harmless(part);
    else {
      const shown = sanitise(part);
      out += shown;
      column += columnsOf(shown);
    }
  }
  return out;
}

/** A line without its colours, for readers that have none. */
export function withoutColours(line: string): string {
  return line.replace(new RegExp(colour.source, "g"), "");
}
