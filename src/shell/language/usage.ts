/**
 * A command's usage line, read: which words may stand next behind those that were typed. Tab and refusals know by it at which
 * place of a command one is, so that the line that people read is the only one that says it.
 *
 * Words in small letters stand for themselves (`show|verify`: one of them), others for what is to be put there; `…` behind one
 * says that it may come again, brackets hold what may be left out, and ` | ` parts different ways to use the command.
 * @module
 */
import { nearest } from "../did-you-mean.ts";

/** What may stand at one place. */
export interface Place {
  /** Words that stand for themselves. */
  readonly literals: readonly string[];
  /** Names of what is to be put there, as `DID` or `FILE`. */
  readonly operands: readonly string[];
  /** Whether nothing more is needed. */
  readonly mayEnd: boolean;
}

/** A place in one way of using the command. */
interface Slot {
  readonly words: readonly string[];
  readonly isLiteral: boolean;
  readonly again: boolean;
}

type Way = readonly Slot[];

/** Options that a value follows; the part of an option specification that matters here. */
interface Takes {
  readonly values?: readonly string[];
  readonly lists?: readonly string[];
}

/** What is known of how a command is used. */
export interface Grammar {
  /** Its usage line, with its name in front. */
  readonly usage: string;
  /** Which of its options take a value. */
  readonly spec: Takes;
}

const pieces = /\[|\]|[^\s[\]]+/g;

function slotOf(word: string): Slot {
  const bare = word.replace("…", "");
  return { words: bare.split("|"), isLiteral: /^[a-z]/.test(word), again: bare !== word };
}

/** Reads alternatives up to the bracket that closes them; takes what it reads out of `left`. */
function readWays(left: string[], name: string, takes: Takes): readonly Way[] {
  const done: Way[] = [];
  let ways: readonly Way[] = [[]];
  let isStart = true;
  for (let piece = left.shift(); piece !== undefined && piece !== "]"; piece = left.shift()) {
    if (piece === "[") {
      const inside = readWays(left, name, takes);
      // A sign of repetition behind the bracket belongs to options only.
      if (left[0] === "…") left.shift();
      ways = ways.flatMap((way) => [
        way,
        ...inside.filter(({ length }) => length > 0).map((more) => [...way, ...more]),
      ]);
    } else if (piece === "|") {
      done.push(...ways);
      ways = [[]];
      isStart = true;
      continue;
    } else if (piece.startsWith("--")) {
      const option = piece.slice(2);
      if (takes.values?.includes(option) || takes.lists?.includes(option)) left.shift();
    } else if (!(isStart && piece === name)) ways = ways.map((way) => [...way, slotOf(piece)]);
    isStart = false;
  }
  return [...done, ...ways];
}

function waysOf({ usage, spec }: Grammar): readonly Way[] {
  const [name = "", ...left] = usage.match(pieces) ?? [];
  return readWays(left, name, spec);
}

/** All words of a usage that stand for themselves, at whichever place. */
export function literalsOf(grammar: Grammar): ReadonlySet<string> {
  return new Set(waysOf(grammar).flatMap((way) => way.flatMap(({ isLiteral, words }) => (isLiteral ? words : []))));
}

/** What may stand behind these words, options left out; null if the usage has no such words. */
export function placeBehind(typed: readonly string[], grammar: Grammar): Place | null {
  let ways = waysOf(grammar);
  const slotAt = (way: Way, at: number): Slot | undefined => {
    const last = way.at(-1);
    return way[at] ?? (last?.again === true ? last : undefined);
  };
  for (const [at, word] of typed.entries()) {
    const isNamed = ({ isLiteral, words }: Slot): boolean => isLiteral && words.includes(word);
    const going = ways.filter((way) => {
      const slot = slotAt(way, at);
      return slot !== undefined && (!slot.isLiteral || isNamed(slot));
    });
    // A word that stands for itself is not also a name of something.
    const named = going.filter((way) => isNamed(slotAt(way, at) as Slot));
    ways = named.length > 0 ? named : going;
  }
  if (ways.length === 0) return null;
  const next = ways.flatMap((way) => slotAt(way, typed.length) ?? []);
  const wordsOf = (isLiteral: boolean): readonly string[] => [
    ...new Set(next.filter((slot) => slot.isLiteral === isLiteral).flatMap(({ words }) => words)),
  ];
  return {
    literals: wordsOf(true),
    operands: wordsOf(false),
    mayEnd: ways.some(({ length }) => length <= typed.length),
  };
}

/** Says what is missing at a place; null if nothing can stand there. */
export function missingWords({ literals, operands }: Place): string | null {
  if (operands.length + literals.length === 0) return null;
  if (operands.length === 0 && literals.length > 1) return `What it is to do is missing: ${literals.join(", ")}.`;
  return `${[...operands, ...literals].join(" or ")} is missing.`;
}

/** Says what is wrong with these words, and how the command is used. */
export function misuse(typed: readonly string[], grammar: Grammar): string {
  const wrong = (): string => {
    for (const [at, word] of typed.entries()) {
      const place = placeBehind(typed.slice(0, at), grammar);
      if (placeBehind(typed.slice(0, at + 1), grammar) !== null || place === null) continue;
      if (place.literals.length === 0) return `"${word}" is one word too many.`;
      const near = nearest(word, place.literals);
      return `"${word}" is none of ${place.literals.join(", ")}.${near === null ? "" : ` Did you mean ${near}?`}`;
    }
    const place = placeBehind(typed, grammar);
    return (place === null ? null : missingWords(place)) ?? "That is not how it is used.";
  };
  return `${wrong()}\nUsage: ${grammar.usage}`;
}
