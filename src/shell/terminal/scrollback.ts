/**
 * What stands on a terminal as it was told, line by line, so that our own words can be broken between words anew when the
 * terminal gets another width: it knows rows alone, and would break the rows that were broken for another width once more.
 * @module
 */
import { wrapWords } from "./wrap.ts";

/** Rows a terminal keeps above the screen. */
export const scrollbackRows = 5_000;

/** Characters kept here: what is above them is on the screen only as it was broken first. */
const mostCharacters = 1_048_576;

/** One line, or what stood at a prompt when it was left. */
export interface Told {
  readonly characters: number;
  /** Its rows at a width; a row that the terminal itself breaks is one here. */
  rowsAt(columns: number): readonly string[];
}

interface Entry {
  readonly told: Told;
  /** The width for which its rows were made. */
  columns: number;
}

/** A line with its colour. Whoever has lined up columns (`isFixed`) wants them to stay so. */
export function toldLine(
  line: string,
  { start, end, isFixed }: { start: string; end: string; isFixed: boolean },
): Told {
  const rowsAt = (columns: number): readonly string[] => {
    const rows = isFixed ? [line] : wrapWords(line, columns);
    return rows.map((row, i) => `${i === 0 ? start : ""}${row}${i === rows.length - 1 ? end : ""}`);
  };
  return { characters: line.length, rowsAt };
}

const sameRows = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((row, i) => row === others[i]);

/** Everything that was drawn since the screen was last cleared, up to a bound. */
export class Scrollback {
  private entries: Entry[] = [];
  private characters = 0;

  /** Remembers what is drawn now; returns it as it is to be drawn. */
  add(told: Told, columns: number): readonly string[] {
    this.entries.push({ told, columns });
    this.characters += told.characters;
    this.forgetOldest();
    return told.rowsAt(columns);
  }

  clear(): void {
    this.entries = [];
    this.characters = 0;
  }

  /** Whether anything would be broken otherwise at this width than it stands there. */
  isBrokenOtherwise(columns: number): boolean {
    return this.entries.some(
      (entry) => entry.columns !== columns && !sameRows(entry.told.rowsAt(entry.columns), entry.told.rowsAt(columns)),
    );
  }

  /** All rows anew, one after another. */
  *rowsAt(columns: number): Generator<string> {
    // What is told meanwhile is drawn behind these.
    for (const entry of [...this.entries]) {
      entry.columns = columns;
      yield* entry.told.rowsAt(columns);
    }
  }

  private forgetOldest(): void {
    const { entries } = this;
    const isTooMuch = this.characters > 2 * mostCharacters || entries.length > 2 * scrollbackRows;
    // Rarely, as all that stay are moved.
    if (!isTooMuch) return;
    let from = entries.length;
    let characters = 0;
    while (from > 0 && entries.length - from < scrollbackRows) {
      const next = (entries[from - 1] as Entry).told.characters;
      if (characters + next > mostCharacters) break;
      characters += next;
      from--;
    }
    this.entries = entries.slice(from);
    this.characters = characters;
  }
}
