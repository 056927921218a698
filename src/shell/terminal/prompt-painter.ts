/**
 * Draws a prompt and the line behind it, again and again in the same place.
 * @module
 */
import { layOut, type PromptParts, windowOf } from "./prompt-rows.ts";

/** One prompt on one terminal. All is worked out when its turn to be drawn comes, with the size that the terminal has then. */
export class PromptPainter {
  private readonly write: (make: () => string) => void;
  private readonly size: () => { readonly columns: number; readonly rows: number };
  /** Rows between the prompt's first and the cursor. */
  private cursorRow = 0;
  /** Rows between the cursor and the prompt's last. */
  private rowsBelow = 0;

  constructor(write: (make: () => string) => void, size: () => { readonly columns: number; readonly rows: number }) {
    this.write = write;
    this.size = size;
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
      const drawn = rows.map(({ text, endsHard }, i) => text + (endsHard && i < last ? "\r\n" : "")).join("");
      const up = last > cursorRow ? `\x1b[${last - cursorRow}A` : "";
      const erasing = this.erasing();
      this.cursorRow = cursorRow;
      this.rowsBelow = last - cursorRow;
      return `${erasing}${drawn}\r${up}${cursorColumn > 0 ? `\x1b[${cursorColumn}C` : ""}`;
    });
  }

  /** Leaves what was drawn where it is, with a word behind it if there is one to say, and goes below it. */
  leave(word = ""): void {
    this.write(() => {
      const down = this.rowsBelow > 0 ? `\x1b[${this.rowsBelow}B` : "";
      return `${down}${word}\r\n${this.beginning()}`;
    });
  }

  private beginning(): "" {
    this.cursorRow = 0;
    this.rowsBelow = 0;
    return "";
  }

  private erasing(): string {
    const up = this.cursorRow > 0 ? `\x1b[${this.cursorRow}A` : "";
    return `\r${up}\x1b[J${this.beginning()}`;
  }
}
