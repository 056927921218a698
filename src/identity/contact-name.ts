/**
 * Names that people give to addresses: short, in letters of one script, and none that could be taken for another. Written
 * with an @ before them they are never addresses, which begin with `did:`.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";

/** What stands before a name where an address could stand, too. */
export const nameMark = "@";

/** Letters of the longest name. */
export const mostNameLetters = 32;

/** More is no name, however its letters are composed. */
const mostTyped = 8 * mostNameLetters;

/**
 * Scripts, each with the letters and marks that a name may have of it. What shows nothing, joins or turns writing round is
 * in none; of Latin there are no letters of phonetics, which look like others.
 */
const scripts: readonly RegExp[] = [
  /[a-z\u00df-\u00f6\u00f8-\u024f]/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Arabic}/u,
  /\p{Script=Hebrew}/u,
  /\p{Script=Devanagari}/u,
  /\p{Script=Bengali}/u,
  /\p{Script=Thai}/u,
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u30fc]/u,
  /[\uac00-\ud7a3]/u,
];

/** What may stand in names of all scripts, but not begin one. */
const common = /[0-9_.-]/;

/** Shows nothing, or is no letter of a word. */
const unseen = /[\p{Default_Ignorable_Code_Point}\p{C}\p{Z}]/u;

/** Letters that look like Latin ones. */
const alike: ReadonlyMap<string, string> = new Map([
  ...[..."аα"].map((letter) => [letter, "a"] as const),
  ...[..."сϲ"].map((letter) => [letter, "c"] as const),
  ...[..."ԁđ"].map((letter) => [letter, "d"] as const),
  ...[..."еεҽ"].map((letter) => [letter, "e"] as const),
  ...[..."һħ"].map((letter) => [letter, "h"] as const),
  ...[..."1iіιӏıł"].map((letter) => [letter, "l"] as const),
  ...[..."јϳ"].map((letter) => [letter, "j"] as const),
  ...[..."кκ"].map((letter) => [letter, "k"] as const),
  ...[..."пη"].map((letter) => [letter, "n"] as const),
  ...[..."0оοøσסه"].map((letter) => [letter, "o"] as const),
  ...[..."рρ"].map((letter) => [letter, "p"] as const),
  ...[..."ԛ"].map((letter) => [letter, "q"] as const),
  ...[..."гґ"].map((letter) => [letter, "r"] as const),
  ...[..."ѕ"].map((letter) => [letter, "s"] as const),
  ...[..."тτŧ"].map((letter) => [letter, "t"] as const),
  ...[..."υ"].map((letter) => [letter, "u"] as const),
  ...[..."νѵ"].map((letter) => [letter, "v"] as const),
  ...[..."ԝωѡ"].map((letter) => [letter, "w"] as const),
  ...[..."хχ"].map((letter) => [letter, "x"] as const),
  ...[..."уγүұ"].map((letter) => [letter, "y"] as const),
  ...[..."вβ"].map((letter) => [letter, "b"] as const),
  ...[..."мμ"].map((letter) => [letter, "m"] as const),
  ["_", "-"],
  [".", "-"],
]);

/** What is left of a name for the eye: equal for names that may be taken for each other. */
export function looksOf(name: string): string {
  const letters = [...name.normalize("NFKD").replace(/\p{M}/gu, "")];
  return letters
    .map((letter) => alike.get(letter) ?? letter)
    .join("")
    .replaceAll("rn", "m")
    .replaceAll("vv", "w")
    .replaceAll("cl", "d");
}

const refused = (message: string): Result<never> => rejected("invalid-argument", `${message} Nothing was changed.`);

/** A name as it is kept, with or without @ before it as typed. Capitals do not count. Says what is wrong with one that is none. */
export function readName(typed: string): Result<string> {
  const bare = typed.startsWith(nameMark) ? typed.slice(nameMark.length) : typed;
  const name = bare.slice(0, mostTyped).normalize("NFC").toLowerCase().normalize("NFC");
  const letters = [...name];
  if (bare.length > mostTyped || letters.length === 0 || letters.length > mostNameLetters)
    return refused(`A name has 1 to ${mostNameLetters} letters.`);
  if (unseen.test(name)) return refused("A name holds no spaces and nothing that is not seen.");
  const own = letters.filter((letter) => !common.test(letter));
  const script = scripts.find((one) => own.every((letter) => one.test(letter)));
  if (script === undefined || name.normalize("NFKC") !== name) {
    return refused("A name has letters of one script, digits, and - _ . between them: others look alike too easily.");
  }
  if (common.test(letters[0] as string) || !/\p{L}/u.test(letters[0] as string))
    return refused("A name begins with a letter.");
  // A word of Cyrillic or Greek letters alone that reads as a Latin one.
  if (script !== scripts[0] && own.every((letter) => /[a-z]/.test(alike.get(letter) ?? letter)))
    return refused("All letters of this name look like Latin ones; it could be taken for another.");
  return accepted(name);
}
