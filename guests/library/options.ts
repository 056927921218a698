/**
 * Options, letter by letter: words that begin with `-`, letters together or apart; `--` ends them, and so does a word that
 * is none.
 */
import { argumentAt, argumentCount, argumentIs, argumentLength, misused } from "./system";

/** The word that is read; once {@link nextOption} has given 0, the first argument that is no option. */
export let optionWord: i32 = 1;

/** Which letter of it comes next; 0 before the word is looked at. */
let letterIndex: i32 = 0;

/** Where the value is that {@link takeValue} found. */
export let valueAddress: usize = 0;
export let valueLength: i32 = 0;

function nextWord(): void {
  optionWord++;
  letterIndex = 0;
}

/** The next letter; 0 if there is none any more. */
export function nextOption(): u32 {
  if (letterIndex > 0 && letterIndex == argumentLength(optionWord)) nextWord();
  if (letterIndex == 0) {
    if (optionWord == argumentCount) return 0;
    if (argumentIs(optionWord, "--")) {
      optionWord++;
      return 0;
    }
    if (argumentLength(optionWord) < 2 || load<u8>(argumentAt(optionWord)) != 45) return 0;
    letterIndex = 1;
  }
  return load<u8>(argumentAt(optionWord) + letterIndex++);
}

/** Takes what belongs to the letter: the rest of its word, or the word behind it. Without either it ends the program. */
export function takeValue(program: string, missing: string): void {
  const letters = argumentLength(optionWord);
  const isApart = letterIndex == letters;
  if (isApart && optionWord + 1 == argumentCount) misused(program, missing, argumentAt(optionWord), letters);
  if (isApart) optionWord++;
  valueAddress = isApart ? argumentAt(optionWord) : argumentAt(optionWord) + letterIndex;
  valueLength = isApart ? argumentLength(optionWord) : letters - letterIndex;
  nextWord();
}

/** Ends the program because of a letter that it does not know. */
export function unknownOption(program: string): void {
  misused(program, "there is no such option", argumentAt(optionWord), argumentLength(optionWord));
}
