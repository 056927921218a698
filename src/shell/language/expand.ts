/**
 * Puts variables and file names into words. A variable is always one word, however many spaces it holds, and nothing that was
 * put in is ever an operator, a pattern or an option: what a file or a peer gave can never add to what a line does.
 * @module
 */
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import { isPattern, matcherOf } from "./glob.ts";
import type { Word } from "./tokens.ts";

/** An argument of a command. */
export interface Argument {
  readonly text: string;
  /** Whether it stands in the line as it is, so that it may be an option. */
  readonly typed: boolean;
}

/** What is put in. */
export interface Expansions {
  /** A variable's value, or undefined if there is none. */
  variable(name: string): string | undefined;
  /** A script's arguments, for `$@`. */
  readonly scriptArguments: readonly string[];
  /** Paths of the user's files. */
  paths(): Promise<Result<readonly string[]>>;
}

/** Words that one command may become, and their characters: variables and patterns make much of few letters. */
const mostWords = 4_096;
const mostCharacters = 1_048_576;

type Text = { readonly text: string; readonly quoted: boolean };

function withVariables(word: Word, { variable }: Expansions): Result<readonly Text[]> {
  const parts: Text[] = [];
  let characters = 0;
  for (const part of word) {
    if ("text" in part) {
      parts.push(part);
      continue;
    }
    const value = variable(part.variable);
    if (value === undefined) return unknownVariable(part.variable);
    characters += value.length;
    if (characters > mostCharacters) {
      return rejected("too-large", `A word has at most ${mostCharacters} characters; a file holds more.`);
    }
    parts.push({ text: value, quoted: true });
  }
  return accepted(parts);
}

function unknownVariable(name: string): Rejected {
  const own = /^[0-9]$/.test(name)
    ? "The script was given fewer words."
    : `\`${name}=…\` sets it; '$' in quotes is itself.`;
  return rejected("not-found", `There is no $${name}. ${own}`);
}

const isAllArguments = (word: Word): boolean => {
  const [part] = word.filter((one) => !("text" in one && one.text === ""));
  return word.length <= 2 && part !== undefined && "variable" in part && part.variable === "@";
};

/** A word that stands for exactly one: a file after `>`, a variable's value. Patterns in it stand for themselves. */
export function expandOne(word: Word, expansions: Expansions): Result<string> {
  const parts = withVariables(word, expansions);
  return parts.ok ? accepted(parts.value.map(({ text }) => text).join("")) : parts;
}

/** A command's words. A pattern becomes all files it matches; one that matches none is refused. */
export async function expandWords(
  words: readonly Word[],
  expansions: Expansions,
): Promise<Result<readonly Argument[]>> {
  const all: Argument[] = [];
  let characters = 0;
  for (const word of words) {
    const one = await expandWord(word, expansions);
    if (!one.ok) return one;
    characters += one.value.reduce((sum, { text }) => sum + text.length, 0);
    // At every word: what all of them make may be more than there is memory for.
    if (all.length + one.value.length > mostWords) {
      return rejected("too-many", `A command takes at most ${mostWords} words.`);
    }
    if (characters > mostCharacters) {
      return rejected("too-large", `A command takes at most ${mostCharacters} characters; a file holds more.`);
    }
    all.push(...one.value);
  }
  return accepted(all);
}

async function expandWord(word: Word, expansions: Expansions): Promise<Result<readonly Argument[]>> {
  if (isAllArguments(word)) return accepted(expansions.scriptArguments.map((text) => ({ text, typed: false })));
  const parts = withVariables(word, expansions);
  if (!parts.ok) return parts;
  const text = parts.value.map((part) => part.text).join("");
  if (!parts.value.some((part) => !part.quoted && isPattern(part.text))) {
    // Quoted or not, what was typed was meant; of a variable's value nobody can say that.
    const [first] = word.filter((part) => !("text" in part) || part.text !== "");
    return accepted([{ text, typed: first === undefined || "text" in first }]);
  }
  const paths = await expansions.paths();
  if (!paths.ok) return paths;
  const found = paths.value.filter(matcherOf(parts.value));
  return found.length === 0
    ? rejected("not-found", `No file matches ${text}. In quotes, '${text}', it stands for itself.`)
    : accepted(found.map((path) => ({ text: path, typed: false })));
}
