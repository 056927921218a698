/**
 * From a typed line to commands: words, quotes, `;` and `&&`. A small grammar of its own; nothing is ever evaluated.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";

/** One command of a line, and whether it runs only if the one before it succeeded. */
export interface ParsedCommand {
  readonly words: readonly string[];
  readonly onlyIfGood: boolean;
}

/** A line must be shorter than this. */
const longestLine = 4_096;

/** Characters that mean something in other shells and will here. Refused so that nobody is surprised later. */
const reserved: Readonly<Record<string, string>> = {
  "|": "Pipes",
  ">": "Redirection",
  "<": "Redirection",
  "&": "Background jobs",
};

/** Splits a line. Says what is wrong and where. */
export function parseLine(line: string): Result<readonly ParsedCommand[]> {
  if (line.length > longestLine) return rejected("invalid-argument", `A line has at most ${longestLine} characters.`);
  const commands: ParsedCommand[] = [];
  let words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  let onlyIfGood = false;
  const endWord = (): void => {
    if (word !== null) words.push(word);
    word = null;
  };
  const endCommand = (next: boolean): void => {
    endWord();
    if (words.length > 0) commands.push({ words, onlyIfGood });
    words = [];
    onlyIfGood = next;
  };
  for (let i = 0; i < line.length; i++) {
    const character = line[i] as string;
    if (quote !== null) {
      if (character === quote) quote = null;
      else if (character === "\\" && quote === '"' && i + 1 < line.length) word = (word ?? "") + (line[++i] ?? "");
      else word = (word ?? "") + character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (character === "\\" && i + 1 < line.length) word = (word ?? "") + (line[++i] ?? "");
    else if (/\s/.test(character)) endWord();
    else if (character === ";") endCommand(false);
    else if (character === "&" && line[i + 1] === "&") {
      i++;
      endCommand(true);
    } else if (reserved[character] !== undefined) {
      return rejected(
        "invalid-argument",
        `${reserved[character]} (${character}) are not there yet. Put the text in quotes if you mean the character.`,
      );
    } else word = (word ?? "") + character;
  }
  if (quote !== null) return rejected("invalid-argument", `A quote (${quote}) is still open.`);
  endCommand(false);
  return accepted(commands);
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
  readonly positionals: { readonly least: number; readonly most: number };
}

/** A command's arguments, sorted. */
export interface ParsedOptions {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
}

/** Sorts arguments by a specification; every refusal names the argument. */
export function parseOptions(args: readonly string[], spec: OptionSpec, usage: string): Result<ParsedOptions> {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const positionals: string[] = [];
  const refuse = (message: string): Result<never> => rejected("invalid-argument", `${message}\nUsage: ${usage}`);
  for (let i = 0; i < args.length; i++) {
    const argument = args[i] as string;
    if (!argument.startsWith("--")) positionals.push(argument);
    else if (spec.flags?.includes(argument.slice(2))) flags.add(argument.slice(2));
    else if (spec.values?.includes(argument.slice(2))) {
      const value = args[++i];
      if (value === undefined) return refuse(`${argument} needs a value.`);
      values.set(argument.slice(2), value);
    } else return refuse(`There is no option ${argument}.`);
  }
  const { least, most } = spec.positionals;
  if (positionals.length < least) return refuse("Something is missing.");
  if (positionals.length > most) return refuse(`"${positionals[most]}" is too much.`);
  return accepted({ flags, values, positionals });
}
