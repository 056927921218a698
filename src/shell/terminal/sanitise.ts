/**
 * Foreign text (from peers, programs, the chain) before it reaches the terminal: control characters could move the
 * cursor, forge prompts or type for the user.
 * @module
 */

/** Only what prints, and spaces. Bidirectional overrides go too: they make an address read backwards. */
export function sanitise(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, "�");
}

/** Colours and weights as terminals know them: numbers between `ESC [` and `m`. */
const colour = /\x1b\[[0-9;]{0,32}m/;

/** Columns between tab stops. */
const tabWidth = 8;

/** As {@link sanitise}, but colours stay and tabs become spaces. */
export function sanitiseKeepingColours(line: string): string {
  let column = 0;
  let out = "";
  for (const part of line.split(new RegExp(`(${colour.source}|\\t)`))) {
    if (part === "\t") {
      const spaces = tabWidth - (column % tabWidth);
      out += " ".repeat(spaces);
      column += spaces;
    } else if (colour.test(part)) out += part;
    else {
      out += sanitise(part);
      column += part.length;
    }
  }
  return out;
}

/** A line without its colours, for readers that have none. */
export function withoutColours(line: string): string {
  return line.replace(new RegExp(colour.source, "g"), "");
}
