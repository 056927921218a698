/**
 * The line editor: keys in, a line and a cursor out. Pure: it draws nothing and runs nothing. A paste is never run: its
 * lines stay lines, and all of them wait for the user's own Enter.
 * @module
 */
import { longestLine } from "../language/grammar.ts";
import { withoutUnseen } from "./sanitise.ts";

/** What a key led to. */
export type EditorEvent =
  | { readonly type: "changed" }
  /** Another line stands there than was typed. */
  | { readonly type: "recalled" }
  | { readonly type: "submit"; readonly line: string }
  | { readonly type: "complete" }
  | { readonly type: "interrupt" }
  | { readonly type: "end" }
  | { readonly type: "clear" }
  | { readonly type: "pasted" }
  /** A paste that is longer than a line can be; nothing was put in. */
  | { readonly type: "paste-too-long"; readonly characters: number };

/** Lines of history kept. */
const mostHistory = 500;

const pasteStart = "\x1b[200~";
const pasteEnd = "\x1b[201~";

/** What a phone's keyboard puts in from its clipboard comes unmarked; nobody types a line and Enter in one stroke. */
function isUnmarkedPaste(data: string): boolean {
  return data.length > 1 && !data.startsWith("\x1b") && /[\r\n]/.test(data);
}

let segmenter: Intl.Segmenter | undefined;

/** Made with the first text that needs it: its tables are read then, which holds a phone's thread for long. */
function segmentsOf(text: string): Iterable<Intl.SegmentData> {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return segmenter.segment(text);
}

/** Text that is segmented in one go: what it costs grows with the square of its length. */
const segmentedUnits = 256;

/** Splits text into what a person sees as characters. */
function characters(text: string): string[] {
  if (/^[\x20-\x7e\n]*$/.test(text)) return [...text];
  const all: string[] = [];
  for (let at = 0; at < text.length; ) {
    let end = at + segmentedUnits;
    // Not between the halves of one.
    if (/[\ud800-\udbff]/.test(text[end - 1] ?? "")) end--;
    const found = Array.from(segmentsOf(text.slice(at, end)), ({ segment }) => segment);
    // The last may go on behind what was looked at.
    if (end < text.length && found.length > 1) found.pop();
    for (const one of found) {
      all.push(one);
      at += one.length;
    }
  }
  return all;
}

/** What of a paste becomes part of the line. */
function fromPaste(text: string): string {
  const lines = text.split(/\r\n?|\n/).map((line) => withoutUnseen(line.replaceAll("\t", " ")));
  return lines.join("\n").replace(/\n+$/, "");
}

/** Earlier lines with one more. Empty ones, a repeated one and what begins with a space are not kept. */
export function withLine(lines: readonly string[], line: string): readonly string[] {
  if (line.trim() === "" || line.startsWith(" ") || lines.at(-1) === line) return lines;
  return [...lines, line].slice(-mostHistory);
}

/** Editing state of one prompt. */
export class LineEditor {
  private all: string[] = [];
  private at = 0;
  private cut: string[] = [];
  private recall: number | null = null;
  private draft = "";
  private search: { query: string; found: string } | null = null;
  private lines: readonly string[];

  constructor(history: readonly string[] = []) {
    this.lines = history;
  }

  /** The line as typed so far. */
  get text(): string {
    return this.all.join("");
  }

  /** The line, character by character as a person sees them. */
  get letters(): readonly string[] {
    return this.all;
  }

  /** Characters before the cursor. */
  get cursor(): number {
    return this.at;
  }

  /** What stands before the cursor. */
  get beforeCursor(): string {
    return this.all.slice(0, this.at).join("");
  }

  /** Puts text in the place of the last so many UTF-16 units before the cursor. */
  replaceBefore(units: number, text: string): void {
    const before = this.beforeCursor;
    this.put(before.slice(0, before.length - units) + text);
  }

  /** Earlier lines, oldest first. */
  get history(): readonly string[] {
    return this.lines;
  }

  /** Forgets earlier lines. */
  forgetHistory(): void {
    this.lines = [];
    this.recall = null;
  }

  /** What Ctrl-R shows; null while not searching. */
  get searching(): string | null {
    return this.search === null ? null : `(search) ${this.search.query}: ${this.search.found}`;
  }

  /** Keeps a line for recall. */
  remember(line: string): void {
    this.lines = withLine(this.lines, line);
  }

  /** Replaces the line, cursor at the end. */
  setText(text: string): void {
    this.all = characters(text);
    this.at = this.all.length;
  }

  /** Inserts at the cursor. */
  insert(text: string): void {
    this.put(this.beforeCursor + text);
  }

  /** Replaces what stands before the cursor. An accent joins the letter that it is typed behind. */
  private put(before: string): void {
    const after = this.all.slice(this.at).join("");
    this.all = characters(before + after);
    this.at = characters(before).length;
  }

  /** Starts an empty line. */
  reset(): void {
    this.setText("");
    this.recall = null;
    this.search = null;
  }

  /** Takes what the terminal sent: one key, several, or a paste. */
  feed(data: string): readonly EditorEvent[] {
    if (data.startsWith(pasteStart)) return this.paste(data.slice(pasteStart.length).replace(pasteEnd, ""));
    if (isUnmarkedPaste(data)) return this.paste(data);
    const events: EditorEvent[] = [];
    for (const key of splitKeys(data)) events.push(...this.key(key));
    return events;
  }

  private paste(pasted: string): readonly EditorEvent[] {
    if (this.search !== null) this.endSearch();
    // Before anything looks at it: to draw millions of letters would hold up the page.
    if (pasted.length > longestLine) return [{ type: "paste-too-long", characters: pasted.length }];
    this.insert(fromPaste(pasted));
    return [{ type: "pasted" }];
  }

  private key(key: string): readonly EditorEvent[] {
    if (this.search !== null) return this.searchKey(key);
    const action = keyActions[key];
    if (action !== undefined) return action(this);
    if (withoutUnseen(key) === key) this.insert(key);
    return [{ type: "changed" }];
  }

  /** @internal Keys while Ctrl-R searches. */
  private searchKey(key: string): readonly EditorEvent[] {
    const search = this.search as { query: string; found: string };
    if (key === "\r" || key.startsWith("\x1b")) this.endSearch();
    else if (key === "\x03" || key === "\x07") this.search = null;
    else if (key === "\x12") this.find(search.query, this.lines.lastIndexOf(search.found) - 1);
    else if (key === "\x7f") this.find(search.query.slice(0, -1), this.lines.length - 1);
    else if (key >= " ") this.find(search.query + key, this.lines.length - 1);
    return [{ type: "recalled" }];
  }

  private endSearch(): void {
    this.setText(this.search?.found ?? "");
    this.search = null;
  }

  private find(query: string, from: number): void {
    const found = query === "" ? "" : (this.lines.slice(0, from + 1).findLast((line) => line.includes(query)) ?? "");
    this.search = { query, found };
  }

  /** Starts Ctrl-R. */
  startSearch(): void {
    this.search = { query: "", found: "" };
  }

  /** Moves by characters. */
  move(by: number): void {
    this.at = Math.max(0, Math.min(this.all.length, this.at + by));
  }

  /** The place one word away. */
  wordFrom(step: -1 | 1): number {
    let place = this.at;
    const letter = (): string | undefined => this.all[step < 0 ? place - 1 : place];
    while (letter() !== undefined && /\s/.test(letter() as string)) place += step;
    while (letter() !== undefined && !/\s/.test(letter() as string)) place += step;
    return place;
  }

  /** Deletes between the cursor and a place, and keeps it for yanking. */
  cutTo(place: number): void {
    const from = Math.max(0, Math.min(this.at, place));
    const to = Math.min(this.all.length, Math.max(this.at, place));
    this.cut = this.all.splice(from, to - from);
    this.at = from;
  }

  /** Puts back what was cut last. */
  yank(): void {
    this.insert(this.cut.join(""));
  }

  /** Deletes one character without keeping it. */
  erase(before: boolean): void {
    const place = before ? this.at - 1 : this.at;
    if (place < 0 || place >= this.all.length) return;
    this.all.splice(place, 1);
    this.at = place;
  }

  /** Goes through the history; what was typed comes back at the end. */
  recallBy(step: -1 | 1): void {
    if (this.recall === null) {
      if (step > 0 || this.lines.length === 0) return;
      this.draft = this.text;
      this.recall = this.lines.length;
    }
    this.recall = Math.max(0, this.recall + step);
    if (this.recall >= this.lines.length) {
      this.recall = null;
      this.setText(this.draft);
    } else this.setText(this.lines[this.recall] as string);
  }
}

type Action = (editor: LineEditor) => readonly EditorEvent[];

const changed: readonly EditorEvent[] = [{ type: "changed" }];
const edit =
  (change: (editor: LineEditor) => void): Action =>
  (editor) => {
    change(editor);
    return changed;
  };

const recallBy =
  (step: -1 | 1): Action =>
  (editor) => {
    editor.recallBy(step);
    return [{ type: "recalled" }];
  };

const home = edit((editor) => editor.move(Number.NEGATIVE_INFINITY));
const end = edit((editor) => editor.move(Number.POSITIVE_INFINITY));
const left = edit((editor) => editor.move(-1));
const right = edit((editor) => editor.move(1));
const wordLeft = edit((editor) => editor.move(editor.wordFrom(-1) - editor.cursor));
const wordRight = edit((editor) => editor.move(editor.wordFrom(1) - editor.cursor));
const cutNextWord = edit((editor) => editor.cutTo(editor.wordFrom(1)));
const cutWord = edit((editor) => editor.cutTo(editor.wordFrom(-1)));

const keyActions: Readonly<Record<string, Action>> = {
  "\r": (editor) => [{ type: "submit", line: editor.text }],
  "\n": (editor) => [{ type: "submit", line: editor.text }],
  "\t": () => [{ type: "complete" }],
  "\x03": () => [{ type: "interrupt" }],
  "\x04": (editor) => (editor.text === "" ? [{ type: "end" }] : edit((e) => e.erase(false))(editor)),
  "\x0c": () => [{ type: "clear" }],
  "\x12": edit((editor) => editor.startSearch()),
  "\x7f": edit((editor) => editor.erase(true)),
  // What terminals send for Ctrl-Backspace.
  "\b": cutWord,
  "\x1b[3~": edit((editor) => editor.erase(false)),
  "\x01": home,
  "\x1b[H": home,
  "\x1bOH": home,
  "\x1b[1~": home,
  "\x05": end,
  "\x1b[4~": end,
  "\x1b[F": end,
  "\x1bOF": end,
  "\x02": left,
  "\x1b[D": left,
  "\x06": right,
  "\x1b[C": right,
  "\x1bb": wordLeft,
  "\x1b[1;5D": wordLeft,
  "\x1b[1;3D": wordLeft,
  "\x1bf": wordRight,
  "\x1b[1;5C": wordRight,
  "\x1b[1;3C": wordRight,
  "\x17": cutWord,
  "\x1b\x7f": cutWord,
  "\x1bd": cutNextWord,
  "\x1b[3;5~": cutNextWord,
  "\x1b[3;3~": cutNextWord,
  "\x0b": edit((editor) => editor.cutTo(Number.POSITIVE_INFINITY)),
  "\x15": edit((editor) => editor.cutTo(0)),
  "\x19": edit((editor) => editor.yank()),
  "\x1b[A": recallBy(-1),
  "\x10": recallBy(-1),
  "\x1b[B": recallBy(1),
  "\x0e": recallBy(1),
};

/** Cuts terminal input into keys: escape sequences stay whole, everything else is one character each. */
function splitKeys(data: string): readonly string[] {
  return data.match(/\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Z]|[^[O])|[\s\S]/gu) ?? [];
}
