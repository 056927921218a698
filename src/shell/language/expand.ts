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

/** Words that one line may become. */
const mostWords = 4_096;

type Text = { readonly text: string; readonly quoted: boolean };

function withVariables(word: Word, { variable }: Expansions): Result<readonly Text[]> {
  const parts: Text[] = [];
  for (const part of word) {
    if ("text" in part) {
      parts.push(part);
      continue;
    }
    const value = variable(part.variable);
    if (value === undefined) return unknownVariable(part.variable);
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
  for (const word of words) {
    if (isAllArguments(word)) {
      all.push(...expansions.scriptArguments.map((text) => ({ text, typed: false })));
      continue;
    }
    const parts = withVariables(word, expansions);
    if (!parts.ok) return parts;
    const text = parts.value.map((part) => part.text).join("");
    if (!parts.value.some((part) => !part.quoted && isPattern(part.text))) {
      // Quoted or not, what was typed was meant; of a variable's value nobody can say that.
      const [first] = word.filter((part) => !("text" in part) || part.text !== "");
      all.push({ text, typed: first === undefined || "text" in first });
      continue;
    }
    const paths = await expansions.paths();
    if (!paths.ok) return paths;
    const found = paths.value.filter(matcherOf(parts.value));
    if (found.length === 0) {
      return rejected("not-found", `No file matches ${text}. In quotes, '${text}', it stands for itself.`);
    }
    all.push(...found.map((path) => ({ text: path, typed: false })));
  }
  if (all.length > mostWords) return rejected("too-many", `A command takes at most ${mostWords} words.`);
  return accepted(all);
}
