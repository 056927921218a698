/**
 * From a typed line to pipelines: words, quotes, `|`, `<`, `>`, `>>`, `;`, `&&`, `||` and `&`. A small grammar of its own;
 * nothing is ever evaluated.
 * @module
 */
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";

/** Where a pipeline's output goes instead of the screen. */
export interface OutputTarget {
  readonly path: string;
  readonly append: boolean;
}

/** Commands of which each reads what the one before it has written. */
export interface Pipeline {
  readonly stages: readonly (readonly string[])[];
  /** File that the first command reads. */
  readonly input: string | null;
  /** File that takes what the last command writes. */
  readonly output: OutputTarget | null;
  /** The prompt comes back at once. */
  readonly background: boolean;
  /** Runs always, or depending on how the one before it ended. */
  readonly runs: "always" | "after-success" | "after-failure";
}

/** A line must be shorter than this. */
const longestLine = 4_096;

/** Longest first, so that `>>` is not read as twice `>`. */
const operators = ["&&", "||", ">>", "|", ">", "<", "&", ";"] as const;

type Operator = (typeof operators)[number];
type Token = { readonly word: string } | { readonly operator: Operator };

const refuse = (message: string): Rejected => rejected("invalid-argument", message);

/** Splits a line into words and operators. */
function tokens(line: string): Result<readonly Token[]> {
  const found: Token[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  const endWord = (): void => {
    if (word !== null) found.push({ word });
    word = null;
  };
  for (let i = 0; i < line.length; i++) {
    const character = line[i] as string;
    const operator = quote === null ? operators.find((one) => line.startsWith(one, i)) : undefined;
    if (quote !== null) {
      if (character === quote) quote = null;
      else if (character === "\\" && quote === '"' && i + 1 < line.length) word = (word ?? "") + (line[++i] ?? "");
      else word = (word ?? "") + character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (character === "\\" && i + 1 < line.length) word = (word ?? "") + (line[++i] ?? "");
    else if (/\s/.test(character)) endWord();
    else if (operator !== undefined) {
      endWord();
      found.push({ operator });
      i += operator.length - 1;
    } else word = (word ?? "") + character;
  }
  if (quote !== null) return refuse(`A quote (${quote}) is still open.`);
  endWord();
  return accepted(found);
}

/** Collects one pipeline; what does not fit is refused with its reason. */
class PipelineBuilder {
  private stages: string[][] = [];
  private words: string[] = [];
  private input: string | null = null;
  private output: OutputTarget | null = null;
  private readonly runs: Pipeline["runs"];

  constructor(runs: Pipeline["runs"]) {
    this.runs = runs;
  }

  get isEmpty(): boolean {
    return this.words.length === 0 && this.stages.length === 0 && this.input === null && this.output === null;
  }

  addWord(word: string): void {
    this.words.push(word);
  }

  pipe(): Rejected | null {
    if (this.words.length === 0) return refuse("A command must stand before each |.");
    if (this.output !== null) return refuse("Only the last command of a pipeline can write to a file (>).");
    this.stages.push(this.words);
    this.words = [];
    return null;
  }

  redirect(operator: "<" | ">" | ">>", path: string): Rejected | null {
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
    return accepted({ stages: [...this.stages, this.words], input, output, background, runs });
  }
}

/** Splits a line. Says what is wrong and where. */
export function parseLine(line: string): Result<readonly Pipeline[]> {
  if (line.length > longestLine) return refuse(`A line has at most ${longestLine} characters.`);
  const split = tokens(line);
  if (!split.ok) return split;
  const pipelines: Pipeline[] = [];
  let builder = new PipelineBuilder("always");
  const all = split.value;
  for (let i = 0; i < all.length; i++) {
    const token = all[i] as Token;
    if ("word" in token) {
      builder.addWord(token.word);
      continue;
    }
    const { operator } = token;
    if (operator === "|" || operator === "<" || operator === ">" || operator === ">>") {
      const target = all[i + 1];
      let refused: Rejected | null;
      if (operator === "|") refused = builder.pipe();
      else if (target === undefined || !("word" in target)) refused = refuse(`A file must follow ${operator}.`);
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

/** Whether a line waits for its closing quote. */
export function isOpen(line: string): boolean {
  let quote: string | null = null;
  for (let i = 0; i < line.length; i++) {
    const character = line[i] as string;
    if (character === "\\" && quote !== "'") i++;
    else if (quote === null && (character === "'" || character === '"')) quote = character;
    else if (character === quote) quote = null;
  }
  return quote !== null;
}

/** What a command takes. */
export interface OptionSpec {
  /** Flags that stand alone. */
  readonly flags?: readonly string[];
  /** Flags followed by a value. */
  readonly values?: readonly string[];
  /** Flags followed by a value that may be given more than once. */
  readonly lists?: readonly string[];
  readonly positionals: { readonly least: number; readonly most: number };
  /** What is for somebody else, whatever it looks like: everything, or all behind the first positional. */
  readonly passesOn?: "all" | "after-first";
}

/** A command's arguments, sorted. */
export interface ParsedOptions {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
}

/** Sorts arguments by a specification; every refusal names the argument. What follows `--` is taken as it is. */
export function parseOptions(args: readonly string[], spec: OptionSpec, usage: string): Result<ParsedOptions> {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const lists = new Map<string, string[]>();
  const positionals: string[] = [];
  const refuseUse = (message: string): Rejected => refuse(`${message}\nUsage: ${usage}`);
  let literal = spec.passesOn === "all";
  for (let i = 0; i < args.length; i++) {
    const argument = args[i] as string;
    const name = argument.slice(2);
    const takesValue = spec.values?.includes(name) || spec.lists?.includes(name);
    if (literal || !argument.startsWith("--")) {
      positionals.push(argument);
      literal ||= spec.passesOn === "after-first";
    } else if (argument === "--") literal = true;
    else if (spec.flags?.includes(name)) flags.add(name);
    else if (takesValue) {
      const value = args[++i];
      if (value === undefined) return refuseUse(`${argument} needs a value.`);
      if (spec.values?.includes(name)) values.set(name, value);
      else lists.set(name, [...(lists.get(name) ?? []), value]);
    } else return refuseUse(`There is no option ${argument}.`);
  }
  const { least, most } = spec.positionals;
  if (positionals.length < least) return refuseUse("Something is missing.");
  if (positionals.length > most) return refuseUse(`"${positionals[most]}" is too much.`);
  return accepted({ flags, values, lists, positionals });
}

/** Arguments without any option. */
export function positionalsOnly(positionals: readonly string[]): ParsedOptions {
  return { flags: new Set(), values: new Map(), lists: new Map(), positionals };
}
