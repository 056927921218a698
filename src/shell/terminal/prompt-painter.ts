/**
 * Draws a prompt and the line behind it, again and again in the same place.
 * @module
 */
import { layOut, type PromptParts, type PromptRows, windowOf } from "./prompt-rows.ts";
import type { Told } from "./scrollback.ts";

/** Rows as a terminal is given them: one that is full goes over into the next by itself. */
const asDrawn = (rows: PromptRows["rows"]): string =>
  rows.map(({ text, endsHard }, i) => text + (endsHard && i < rows.length - 1 ? "\r\n" : "")).join("");

/** What stays of a prompt, with a word behind it. */
function toldPrompt(parts: PromptParts, word: string): Told {
  return {
    characters: parts.letters.length + parts.lead.length,
    rowsAt: (columns) => [asDrawn(layOut(parts, columns).rows) + word],
  };
}

/** One prompt on one terminal. All is worked out when its turn to be drawn comes, with the size that the terminal has then. */
export class PromptPainter {
  private readonly write: (make: () => string) => void;
  private readonly size: () => { readonly columns: number; readonly rows: number };
  private readonly keep: (told: Told) => void;
  /** What stands there. */
  private drawn: PromptParts | null = null;
  /** Rows between the prompt's first and the cursor. */
  private cursorRow = 0;
  /** Rows between the cursor and the prompt's last. */
  private rowsBelow = 0;

  /** `keep` is told what stays where it is, when its turn has come. */
  constructor(
    write: (make: () => string) => void,
    size: () => { readonly columns: number; readonly rows: number },
    keep: (told: Told) => void,
  ) {
    this.write = write;
    this.size = size;
    this.keep = keep;
  }

  /** Begins anew on the row where the terminal's cursor is. */
  begin(): void {
    this.write(() => this.beginning());
  }

  /** Removes what was drawn. */
  erase(): void {
    this.write(() => this.erasing());
  }

  /** Draws in the place of what was drawn before, and puts the cursor where it belongs. */
  draw(parts: PromptParts): void {
    this.write(() => {
      const size = this.size();
      const columns = Math.max(1, size.columns);
      const { rows, cursorRow, cursorColumn } = windowOf(layOut(parts, columns), Math.max(1, size.rows));
      const last = rows.length - 1;
      const up = last > cursorRow ? `\x1b[${last - cursorRow}A` : "";
      const erasing = this.erasing();
      this.cursorRow = cursorRow;
      this.rowsBelow = last - cursorRow;
      this.drawn = parts;
      return `${erasing}${asDrawn(rows)}\r${up}${cursorColumn > 0 ? `\x1b[${cursorColumn}C` : ""}`;
    });
  }

  /** Leaves what was drawn where it is, with a word behind it if there is one to say, and goes below it. */
  leave(word = ""): void {
    this.write(() => {
      if (this.drawn !== null) this.keep(toldPrompt(this.drawn, word));
      const down = this.rowsBelow > 0 ? `\x1b[${this.rowsBelow}B` : "";
      return `${down}${word}\r\n${this.beginning()}`;
    });
  }

  private beginning(): "" {
    this.cursorRow = 0;
    this.rowsBelow = 0;
    this.drawn = null;
    return "";
  }

  private erasing(): string {
    const up = this.cursorRow > 0 ? `\x1b[${this.cursorRow}A` : "";
    return `\r${up}\x1b[J${this.beginning()}`;
  }
}
