/**
 * Where a command's output goes: to the screen, line by line and cleaned, or into the pipe or file that follows it.
 * @module
 */
import { concatBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import type { Tone } from "./commands/command.ts";
import { sanitiseKeepingColours } from "./terminal/sanitise.ts";

/** Takes what one command gives out. */
export interface OutputSink {
  /** A line of the shell's own words. Warnings and refusals are not part of the output: they go to the screen. */
  print(text: string, tone: Tone): void;
  /** What a program has written. */
  write(bytes: Uint8Array): void;
  /** Nothing follows; a last line without an end is shown as well. */
  end(): void;
}

/** What can show lines. */
type Print = (text: string, tone: Tone) => void;

/** Bytes that may wait in a pipe or on their way to a file. */
export const mostPipedBytes = 64 * 1_048_576;

/** Lines of one command on the screen, which keeps no more anyway. */
const mostLines = 5_000;

/** Characters of one line on the screen. */
const longestShownLine = 8_192;

/** Shows what programs write, as text in UTF-8. */
export class ScreenOutput implements OutputSink {
  private readonly show: Print;
  private readonly decoder = new TextDecoder();
  private rest = "";
  private lines = 0;

  constructor(show: Print) {
    this.show = show;
  }

  print(text: string, tone: Tone): void {
    this.show(text, tone);
  }

  write(bytes: Uint8Array): void {
    this.add(this.decoder.decode(bytes, { stream: true }));
  }

  end(): void {
    this.add(this.decoder.decode());
    if (this.rest !== "") this.line(this.rest);
    this.rest = "";
  }

  private add(text: string): void {
    if (this.lines > mostLines) return;
    const parts = (this.rest + text).split("\n");
    // More of an endless line is not kept than is shown of it.
    this.rest = (parts.pop() ?? "").slice(0, longestShownLine + 1);
    const shown = parts.slice(0, mostLines - this.lines);
    // One call for many lines: a terminal draws once.
    if (shown.length > 0) this.show(shown.map(shownLine).join("\n"), "program");
    this.lines += shown.length;
    if (parts.length > shown.length) this.stopShowing();
  }

  private line(text: string): void {
    if (this.lines >= mostLines) return this.stopShowing();
    this.lines++;
    this.show(shownLine(text), "program");
  }

  private stopShowing(): void {
    if (this.lines > mostLines) return;
    this.lines = mostLines + 1;
    this.show(`… ${mostLines} lines are shown; there are more. > FILE keeps them all.`, "dim");
  }
}

function shownLine(line: string): string {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  const cut = text.length > longestShownLine ? `${text.slice(0, longestShownLine)}…` : text;
  return sanitiseKeepingColours(cut);
}

/** Keeps the output for what follows. */
export class PipeOutput implements OutputSink {
  private readonly show: Print;
  private readonly parts: Uint8Array[] = [];
  private sizeBytes = 0;
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
    this.sizeBytes += bytes.length;
    if (this.sizeBytes > mostPipedBytes) this.overflowed = true;
    else this.parts.push(bytes.slice());
  }

  end(): void {}

  /** All that was written. */
  bytes(): Uint8Array {
    return concatBytes(...this.parts);
  }
}
