/**
 * Joins line editor, shell and an xterm.js terminal: prompt, redrawing, questions, completion, Ctrl-C. Everything shown
 * also goes to a transcript for screen readers.
 * @module
 */
import type { Tone } from "../commands/command.ts";
import { type Completion, inColumns } from "../completion.ts";
import type { PromptShell } from "../late-shell.ts";
import type { ScreenText } from "../output.ts";
import { type EditorEvent, LineEditor } from "./line-editor.ts";
import { PromptPainter } from "./prompt-painter.ts";
import { laterLead } from "./prompt-rows.ts";
import { sanitise } from "./sanitise.ts";
import { type PrintingTerminal, reset, TerminalPrinter, type Transcript, tones } from "./terminal-printer.ts";

/** The part of xterm.js used here. */
export interface TerminalPort extends PrintingTerminal {
  readonly rows: number;
  onData(listener: (data: string) => void): void;
}

/** What stands before a line, and the colour it has. */
export interface Prompt {
  readonly lead: string;
  readonly tone: string;
}

/** The prompt without anything to say. */
export const usualPrompt: Prompt = { lead: "› ", tone: "\x1b[36m" };

/** What a terminal sends for Ctrl-C. */
const interruptKey = "\x03";

/** And for Ctrl-Z. */
const behindKey = "\x1a";

/** Characters kept that were typed while a command ran. */
const mostTypedAhead = 4_096;

/** Longer than this nobody waits for a completion: what was typed after Tab goes on without one. */
const longestCompletionMs = 2_000;

/** A window that is being drawn to another size changes it sixty times a second: so long it is left alone first. */
const sizeQuietMs = 150;

/** Exit code of a line that names no command. */
const noSuchCommand = 127;

const notKept =
  "Was that your passphrase? It was not asked for, so it stood there in clear. It is not kept among your earlier lines; `clear` takes it off the screen.";

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
  private readonly printer: TerminalPrinter;
  private readonly onRunning: (isRunning: boolean) => void;
  private readonly keepLine: (line: string) => void;
  private readonly forgetLines: () => void;
  /** Whether the line that ran last has asked for something hidden: what is typed next may be that, at the wrong prompt. */
  private hasAskedHidden = false;
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
  private prompt = usualPrompt;
  /** What stood at the prompt when a button typed a command. */
  private draft = "";
  private readonly painter: PromptPainter;
  /** The change of size that came last. */
  private resized: object | null = null;
  /** Somebody is at the keys. */
  readonly isAnswered = true;
  shell: PromptShell | null = null;

  constructor(
    terminal: TerminalPort,
    parts: {
      transcript: Transcript;
      history: readonly string[];
      /** Keeps a line for later visits. */
      keepLine(line: string): void;
      /** Forgets all kept lines. */
      forgetLines(): void;
      /** Tells who cannot see it what stands at the prompt now. */
      announce(line: string): void;
      wait(ms: number): Promise<void>;
      /** Hears when a line begins to run and when it has ended. */
      onRunning(isRunning: boolean): void;
    },
  ) {
    this.terminal = terminal;
    this.printer = new TerminalPrinter(terminal, parts.transcript);
    this.painter = new PromptPainter(
      (make) => this.printer.write(make),
      () => ({ columns: terminal.cols, rows: terminal.rows }),
      (told) => this.printer.keep(told),
    );
    this.onRunning = parts.onRunning;
    this.keepLine = parts.keepLine;
    this.forgetLines = parts.forgetLines;
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

  /** Forgets them. */
  forgetHistory(): void {
    this.editor.forgetHistory();
    this.forgetLines();
  }

  /** Prints our own words, or what a program wrote; foreign parts were cleaned before. */
  print(text: ScreenText, tone: Tone): void {
    this.printer.print(text, tone);
  }

  /** Shows a line below what was printed, in the place of the one before; null takes it away. */
  showStatus(text: string | null): void {
    this.printer.showStatus(text);
  }

  /** Resolves when there is room for more; whoever prints much waits for it. */
  room(): Promise<void> {
    return this.printer.room();
  }

  /** Prints between prompts, e.g. news from the node. */
  interject(text: ScreenText, tone: Tone): void {
    this.besidePrompt(() => this.print(text, tone));
  }

  clear(): void {
    this.printer.clear();
  }

  /**
   * Changes the terminal's size. The prompt is taken away before and drawn anew after: a terminal that gets narrower or wider
   * breaks its lines anew, but not the one with the cursor. Once the size is left alone, our own words are broken between
   * words again.
   */
  resize(change: () => void): void {
    this.besidePrompt(() => this.printer.resize(change));
    const mine = {};
    this.resized = mine;
    void this.wait(sizeQuietMs).then(() => {
      if (this.resized === mine) this.besidePrompt(() => this.printer.rewrap());
    });
  }

  /** Does something with all that was printed, while the prompt is not there. */
  private besidePrompt(act: () => void): void {
    const { isBusy } = this;
    if (!isBusy) this.painter.erase();
    act();
    if (!isBusy) this.draw();
  }

  /** Asks for a line. What was typed before the question could be read is no answer to it. */
  ask(question: string, hidden: boolean): Promise<string | null> {
    const text = sanitise(question);
    return new Promise((resolve) => {
      this.showStatus(null);
      this.typedAhead = [];
      this.answer = new LineEditor();
      this.hasAskedHidden ||= hidden;
      this.question = { text, hidden, answer: resolve };
      this.printer.transcribe(text);
      this.painter.begin();
      this.draw();
    });
  }

  /** Shows another prompt from now on, before the line that is being typed too. */
  showPrompt(prompt: Prompt): void {
    if (prompt.lead === this.prompt.lead) return;
    const isShown = !this.running && this.question === null;
    if (isShown) this.painter.erase();
    this.prompt = prompt;
    if (isShown) this.draw();
  }

  /** Shows the prompt for the next command. */
  ready(): void {
    this.showStatus(null);
    this.setRunning(false);
    this.editor.reset();
    this.takeDraftBack();
    // Whoever read in earlier rows when the size changed has come back to the prompt.
    this.printer.rewrap();
    this.painter.begin();
    this.draw();
    this.takeTypedAhead();
  }

  /** Types a command for the user, as a button does. It is no part of what stands at the prompt, which comes back behind it. */
  async enter(line: string): Promise<void> {
    if (this.running) {
      const why = this.question === null ? "something else still runs." : "first answer the question.";
      return this.interject(`\`${line}\` was not run: ${why}`, "warning");
    }
    // Keys that waited for a Tab were meant for the line that now steps back.
    if (this.completing !== null) this.typedAhead = [];
    this.completing = null;
    this.draft = this.whole(this.editor.text);
    this.earlier = "";
    this.editor.reset();
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

  private takeDraftBack(): void {
    const { draft } = this;
    this.draft = "";
    // What was typed meanwhile was meant for an empty prompt.
    if (draft === "" || this.typedAhead.length > 0) return;
    this.editor.setText(draft);
    this.announce(draft);
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
    } else if (data.length > 1) {
      this.print(
        "What you pasted while this runs is too long to wait and was dropped. Paste it again later.",
        "warning",
      );
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
        void this.remarkOnPaste();
        break;
      case "paste-too-long":
        this.sayTooLong(event.characters);
        break;
      default:
        this.draw();
        if (event.type === "recalled") this.announce(this.editor.searching ?? this.editor.text);
    }
  }

  private async remarkOnPaste(): Promise<void> {
    const remarks = (await this.shell?.pasteRemarks(this.whole(this.editor.text)).catch(() => [])) ?? [];
    for (const remark of remarks) this.interject(remark.text, remark.tone);
  }

  private sayTooLong(characters: number): void {
    const much = `${characters.toLocaleString("en")} characters are more than a line takes`;
    this.interject(`${much}: nothing was pasted. \`cat - > FILE\` takes in a file of yours.`, "warning");
  }

  private handleAnswer(event: EditorEvent, question: Question): void {
    if (event.type === "paste-too-long") return this.sayTooLong(event.characters);
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
    this.printer.transcribe(`${this.prompt.lead}${line}`);
    const whole = this.whole(line);
    if (this.shell?.wantsMore(whole)) {
      this.earlier = whole;
      return this.ready();
    }
    this.earlier = "";
    const mayBeSecret = this.hasAskedHidden;
    this.hasAskedHidden = false;
    if (!mayBeSecret) this.remember(whole);
    this.setRunning(true);
    const code = await this.shell?.run(whole);
    if (mayBeSecret && code === noSuchCommand) this.print(notKept, "warning");
    else if (mayBeSecret) this.remember(whole);
    this.ready();
  }

  private remember(line: string): void {
    this.editor.remember(line);
    this.keepLine(line);
  }

  /** Completes the word before the cursor. Keys that follow wait for it: whoever types Tab and Enter wants what Tab brings. */
  private async complete(): Promise<void> {
    if (this.shell === null) return;
    const before = this.editor.beforeCursor;
    const none: Completion = { replaced: 0, candidates: [] };
    const mine = {};
    this.completing = mine;
    const found = await Promise.race([
      this.shell.completions(this.whole(before)).catch(() => none),
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
    // A word that began in an earlier row cannot be replaced here.
    if (only === undefined || replaced > before.length) return;
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

  /** Draws prompt and line. */
  private draw(): void {
    const { question, editor, painter } = this;
    if (question !== null) {
      const { letters: typed, cursor } = this.answer;
      const letters = question.hidden ? typed.map(() => hiddenLetter) : [...typed];
      painter.draw({ lead: question.text, leadStart: tones.strong, leadEnd: reset, letters, cursor });
      return;
    }
    const { lead: first, tone } = this.prompt;
    const lead = this.earlier === "" ? first : laterLead;
    const { searching } = editor;
    // As it is now: it is laid out when its turn comes.
    const letters = [...(searching ?? editor.letters)];
    const cursor = searching === null ? editor.cursor : letters.length;
    painter.draw({ lead, leadStart: tone, leadEnd: reset, letters, cursor });
  }
}
