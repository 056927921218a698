/**
 * What could stand where the cursor is: a command, its options, what the command knows of its last word, a file, a variable.
 * @module
 */
import type { Command, CompletionContext } from "./commands/command.ts";
import { homePaths } from "./commands/files.ts";
import { readBegun } from "./language/options.ts";
import { plainText, quoted, readTokens, type Token } from "./language/tokens.ts";
import { literalsOf, type Place, placeBehind } from "./language/usage.ts";
import { columnsOf } from "./terminal/columns.ts";

/** What can be put in. */
export interface Completion {
  /** What of the line it takes the place of: the last so many characters before the cursor. */
  readonly replaced: number;
  /** Sorted; as they are to stand in the line, quoted where they must be. */
  readonly candidates: readonly string[];
}

/** Candidates that are listed at once. */
const mostListed = 60;

/** Of ids so many are listed before anything of them is typed: nobody wants a list of hundreds. */
const mostIdsAtOnce = 20;

/** So much of a word must be typed before it is completed by long words that stood on the screen. */
const leastOfLongWord = 2;

/** Transactions, blocks, outputs and peers. */
const isLongId = (word: string): boolean => /^([0-9a-f]{64}|12D3KooW)/.test(word);

/** The words of the command that the last word belongs to, without that word. */
function ownWords(tokens: readonly Token[]): readonly Token[] {
  const isSeparator = (token: Token): boolean => token.type === "operator" && !/[<>]/.test(token.operator);
  return tokens.slice(tokens.findLastIndex(isSeparator) + 1);
}

/** Completes what stands before the cursor. */
export async function complete(before: string, world: CompletionContext): Promise<Completion> {
  const variable = /\$\{?([A-Za-z_][A-Za-z0-9_]*)?$/.exec(before);
  if (variable !== null) return ofVariables(variable, world);
  const read = readTokens(before);
  if (!read.ok) return { replaced: 0, candidates: [] };
  const { tokens } = read.value;
  const last = tokens.at(-1);
  const isBegun = last?.type === "word" && (read.value.open !== null || !/\s$/.test(before));
  const word = isBegun ? plainText(last.word) : "";
  const all = await candidatesFor(isBegun ? tokens.slice(0, -1) : tokens, word, world);
  return {
    replaced: isBegun ? before.length - last.at : 0,
    candidates: [...new Set(all)]
      .filter((one) => one.startsWith(word))
      .sort()
      .map(quoted),
  };
}

function ofVariables([whole, start = ""]: RegExpExecArray, { scope }: CompletionContext): Completion {
  const isBraced = whole.startsWith("${");
  const names = scope.list().map(([name]) => name);
  const candidates = names
    .filter((name) => name.startsWith(start))
    .map((name) => (isBraced ? `\${${name}}` : `$${name}`));
  return { replaced: whole.length, candidates };
}

async function candidatesFor(
  tokens: readonly Token[],
  word: string,
  world: CompletionContext,
): Promise<readonly string[]> {
  const { environment, commands, longWords } = world;
  const previous = tokens.at(-1);
  if (previous?.type === "operator" && /[<>]/.test(previous.operator)) return homePaths({ environment });
  const [first, ...rest] = ownWords(tokens);
  if (first === undefined) return commands.map(({ name }) => name);
  const command = first.type === "word" ? commands.find(({ name }) => name === plainText(first.word)) : undefined;
  if (command === undefined) return [];
  const typed = rest.flatMap((token) => (token.type === "word" ? plainText(token.word) : []));
  const { awaited, positionals, isLiteral } = readBegun(typed, command.spec);
  if (awaited !== null) {
    const known = await wordsOf(command, awaited, word, world);
    return word.length < leastOfLongWord ? known : [...known, ...longWords];
  }
  const { flags = [], values = [], lists = [] } = command.spec;
  const once = [...flags, ...values].map((name) => `--${name}`).filter((one) => !typed.includes(one));
  const options = isLiteral ? [] : [...once, ...lists.map((name) => `--${name}`)];
  if (word.startsWith("-") && options.length > 0) return options;
  const own = await wordsAt(command, positionals, isLiteral, world);
  const begun = own.filter((one) => one.startsWith(word));
  const few = begun.filter(isLongId).length <= mostIdsAtOnce ? begun : begun.filter((one) => !isLongId(one));
  // Where a word is still to come it is not an option that is wanted; `--` and Tab lists those.
  const isFull = positionals.length >= command.spec.positionals.most || placeAt(command, positionals) === null;
  return word.length < leastOfLongWord ? [...few, ...(word === "" && isFull ? options : [])] : [...begun, ...longWords];
}

/** What the usage of a command has behind these words; null if nothing. */
function placeAt(command: Command, positionals: readonly string[]): Place | null {
  const place = placeBehind(positionals, command);
  return place === null || place.literals.length + place.operands.length === 0 ? null : place;
}

/** Words for the place behind those that were typed: what the usage names there, and what the command knows of it. */
async function wordsAt(
  command: Command,
  positionals: readonly string[],
  isLiteral: boolean,
  world: CompletionContext,
): Promise<readonly string[]> {
  // A node that does not answer keeps nobody from completing the rest.
  const known = async (operands: readonly string[]): Promise<readonly string[]> =>
    (await command.complete?.(world, operands).catch(() => [])) ?? [];
  // What a program takes stands in its own manual.
  if (isLiteral && command.spec.passesOn !== undefined) return known([]);
  const place = placeAt(command, positionals);
  if (place === null) return [];
  const named = literalsOf(command);
  const own = place.operands.length === 0 ? [] : await known(place.operands);
  return [...place.literals, ...own.filter((one) => !named.has(one) && !positionals.includes(one))];
}

/** What may stand behind an option. */
async function wordsOf(
  { optionWords = {} }: Command,
  name: string,
  begun: string,
  world: CompletionContext,
): Promise<readonly string[]> {
  const words = Object.hasOwn(optionWords, name) ? optionWords[name] : [];
  return typeof words === "function" ? words(world, begun).catch(() => []) : (words ?? []);
}

/** Candidates side by side, in as many columns as there is room for; of too many only how many more there are. */
export function inColumns(candidates: readonly string[], columns: number): readonly string[] {
  const listed = candidates.slice(0, mostListed);
  const width = Math.max(...listed.map(columnsOf)) + 2;
  const perRow = Math.max(1, Math.floor((columns + 2) / width));
  const height = Math.ceil(listed.length / perRow);
  const pad = (one: string): string => one + " ".repeat(width - columnsOf(one));
  const rows = Array.from({ length: height }, (_, row) =>
    listed
      .filter((_, i) => i % height === row)
      .map(pad)
      .join("")
      .trimEnd(),
  );
  const more = candidates.length - listed.length;
  return more > 0 ? [...rows, `… and ${more} more; type on and press Tab again.`] : rows;
}
