/**
 * Where a command's output goes: to the screen, line by line and cleaned, or into the pipe or file that follows it.
 * @module
 */
import { joinBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type ByteSource, eachPiece, homeLimits } from "#sdk/home-files.ts";
import type { Tone } from "./commands/command.ts";
import { sanitiseKeepingColours } from "./terminal/sanitise.ts";

/** Takes what one command gives out. */
export interface OutputSink {
  /** A line of the shell's own words. Warnings and refusals are not part of the output: they go to the screen. */
  print(text: string, tone: Tone): void;
  /** What a program has written. Nobody changes these bytes afterwards. */
  write(bytes: Uint8Array): void;
  /** All of a source, which is read as it is needed: of what is not shown, or goes into a file, not all is in memory. */
  give(source: ByteSource): Promise<Result<void>>;
  /** Nothing follows; a last line without an end is shown as well. */
  end(): void;
}

/** What is shown: text, or lines that are made when they are drawn, with about how many characters they have. */
export type ScreenText = string | { readonly lines: Iterable<string>; readonly characters: number };

/** What can show lines. */
type Print = (text: ScreenText, tone: Tone) => void;

/** Bytes that may wait in a pipe or on their way to a file, beside what is read when its turn comes. */
export const mostPipedBytes = homeLimits.wholeBytes;

/** Lines of one command on the screen, which keeps no more anyway. */
const mostLines = 5_000;

/** Characters of one line on the screen. */
const longestShownLine = 8_192;

/** Characters of one command on the screen: cleaning and drawing more would hold up the page. */
const mostShownCharacters = 2 * 1_048_576;

/** Bytes that are looked at in one go: of what is not shown no more than that is decoded. */
const goBytes = 65_536;

const lineEnd = 10;

/** What is said about the rest of an output that is too long for the screen. */
const keptByFile = "> FILE keeps it all; `save FILE` then hands it to you.";

/** The screen is full: no more is read. */
const enough = rejected("cancelled", "The screen is full.");

/** Shows what programs write, as text in UTF-8. */
export class ScreenOutput implements OutputSink {
  private readonly show: Print;
  private readonly advice: string;
  private readonly decoder = new TextDecoder();
  private rest = "";
  private lines = 0;
  private characters = 0;
  private isFull = false;
  private isCut = false;

  /** `advice` is for who wants to see what is too long for a screen. */
  constructor(show: Print, advice = keptByFile) {
    this.show = show;
    this.advice = advice;
  }

  print(text: string, tone: Tone): void {
    this.endLine();
    if (text.length <= mostShownCharacters) return this.show(text, tone);
    this.show(text.slice(0, mostShownCharacters), tone);
    this.stopShowing();
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.isFull; at += goBytes) {
      if (this.rest.length > longestShownLine) {
        // Nothing more of this line is shown.
        const end = bytes.indexOf(lineEnd, at);
        if (end < 0) return;
        this.decoder.decode();
        at = end;
      }
      this.add(this.decoder.decode(bytes.subarray(at, at + goBytes), { stream: true }));
    }
  }

  async give(source: ByteSource): Promise<Result<void>> {
    const shown = await eachPiece({ ...source, sizeBytes: Math.min(source.sizeBytes, mostPipedBytes) }, (piece) => {
      this.write(piece);
      return Promise.resolve(this.isFull ? enough : accepted(undefined));
    });
    if (source.sizeBytes > mostPipedBytes && !this.isFull) this.stopShowing();
    return shown === enough ? accepted(undefined) : shown;
  }

  end(): void {
    if (!this.isFull) this.add(this.decoder.decode());
    this.endLine();
    if (this.isCut && !this.isFull) this.show(`… A line was too long for a screen and was cut. ${this.advice}`, "dim");
  }

  private endLine(): void {
    const { rest } = this;
    this.rest = "";
    if (rest !== "" && !this.isFull) this.showLines([rest]);
  }

  private add(text: string): void {
    const parts = (this.rest + text).split("\n");
    // More of an endless line is not kept than is shown of it.
    this.rest = (parts.pop() ?? "").slice(0, longestShownLine + 1);
    if (parts.length > 0) this.showLines(parts);
  }

  private showLines(parts: readonly string[]): void {
    const shown: string[] = [];
    let characters = 0;
    for (const part of parts) {
      if (this.lines + shown.length === mostLines || this.characters + characters >= mostShownCharacters) break;
      this.isCut ||= part.length > longestShownLine;
      shown.push(part);
      characters += Math.min(part.length, longestShownLine) + 1;
    }
    this.lines += shown.length;
    this.characters += characters;
    // Cleaned when they are drawn: all at once it would hold up the page.
    if (shown.length > 0) this.show({ lines: cleaned(shown), characters }, "program");
    if (parts.length > shown.length) this.stopShowing();
  }

  private stopShowing(): void {
    this.isFull = true;
    this.rest = "";
    this.show(`… This is too long for a screen; there is more. ${this.advice}`, "dim");
  }
}

function* cleaned(lines: readonly string[]): Generator<string> {
  for (const line of lines) yield shownLine(line);
}

function shownLine(line: string): string {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  const cut = text.length > longestShownLine ? `${text.slice(0, longestShownLine)}…` : text;
  return sanitiseKeepingColours(cut);
}

/** Passes on to where a script's output goes; the script ends it, not each of its lines. */
export function forwardingSink(sink: OutputSink): OutputSink {
  return {
    print: (text, tone) => sink.print(text, tone),
    write: (bytes) => sink.write(bytes),
    give: (source) => sink.give(source),
    end: () => undefined,
  };
}

/** Keeps the output for what follows. */
export class PipeOutput implements OutputSink {
  private readonly show: Print;
  /** A source is read when its turn comes. */
  private readonly parts: (Uint8Array | ByteSource)[] = [];
  private writtenBytes = 0;
  private givenBytes = 0;
  /** Whether more came than can be kept; what was kept is then of no use. */
  overflowed = false;

  constructor(show: Print) {
    this.show = show;
  }

  print(text: string, tone: Tone): void {
    if (tone === "bad" || tone === "warning") this.show(text, tone);
    else this.write(utf8ToBytes(`${text}\n`));
  }

  write(bytes: Uint8Array): void {
    this.writtenBytes += bytes.length;
    if (this.writtenBytes > mostPipedBytes) this.overflowed = true;
    else this.parts.push(bytes);
  }

  give(source: ByteSource): Promise<Result<void>> {
    this.givenBytes += source.sizeBytes;
    this.parts.push(source);
    return Promise.resolve(accepted(undefined));
  }

  end(): void {}

  /** Bytes of all that was written and given. */
  get sizeBytes(): number {
    return this.writtenBytes + this.givenBytes;
  }

  /** All of it; null if that is more than a pipe holds. */
  async bytes(): Promise<Result<Uint8Array | null>> {
    if (this.sizeBytes > mostPipedBytes) return accepted(null);
    const all: Uint8Array[] = [];
    const read = await this.each((part) => {
      all.push(part);
      return Promise.resolve(accepted(undefined));
    });
    const [first] = all;
    return read.ok ? accepted(all.length === 1 && first !== undefined ? first : joinBytes(all)) : read;
  }

  /** Hands over all of it, a part at a time. */
  async each(take: (part: Uint8Array) => Promise<Result<void>>): Promise<Result<void>> {
    for (const part of this.parts) {
      const taken = part instanceof Uint8Array ? await take(part) : await eachPiece(part, take);
      if (!taken.ok) return taken;
    }
    return accepted(undefined);
  }
}
