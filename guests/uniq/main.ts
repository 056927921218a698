/**
 * uniq: joins equal lines that follow each other.
 */
import { nextOption, optionWord, unknownOption } from "../library/options";
import { argumentAt, argumentCount, argumentLength, compareBytes, exit, findByte, helpIfAsked, misused, readInput, readLength, readOperand, start, write, writeByte, writeNumber } from "../library/system";

export { cabi_realloc } from "../library/memory";

const help = `usage: uniq [-cdiu] [FILE]
Writes each line once where it stands several times in succession, from a file or the input.
  -c   how often it stands there, before it
  -d   only lines that stand there several times
  -i   letters count as equal in upper and lower case (ASCII)
  -u   only lines that stand there once
`;

let counts = false;
let onlyRepeated = false;
let onlySingle = false;
let ignoresCase = false;

function lower(byte: u32): u32 {
  return byte - 65 < 26 ? byte + 32 : byte;
}

function equal(a: usize, aLength: usize, b: usize, bLength: usize): bool {
  if (aLength != bLength) return false;
  if (!ignoresCase) return compareBytes(a, aLength, b, bLength) == 0;
  for (let i: usize = 0; i < aLength; i++) {
    if (lower(load<u8>(a + i)) != lower(load<u8>(b + i))) return false;
  }
  return true;
}

function show(address: usize, length: usize, count: u64): void {
  if (count == 1 ? onlyRepeated : onlySingle) return;
  if (counts) {
    writeNumber(count, 7);
    writeByte(32);
  }
  write(address, length);
  writeByte(10);
}

function readOptions(): void {
  for (let letter = nextOption(); letter != 0; letter = nextOption()) {
    if (letter == 99) counts = true;
    else if (letter == 100) onlyRepeated = true;
    else if (letter == 105) ignoresCase = true;
    else if (letter == 117) onlySingle = true;
    else unknownOption("uniq");
  }
}

export function run(): u32 {
  start();
  helpIfAsked(help);
  readOptions();
  const first = optionWord;
  if (argumentCount - first > 1) misused("uniq", "one file at most", argumentAt(first + 1), argumentLength(first + 1));
  const input = first < argumentCount ? readOperand("uniq", first) : readInput();
  if (input == 0) exit(1);
  const end = input + readLength;
  let line = input;
  let lineLength: usize = 0;
  let count: u64 = 0;
  for (let at = input; at < end; ) {
    const stop = findByte(at, end, 10);
    if (count > 0 && equal(line, lineLength, at, stop - at)) count++;
    else {
      if (count > 0) show(line, lineLength, count);
      line = at;
      lineLength = stop - at;
      count = 1;
    }
    at = stop + 1;
  }
  if (count > 0) show(line, lineLength, count);
  exit(0);
  return 0;
}
