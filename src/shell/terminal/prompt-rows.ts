/**
 * Lays a prompt and the line behind it out in the rows of a terminal, as the terminal itself breaks them.
 * @module
 */
import { columnsOfCodePoint } from "./columns.ts";
import { withoutUnseen } from "./sanitise.ts";

/** One row. */
interface Row {
  text: string;
  /** Whether the terminal must be told to begin the next row; else the row is full and it does so by itself. */
  endsHard: boolean;
}

/** What is to be drawn. */
export interface PromptRows {
  readonly rows: readonly Readonly<Row>[];
  readonly cursorRow: number;
  readonly cursorColumn: number;
}

/** What a prompt shows. */
export interface PromptParts {
  readonly lead: string;
  /** Written before and behind the lead; they take no columns. */
  readonly leadStart: string;
  readonly leadEnd: string;
  /** The line, character by character; a line end among them begins a row. */
  readonly letters: readonly string[];
  /** Characters before the cursor. */
  readonly cursor: number;
}

/** What stands before the later rows of a line. */
export const laterLead = "… ";

/** Lays it out. */
export function layOut({ lead, leadStart, leadEnd, letters, cursor }: PromptParts, columns: number): PromptRows {
  const rows: Row[] = [{ text: leadStart, endsHard: false }];
  let column = 0;
  const row = (): Row => rows[rows.length - 1] as Row;
  const breakRow = (endsHard: boolean): void => {
    row().endsHard = endsHard;
    rows.push({ text: "", endsHard: false });
    column = 0;
  };
  const add = (text: string): void => {
    for (const character of text) {
      const width = columnsOfCodePoint(character.codePointAt(0) as number);
      if (column + width > columns && column > 0) breakRow(false);
      row().text += character;
      column += width;
    }
  };
  add(lead);
  row().text += leadEnd;
  let at = { row: 0, column: 0 };
  for (const [i, letter] of letters.entries()) {
    if (letter !== "\n" && column >= columns) breakRow(false);
    if (i === cursor) at = { row: rows.length - 1, column: Math.min(column, columns - 1) };
    if (letter === "\n") {
      breakRow(true);
      add(laterLead);
    }
    // Buttons, completion and earlier lines bring what nobody can type: it must neither steer the terminal nor hide.
    else add(withoutUnseen(letter, "�"));
  }
  // A row that is full to its edge leaves the cursor there until something follows: a row of its own is begun for it.
  if (column >= columns) breakRow(true);
  if (cursor >= letters.length) at = { row: rows.length - 1, column };
  return { rows, cursorRow: at.row, cursorColumn: at.column };
}

/** Rows around the cursor, as many as a terminal shows: what has left its top cannot be drawn anew. */
export function windowOf(all: PromptRows, most: number): PromptRows {
  if (all.rows.length <= most) return all;
  const from = Math.max(0, Math.min(all.cursorRow - Math.floor(most / 2), all.rows.length - most));
  return { ...all, rows: all.rows.slice(from, from + most), cursorRow: all.cursorRow - from };
}
