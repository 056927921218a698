/**
 * From words and operators to pipelines: `|`, `<`, `>`, `>>`, `;`, `&&`, `||` and `&`. A small grammar of its own; nothing is
 * ever evaluated, and nothing is run before the whole line is understood.
 * @module
 */
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import { goingOn, plainText, readTokens, type Token, type Tokens, type Word } from "./tokens.ts";

/** Where a pipeline's output goes instead of the screen. */
export interface OutputTarget {
  readonly path: Word;
  readonly append: boolean;
}

/** A variable that a line sets. */
export interface Assignment {
  readonly name: string;
  readonly value: Word;
}

/** Commands of which each reads what the one before it has written, or variables that are set. */
export interface Pipeline {
  readonly stages: readonly (readonly Word[])[];
  /** Set instead of running anything; then there are no stages. */
  readonly assignments: readonly Assignment[];
  /** File that the first command reads. */
  readonly input: Word | null;
  /** File that takes what the last command writes. */
  readonly output: OutputTarget | null;
  /** The prompt comes back at once. */
  readonly background: boolean;
  /** Runs always, or depending on how the one before it ended. */
  readonly runs: "always" | "after-success" | "after-failure";
}

/** A line, with what was typed for it on more rows, has at most so many characters. */
export const longestLine = 16_384;

const refuse = (message: string): Rejected => rejected("invalid-argument", message);

function assignmentOf(word: Word): Assignment | null {
  const [first, ...rest] = word;
  if (first === undefined || !("text" in first) || first.quoted) return null;
  const match = /^([A-Za-z_][A-Za-z0-9_]*)=/.exec(first.text);
  if (match === null) return null;
  return { name: match[1] as string, value: [{ text: first.text.slice(match[0].length), quoted: false }, ...rest] };
}

/** Collects one pipeline; what does not fit is refused with its reason. */
class PipelineBuilder {
  private stages: Word[][] = [];
  private words: Word[] = [];
  private input: Word | null = null;
  private output: OutputTarget | null = null;
  private readonly runs: Pipeline["runs"];

  constructor(runs: Pipeline["runs"]) {
    this.runs = runs;
  }

  get isEmpty(): boolean {
    return this.words.length === 0 && this.stages.length === 0 && this.input === null && this.output === null;
  }

  addWord(word: Word): void {
    this.words.push(word);
  }

  pipe(): Rejected | null {
    if (this.words.length === 0) return refuse("A command must stand before each |.");
    if (this.output !== null) return refuse("Only the last command of a pipeline can write to a file (>).");
    this.stages.push(this.words);
    this.words = [];
    return null;
  }

  redirect(operator: "<" | ">" | ">>", path: Word): Rejected | null {
    if (operator === "<") {
      if (this.stages.length > 0) return refuse("Only the first command of a pipeline can read from a file (<).");
      if (this.input !== null) return refuse("A command reads from one file (<) only; `cat A B |` joins several.");
      this.input = path;
      return null;
    }
    if (this.output !== null) return refuse("A command writes to one file (>) only.");
    this.output = { path, append: operator === ">>" };
    return null;
  }

  end(background: boolean): Result<Pipeline> {
    if (this.words.length === 0) {
      return refuse(this.stages.length > 0 ? "A command must follow each |." : "A command is missing here.");
    }
    const { input, output, runs } = this;
    const stages = [...this.stages, this.words];
    const first = stages.map(([word]) => assignmentOf(word as Word)).find((assignment) => assignment !== null);
    if (first === undefined) return accepted({ stages, assignments: [], input, output, background, runs });
    const assignments = this.words.map(assignmentOf);
    const isAlone = stages.length === 1 && input === null && output === null && !background;
    if (!isAlone || assignments.some((assignment) => assignment === null)) {
      return refuse(
        `A variable is set by itself: \`${first.name}=…; COMMAND\`. Quote the word if it is meant for a command.`,
      );
    }
    return accepted({ stages: [], assignments: assignments as Assignment[], input, output, background, runs });
  }
}

function openError({ open }: Tokens): Rejected | null {
  if (open === null) return null;
  return refuse(open === "\\" ? "Nothing follows the last \\." : `A quote (${open}) is still open.`);
}

/** Splits a line. Says what is wrong and where. */
export function parseLine(line: string): Result<readonly Pipeline[]> {
  if (line.length > longestLine) return refuse(`A line has at most ${longestLine} characters.`);
  const split = readTokens(line);
  if (!split.ok) return split;
  return openError(split.value) ?? pipelinesOf(split.value.tokens);
}

function pipelinesOf(all: readonly Token[]): Result<readonly Pipeline[]> {
  const pipelines: Pipeline[] = [];
  let builder = new PipelineBuilder("always");
  for (let i = 0; i < all.length; i++) {
    const token = all[i] as Token;
    if (token.type === "word") {
      builder.addWord(token.word);
      continue;
    }
    const { operator } = token;
    if (operator === "|" || operator === "<" || operator === ">" || operator === ">>") {
      const target = all[i + 1];
      let refused: Rejected | null;
      if (operator === "|") refused = builder.pipe();
      else if (target?.type !== "word") refused = refuse(`A file must follow ${operator}.`);
      else {
        refused = builder.redirect(operator, target.word);
        i++;
      }
      if (refused !== null) return refused;
      continue;
    }
    // Two separators in a row, as in "; ;", say nothing.
    if (!(builder.isEmpty && operator === ";")) {
      const ended = builder.end(operator === "&");
      if (!ended.ok) return ended;
      pipelines.push(ended.value);
    }
    const runs = operator === "&&" ? "after-success" : operator === "||" ? "after-failure" : "always";
    builder = new PipelineBuilder(runs);
    if (runs !== "always" && i === all.length - 1) return refuse(`A command must follow ${operator}.`);
  }
  if (builder.isEmpty) return accepted(pipelines);
  const ended = builder.end(false);
  return ended.ok ? accepted([...pipelines, ended.value]) : ended;
}

/** Whether a line waits for more: an open quote, a backslash at its end, or a |, && or || that nothing follows. */
export function isOpen(line: string): boolean {
  const split = readTokens(line);
  if (!split.ok) return false;
  const { tokens, open } = split.value;
  const last = tokens.at(-1);
  return open !== null || (tokens.length > 1 && last?.type === "operator" && goingOn.has(last.operator));
}

/** Joins a line that waits for more with what follows it. */
export function joinLines(earlier: string, line: string): string {
  return `${earlier}\n${line}`;
}

/** A pipeline as it was typed, for lists of what runs. */
export function pipelineText({ stages }: Pipeline): string {
  return stages.map((words) => words.map(plainText).join(" ")).join(" | ");
}
