/**
 * grep: lines that match a pattern. Nothing in a pattern makes matching slower than one step a byte.
 */
import { allocate } from "../library/memory";
import { nextOption, optionWord, takeValue, unknownOption, valueAddress, valueLength } from "../library/options";
import { argumentAt, argumentCount, argumentLength, exit, findByte, helpIfAsked, misused, readInput, readLength, readOperand, start, write, writeByte, writeNumber } from "../library/system";
import { matchesLine, prepareMatcher } from "./matcher";
import { addPattern, setSyntax } from "./program";

export { cabi_realloc } from "../library/memory";

const help = `usage: grep [-EFchinqvx] PATTERN [FILE...]
       grep [-EFchinqvx] -e PATTERN ... [FILE...]
Writes the lines in which PATTERN is found, from files or the input. Lines of PATTERN are patterns of their own.
  -E   extended regular expressions: ( ) { } + ? | without backslashes
  -F   the pattern is text
  -c   only how many lines
  -e   a pattern; any of several may be found
  -h   no names of files before lines
  -i   letters count as equal in upper and lower case (ASCII)
  -n   the number of each line before it
  -q   nothing, only the exit code
  -v   lines in which it is not found
  -x   the whole line must match
Ends with 0 if there was a line, 1 if not, 2 if something went wrong.
Characters are bytes. References to groups (\\\\1) and edges of words are not supported.
`;

let isExtended = false;
let isFixed = false;
let isInverted = false;
let ignoresCase = false;
let onlyCount = false;
let isQuiet = false;
let showsNumbers = false;
let hidesNames = false;
let wholeLines = false;

/** Indices of arguments that are patterns, or the address of the text behind `-e`. */
let patterns: usize = 0;
let patternCount: i32 = 0;

function notePattern(at: usize, length: i32): void {
  store<u32>(patterns + (<usize>patternCount << 3), <u32>at);
  store<u32>(patterns + (<usize>patternCount << 3), length, 4);
  patternCount++;
}

function setOption(letter: u32): bool {
  if (letter == 69) isExtended = true;
  else if (letter == 70) isFixed = true;
  else if (letter == 71) isExtended = false;
  else if (letter == 99) onlyCount = true;
  else if (letter == 104) hidesNames = true;
  else if (letter == 105) ignoresCase = true;
  else if (letter == 110) showsNumbers = true;
  else if (letter == 113) isQuiet = true;
  else if (letter == 118) isInverted = true;
  else if (letter == 120) wholeLines = true;
  else return false;
  return true;
}

function readOptions(): void {
  for (let letter = nextOption(); letter != 0; letter = nextOption()) {
    if (letter == 101) {
      takeValue("grep", "a pattern is missing behind it");
      notePattern(valueAddress, valueLength);
    } else if (!setOption(letter)) unknownOption("grep");
  }
}

function addPatterns(): void {
  setSyntax(isExtended, ignoresCase);
  for (let i = 0; i < patternCount; i++) {
    let at: usize = load<u32>(patterns + (<usize>i << 3));
    const end = at + load<u32>(patterns + (<usize>i << 3), 4);
    for (;;) {
      const stop = findByte(at, end, 10);
      addPattern(at, stop, isFixed, wholeLines);
      if (stop == end) break;
      at = stop + 1;
    }
  }
  prepareMatcher();
}

let found = false;

function writeName(index: i32): void {
  write(argumentAt(index), argumentLength(index));
  writeByte(58);
}

/** Searches what was read; `file` is the argument that names it, or 0. */
function searchIn(input: usize, file: i32): void {
  const end = input + readLength;
  let count: u64 = 0;
  let line: u64 = 0;
  for (let at = input; at < end; ) {
    const stop = findByte(at, end, 10);
    line++;
    if (matchesLine(at, stop) != isInverted) {
      count++;
      found = true;
      if (isQuiet) exit(0);
      if (!onlyCount) {
        if (file > 0) writeName(file);
        if (showsNumbers) {
          writeNumber(line);
          writeByte(58);
        }
        write(at, stop - at);
        writeByte(10);
      }
    }
    at = stop + 1;
  }
  if (!onlyCount || isQuiet) return;
  if (file > 0) writeName(file);
  writeNumber(count);
  writeByte(10);
}

export function run(): u32 {
  start();
  helpIfAsked(help);
  patterns = allocate(<usize>argumentCount << 3);
  readOptions();
  let first = optionWord;
  if (patternCount == 0) {
    if (first >= argumentCount) misused("grep", "a pattern is needed");
    notePattern(argumentAt(first), argumentLength(first));
    first++;
  }
  addPatterns();
  let failed = false;
  if (first >= argumentCount) searchIn(readInput(), 0);
  const showsNames = !hidesNames && argumentCount - first > 1;
  for (let i = first; i < argumentCount; i++) {
    const address = readOperand("grep", i);
    if (address == 0) failed = true;
    else searchIn(address, showsNames ? i : 0);
  }
  exit(failed ? 2 : found ? 0 : 1);
  return 0;
}
