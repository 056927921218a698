/**
 * Prints on a terminal, line by line and in the order in which it was told, and tells a transcript the same.
 * @module
 */
import type { Tone } from "../commands/command.ts";
import type { ScreenText } from "../output.ts";
import { DrawQueue } from "./draw-queue.ts";
import { sanitise, withoutColours } from "./sanitise.ts";
import { Scrollback, type Told, toldLine } from "./scrollback.ts";

/** The part of xterm.js used here. */
export interface PrintingTerminal {
  readonly cols: number;
  /** Calls `taken` when it has taken the text in and may be given more. */
  write(text: string, taken: () => void): void;
  clear(): void;
  /** Whether nobody reads earlier rows or has marked some: only then may all be drawn anew. */
  isAtRest(): boolean;
}

/** What those hear who cannot see the screen. */
export interface Transcript {
  add(line: string): void;
  /** What is taken off the screen, recovery words for one, is nowhere in the page any more. */
  clear(): void;
}

/** Colours by tone, as terminal sequences. */
export const tones: Readonly<Record<Tone, string>> = {
  plain: "",
  good: "\x1b[32m",
  warning: "\x1b[33m",
  bad: "\x1b[31m",
  dim: "\x1b[90m",
  strong: "\x1b[1m",
  program: "",
};

/** Ends a colour. */
export const reset = "\x1b[0m";

/** Empties screen and scrollback, and has nothing shown before the other: synchronized output. */
const beginAnew = "\x1b[?2026h\x1b[2J\x1b[3J\x1b[H";
const showAnew = "\x1b[?2026l";

/** Characters of one line that are drawn in one go. */
const pieceCharacters = 4_096;

/** Characters of a line that the transcript keeps: a longer one takes the page long to lay out, and nobody listens to it. */
const longestTranscribed = 65_536;

/** No piece is so long that drawing it holds up the page. */
function* inPieces(drawn: string): Generator<string> {
  for (let at = 0; at < drawn.length; at += pieceCharacters) yield drawn.slice(at, at + pieceCharacters);
}

/** What prints on one terminal. */
export class TerminalPrinter {
  private readonly terminal: PrintingTerminal;
  private readonly transcript: Transcript;
  private readonly drawings: DrawQueue;
  private readonly scrollback = new Scrollback();
  /** How far what runs in front is. */
  private status: string | null = null;

  constructor(terminal: PrintingTerminal, transcript: Transcript) {
    this.terminal = terminal;
    this.transcript = transcript;
    this.drawings = new DrawQueue((slice, taken) => terminal.write(slice, taken));
  }

  /** Prints above the status. */
  print(text: ScreenText, tone: Tone): void {
    this.eraseStatus();
    this.drawLines(typeof text === "string" ? { characters: text.length, lines: text.split("\n") } : text, tone);
    this.drawStatus();
  }

  /** Shows a line below what was printed, in the place of the one before; null takes it away. */
  showStatus(text: string | null): void {
    this.eraseStatus();
    this.status = text === null ? null : sanitise(text);
    this.drawStatus();
  }

  /** Resolves when there is room for more. */
  room(): Promise<void> {
    return this.drawings.room();
  }

  /** Empties screen and transcript. */
  clear(): void {
    const { terminal, transcript, scrollback } = this;
    this.drawings.add(
      (function* () {
        terminal.clear();
        transcript.clear();
        scrollback.clear();
        yield "\x1b[2J\x1b[H";
      })(),
      0,
    );
  }

  /** Draws a text with its sequences as it is, made when its turn comes: by then the terminal may have another size. */
  write(make: () => string): void {
    this.drawings.add(
      (function* () {
        yield make();
      })(),
      0,
    );
  }

  /** Changes the terminal's size between what is printed before and what will be. */
  resize(change: () => void): void {
    this.eraseStatus();
    this.drawings.do(change);
    this.drawStatus();
  }

  /** Remembers what was drawn by {@link write} and stays; called when its turn to be drawn has come. */
  keep(told: Told): void {
    this.scrollback.add(told, this.columns());
  }

  /** Breaks what stands there between words anew if the width has changed since, unless somebody is reading in it. */
  rewrap(): void {
    const { terminal, scrollback } = this;
    const columns = (): number => this.columns();
    this.eraseStatus();
    this.drawings.add(
      (function* () {
        if (!terminal.isAtRest() || !scrollback.isBrokenOtherwise(columns())) return;
        yield beginAnew;
        for (const row of scrollback.rowsAt(columns())) yield* inPieces(`${row}\r\n`);
        yield showAnew;
      })(),
      0,
    );
    this.drawStatus();
  }

  /** Tells the transcript alone, in its turn, so that it has the order of the screen. */
  transcribe(line: string): void {
    const { transcript } = this;
    this.drawings.add(
      (function* () {
        yield "";
        transcript.add(line.slice(0, longestTranscribed));
      })(),
      0,
    );
  }

  private drawLines({ lines, characters }: Exclude<ScreenText, string>, tone: Tone): void {
    const { scrollback, transcript } = this;
    const columns = (): number => this.columns();
    this.drawings.add(
      (function* () {
        for (const given of lines) {
          // Our own words hold no control characters. Whatever of others' came with them uncleaned is cleaned here.
          const line = tone === "program" ? given : sanitise(given);
          const told = toldLine(line, { start: tones[tone], end: reset, isFixed: tone === "program" });
          yield* inPieces(`${scrollback.add(told, columns()).join("\r\n")}\r\n`);
          transcript.add(withoutColours(line.slice(0, longestTranscribed)));
        }
      })(),
      characters,
    );
  }

  private columns(): number {
    return Math.max(1, this.terminal.cols);
  }

  private eraseStatus(): void {
    if (this.status !== null) this.write(() => "\r\x1b[K");
  }

  private drawStatus(): void {
    const { status } = this;
    // One row: what wraps could not be taken back.
    if (status !== null) this.write(() => `${tones.dim}${status.slice(0, Math.max(1, this.columns() - 1))}${reset}`);
  }
}
