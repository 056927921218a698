/**
 * Joins line editor, shell and an xterm.js terminal: prompt, redrawing, questions, completion, Ctrl-C. Everything shown
 * also goes to a transcript for screen readers.
 * @module
 */
import type { Tone } from "../commands/command.ts";
import { type Completion, inColumns } from "../completion.ts";
import type { ScreenText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { DrawQueue } from "./draw-queue.ts";
import { type EditorEvent, LineEditor } from "./line-editor.ts";
import { PromptPainter } from "./prompt-painter.ts";
import { laterLead } from "./prompt-rows.ts";
import { sanitise, withoutColours } from "./sanitise.ts";
import { wrapWords } from "./wrap.ts";

/** The part of xterm.js used here. */
export interface TerminalPort {
  readonly cols: number;
  readonly rows: number;
  /** Calls `taken` when it has taken the text in and may be given more. */
  write(text: string, taken: () => void): void;
  clear(): void;
  onData(listener: (data: string) => void): void;
}

/** Colours by tone, as terminal sequences. */
const tones: Readonly<Record<Tone, string>> = {
  plain: "",
  good: "\x1b[32m",
  warning: "\x1b[33m",
  bad: "\x1b[31m",
  dim: "\x1b[90m",
  strong: "\x1b[1m",
  program: "",
};

const prompt = "› ";
const promptTone = "\x1b[36m";
const reset = "\x1b[0m";

/** What a terminal sends for Ctrl-C. */
const interruptKey = "\x03";

/** And for Ctrl-Z. */
const behindKey = "\x1a";

/** Characters kept that were typed while a command ran. */
const mostTypedAhead = 4_096;

/** Longer than this nobody waits for a completion: what was typed after Tab goes on without one. */
const longestCompletionMs = 2_000;

/** Characters of one line that are drawn in one go. */
const pieceCharacters = 4_096;

/** Characters of a line that the transcript keeps: a longer one takes the page long to lay out, and nobody listens to it. */
const longestTranscribed = 65_536;

/** What is shown of a letter that must not be shown. */
const hiddenLetter = "•";

interface Question {
  readonly text: string;
  readonly hidden: boolean;
  answer(line: string | null): void;
}

/** One terminal. */
export class TerminalSession {
  private readonly terminal: TerminalPort;
  private readonly drawings: DrawQueue;
  private readonly transcribeNow: (line: string) => void;
  private readonly onRunning: (isRunning: boolean) => void;
  private readonly keepLine: (line: string) => void;
  private readonly announce: (line: string) => void;
  private readonly editor: LineEditor;
  private question: Question | null = null;
  /** Editor of the answer to a question: its lines never enter the history. */
  private answer = new LineEditor();
  private running = false;
  /** The Tab that waits for what it could mean. */
  private completing: object | null = null;
  private readonly wait: (ms: number) => Promise<void>;
  /** What was typed while a command ran or a Tab waited, key by key: it is taken afterwards. */
  private typedAhead: string[] = [];
  private earlier = "";
  private readonly painter: PromptPainter;
  /** How far what runs in front is. */
  private status: string | null = null;
  shell: Shell | null = null;

  constructor(
    terminal: TerminalPort,
    parts: {
      transcribe(line: string): void;
      history: readonly string[];
      /** Keeps a line for later visits. */
      keepLine(line: string): void;
      /** Tells who cannot see it what stands at the prompt now. */
      announce(line: string): void;
      wait(ms: number): Promise<void>;
      /** Hears when a line begins to run and when it has ended. */
      onRunning(isRunning: boolean): void;
    },
  ) {
    this.terminal = terminal;
    this.drawings = new DrawQueue((slice, taken) => terminal.write(slice, taken));
    this.painter = new PromptPainter(
      (text) => this.write(text),
      () => ({ columns: terminal.cols, rows: terminal.rows }),
    );
    this.transcribeNow = parts.transcribe;
    this.onRunning = parts.onRunning;
    this.keepLine = parts.keepLine;
    this.announce = parts.announce;
    this.wait = parts.wait;
    this.editor = new LineEditor(parts.history);
    terminal.onData((data) => this.feed(data));
  }

  /** Whether a line runs and asks nothing: what is typed is for the next prompt. */
  get isBusy(): boolean {
    return this.running && this.question === null;
  }

  /** Lines typed before. */
  history(): readonly string[] {
    return this.editor.history;
  }

  /** Prints our own words, or what a program wrote; foreign parts were cleaned before. */
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

  /** Resolves when there is room for more; whoever prints much waits for it. */
  room(): Promise<void> {
    return this.drawings.room();
  }

  /** Prints between prompts, e.g. news from the node. */
  interject(text: ScreenText, tone: Tone): void {
    const { isBusy } = this;
    if (!isBusy) this.painter.erase();
    this.print(text, tone);
    if (!isBusy) this.draw();
  }

  clear(): void {
    const { terminal } = this;
    this.drawings.add(
      (function* () {
        terminal.clear();
        yield "\x1b[2J\x1b[H";
      })(),
      0,
    );
  }

  /** Asks for a line. What was typed before the question could be read is no answer to it. */
  ask(question: string, hidden: boolean): Promise<string | null> {
    const text = sanitise(question);
    return new Promise((resolve) => {
      this.showStatus(null);
      this.typedAhead = [];
      this.answer = new LineEditor();
      this.question = { text, hidden, answer: resolve };
      this.transcribe(text);
      this.painter.begin();
      this.draw();
    });
  }

  /** Shows the prompt for the next command. */
  ready(): void {
    this.showStatus(null);
    this.setRunning(false);
    this.editor.reset();
    this.painter.begin();
    this.draw();
    this.takeTypedAhead();
  }

  /** Types a command for the user, as a button does. */
  async enter(line: string): Promise<void> {
    if (this.running) return;
    this.editor.setText(line);
    this.draw();
    await this.submit(line);
  }

  /** Does what Ctrl-C does. */
  interrupt(): void {
    this.feed(interruptKey);
  }

  private feed(data: string): void {
    if (this.completing !== null && data === interruptKey) {
      this.typedAhead = [];
      this.completing = null;
    }
    if (this.isBusy || this.completing !== null) return this.keepForLater(data);
    const editor = this.question === null ? this.editor : this.answer;
    for (const event of editor.feed(data)) this.handle(event);
  }

  private takeTypedAhead(): void {
    for (const data of this.typedAhead.splice(0)) this.feed(data);
  }

  private keepForLater(data: string): void {
    if (data === interruptKey) {
      this.typedAhead = [];
      this.shell?.stop();
    } else if (data === behindKey && this.isBusy) this.shell?.sendBehind();
    else if (this.typedAhead.reduce((sum, { length }) => sum + length, data.length) <= mostTypedAhead) {
      this.typedAhead.push(data);
    }
  }

  private handle(event: EditorEvent): void {
    if (this.question !== null) return this.handleAnswer(event, this.question);
    switch (event.type) {
      case "submit":
        void this.submit(event.line);
        break;
      case "complete":
        void this.complete();
        break;
      case "interrupt":
        this.painter.leave("^C");
        this.earlier = "";
        this.ready();
        break;
      case "clear":
        this.clear();
        this.painter.begin();
        this.draw();
        break;
      case "pasted":
        this.draw();
        for (const remark of this.shell?.pasteRemarks(this.whole(this.editor.text)) ?? [])
          this.interject(remark.text, remark.tone);
        break;
      default:
        this.draw();
        if (event.type === "recalled") this.announce(this.editor.searching ?? this.editor.text);
    }
  }

  private handleAnswer(event: EditorEvent, question: Question): void {
    if (event.type !== "submit" && event.type !== "interrupt" && event.type !== "end") return this.draw();
    this.painter.leave();
    this.question = null;
    question.answer(event.type === "submit" ? event.line : null);
  }

  /** A line with the rows that were typed before it. */
  private whole(line: string): string {
    return this.shell?.join(this.earlier, line) ?? line;
  }

  private async submit(line: string): Promise<void> {
    this.painter.leave();
    this.transcribe(`${prompt}${line}`);
    const whole = this.whole(line);
    if (this.shell?.wantsMore(whole)) {
      this.earlier = whole;
      return this.ready();
    }
    this.earlier = "";
    this.editor.remember(whole);
    this.keepLine(whole);
    this.setRunning(true);
    await this.shell?.run(whole);
    this.ready();
  }

  /** Completes the word before the cursor. Keys that follow wait for it: whoever types Tab and Enter wants what Tab brings. */
  private async complete(): Promise<void> {
    if (this.shell === null) return;
    const before = this.editor.beforeCursor;
    const none: Completion = { replaced: 0, candidates: [] };
    const mine = {};
    this.completing = mine;
    const found = await Promise.race([
      this.shell.completions(before).catch(() => none),
      this.wait(longestCompletionMs).then(() => none),
    ]);
    // Else it was given up by Ctrl-C.
    if (this.completing !== mine) return;
    this.completing = null;
    // Else a button has typed something else.
    if (!this.isBusy && this.editor.beforeCursor === before) this.putIn(found, before);
    this.takeTypedAhead();
  }

  private putIn({ replaced, candidates }: Completion, before: string): void {
    const [only] = candidates;
    if (only === undefined) return;
    const common = candidates.reduce((shared, candidate) => {
      let length = 0;
      while (length < shared.length && shared[length] === candidate[length]) length++;
      return shared.slice(0, length);
    }, only);
    const word = before.slice(before.length - replaced);
    if (candidates.length === 1 || common.length > word.length) {
      this.editor.replaceBefore(replaced, common + (candidates.length === 1 ? " " : ""));
      this.announce(this.editor.text);
      this.draw();
    } else this.interject(inColumns(candidates, this.terminal.cols).join("\n"), "dim");
  }

  private setRunning(isRunning: boolean): void {
    if (this.running === isRunning) return;
    this.running = isRunning;
    this.onRunning(isRunning);
  }

  private write(text: string): void {
    this.drawings.add([text], text.length);
  }

  /** In its turn, so that the transcript has the order of the screen. */
  private transcribe(line: string): void {
    const { transcribeNow } = this;
    this.drawings.add(
      (function* () {
        yield "";
        transcribeNow(line.slice(0, longestTranscribed));
      })(),
      0,
    );
  }

  private drawLines({ lines, characters }: Exclude<ScreenText, string>, tone: Tone): void {
    const { terminal, transcribeNow } = this;
    this.drawings.add(
      (function* () {
        for (const given of lines) {
          // Our own words hold no control characters. Whatever of others' came with them uncleaned is cleaned here.
          const line = tone === "program" ? given : sanitise(given);
          // A program's lines are its own: columns it has lined up stay so.
          const rows = tone === "program" ? [line] : wrapWords(line, Math.max(1, terminal.cols));
          const drawn = `${tones[tone]}${rows.join("\r\n")}${reset}\r\n`;
          for (let at = 0; at < drawn.length; at += pieceCharacters) yield drawn.slice(at, at + pieceCharacters);
          transcribeNow(withoutColours(line.slice(0, longestTranscribed)));
        }
      })(),
      characters,
    );
  }

  private eraseStatus(): void {
    if (this.status !== null) this.write("\r\x1b[K");
  }

  private drawStatus(): void {
    // One row: what wraps could not be taken back.
    if (this.status !== null)
      this.write(`${tones.dim}${this.status.slice(0, Math.max(1, this.terminal.cols - 1))}${reset}`);
  }

  /** Draws prompt and line. */
  private draw(): void {
    const { question, editor, painter } = this;
    if (question !== null) {
      const { letters: typed, cursor } = this.answer;
      const letters = question.hidden ? typed.map(() => hiddenLetter) : typed;
      painter.draw({ lead: question.text, leadStart: tones.strong, leadEnd: reset, letters, cursor });
      return;
    }
    const lead = this.earlier === "" ? prompt : laterLead;
    const { searching } = editor;
    const letters = searching === null ? editor.letters : [...searching];
    const cursor = searching === null ? editor.cursor : letters.length;
    painter.draw({ lead, leadStart: promptTone, leadEnd: reset, letters, cursor });
  }
}
