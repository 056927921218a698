/**
 * sort: lines in order. A stable merge sort over records of 16 bytes: eight bytes that mostly decide, the line's address
 * and its length.
 */
import { allocate } from "../library/memory";
import { nextOption, optionWord, takeValue, unknownOption, valueAddress, valueLength } from "../library/options";
import { argumentCount, compareBytes, exit, findByte, helpIfAsked, misused, readInput, readLength, readOperand, start, write, writeByte } from "../library/system";
import { compareNumbers, numberPrefix } from "./numbers";

export { cabi_realloc } from "../library/memory";

const help = `usage: sort [-bnrsu] [-t CHARACTER] [-k FIRST[,LAST]] [FILE...]
Writes the lines of all files, or of the input if there is none or its name is "-", in the order of their bytes.
  -b   spaces before a field do not count
  -n   by the number that a line or field begins with
  -r   backwards
  -s   lines with equal keys stay in their order
  -u   of lines with equal keys only the first
  -k   by the fields from FIRST to LAST, or to the line's end; both count from 1
  -t   what stands between fields, instead of the change from other characters to spaces
`;

const recordBytes: usize = 16;
/** Runs of so many are sorted by insertion. */
const runRecords: usize = 8;

/** How keys are compared; a key with letters of its own has only those. */
let numeric = false;
let backwards = false;
let skipsBlanks = false;
/** The whole lines, where keys are equal. */
let linesBackwards = false;
let keyHasLetters = false;
let stable = false;
let unique = false;
let separator: i32 = -1;
let firstField: u32 = 0;
let lastField: u32 = 0;

function isBlank(byte: u32): bool {
  return byte == 32 || byte == 9;
}

/** Where a line's field `field` (from 1) begins, or its end. */
function fieldStart(at: usize, end: usize, field: u32): usize {
  for (; field > 1 && at < end; field--) at = separator >= 0 ? min(end, findByte(at, end, separator) + 1) : fieldEnd(at, end);
  return at;
}

/** Where the field that begins at `at` ends. */
function fieldEnd(at: usize, end: usize): usize {
  if (separator >= 0) return findByte(at, end, separator);
  while (at < end && isBlank(load<u8>(at))) at++;
  while (at < end && !isBlank(load<u8>(at))) at++;
  return at;
}

/** Address and end of the key that was found last. */
let keyAt: usize = 0;
let keyEnd: usize = 0;

function findKey(at: usize, end: usize): void {
  keyAt = at;
  keyEnd = end;
  if (firstField > 0) {
    keyAt = fieldStart(at, end, firstField);
    if (lastField > 0) {
      const last = fieldStart(at, end, lastField);
      keyEnd = last >= end ? end : fieldEnd(last, end);
    }
    if (keyEnd < keyAt) keyEnd = keyAt;
  }
  if (skipsBlanks) while (keyAt < keyEnd && isBlank(load<u8>(keyAt))) keyAt++;
}

/** The first eight bytes of a key as a number in their order; shorter keys have zeros behind them. */
function bytePrefix(at: usize, end: usize): u64 {
  const length = end - at;
  // There are eight readable bytes behind every input.
  const word = bswap(load<u64>(at));
  return length >= 8 ? word : length == 0 ? 0 : word & (~(<u64>0) << (64 - (<u64>length << 3)));
}

function compareKeys(a: usize, b: usize): i32 {
  const aLine = <usize>load<u32>(a, 8);
  const bLine = <usize>load<u32>(b, 8);
  findKey(aLine, aLine + load<u32>(a, 12));
  const aKey = keyAt;
  const aEnd = keyEnd;
  findKey(bLine, bLine + load<u32>(b, 12));
  return numeric ? compareNumbers(aKey, aEnd, keyAt, keyEnd) : compareBytes(aKey, aEnd - aKey, keyAt, keyEnd - keyAt);
}

/** Order of two records. */
function compare(a: usize, b: usize): i32 {
  const aPrefix = load<u64>(a);
  const bPrefix = load<u64>(b);
  const order = aPrefix < bPrefix ? -1 : aPrefix > bPrefix ? 1 : compareKeys(a, b);
  if (order != 0) return backwards ? -order : order;
  if (stable || unique) return 0;
  const lineOrder = compareBytes(load<u32>(a, 8), load<u32>(a, 12), load<u32>(b, 8), load<u32>(b, 12));
  return linesBackwards ? -lineOrder : lineOrder;
}

function insertionSort(from: usize, to: usize): void {
  for (let i = from + recordBytes; i < to; i += recordBytes) {
    const prefix = load<u64>(i);
    const line = load<u64>(i, 8);
    let place = i;
    // The record itself is compared where it stands; those above it move up once its place is known.
    while (place > from && compare(place - recordBytes, i) > 0) place -= recordBytes;
    if (place == i) continue;
    memory.copy(place + recordBytes, place, i - place);
    store<u64>(place, prefix);
    store<u64>(place, line, 8);
  }
}

/** Merges two neighbouring runs into `target`. */
function merge(from: usize, middle: usize, to: usize, target: usize): void {
  let a = from;
  let b = middle;
  if (a < b && b < to && compare(b - recordBytes, b) <= 0) {
    memory.copy(target, from, to - from);
    return;
  }
  while (a < middle && b < to) {
    const taken = compare(a, b) <= 0 ? a : b;
    store<u64>(target, load<u64>(taken));
    store<u64>(target, load<u64>(taken, 8), 8);
    target += recordBytes;
    if (taken == a) a += recordBytes;
    else b += recordBytes;
  }
  memory.copy(target, a, middle - a);
  memory.copy(target + middle - a, b, to - b);
}

/** Sorts records; gives where they are then. */
function mergeSort(from: usize, count: usize): usize {
  const bytes = count * recordBytes;
  for (let i: usize = 0; i < bytes; i += runRecords * recordBytes) {
    insertionSort(from + i, from + min(bytes, i + runRecords * recordBytes));
  }
  if (count <= runRecords) return from;
  let source = from;
  let target = allocate(bytes);
  for (let width = runRecords * recordBytes; width < bytes; width *= 2) {
    for (let i: usize = 0; i < bytes; i += 2 * width) {
      merge(source + i, source + min(bytes, i + width), source + min(bytes, i + 2 * width), target + i);
    }
    const other = source;
    source = target;
    target = other;
  }
  return source;
}

function number(at: usize, length: i32): u32 {
  let value: u32 = 0;
  for (let i = 0; i < length; i++) {
    const digit = <u32>load<u8>(at + i) - 48;
    if (digit > 9 || value > 100_000) misused("sort", "this is no number of a field", at, length);
    value = value * 10 + digit;
  }
  if (value == 0) misused("sort", "fields count from 1");
  return value;
}

/** Where letters of options begin at the end of a text. */
function lettersStart(from: usize, to: usize): usize {
  while (to > from && isOrderLetter(load<u8>(to - 1))) to--;
  return to;
}

function isOrderLetter(letter: u32): bool {
  return letter == 98 || letter == 110 || letter == 114;
}

function setOrder(letter: u32): void {
  if (letter == 98) skipsBlanks = true;
  else if (letter == 110) numeric = true;
  else backwards = true;
}

/** The first letters that a key has of its own put those aside that stand for all keys. */
function setKeyLetters(from: usize, to: usize): void {
  for (; from < to; from++) {
    if (!keyHasLetters) numeric = skipsBlanks = backwards = false;
    keyHasLetters = true;
    setOrder(load<u8>(from));
  }
}

let key: usize = 0;
let keyLength: i32 = 0;

/** FIRST[,LAST], each with letters of options behind it. */
function readKey(): void {
  const end = key + keyLength;
  const comma = findByte(key, end, 44);
  const firstEnd = lettersStart(key, comma);
  firstField = number(key, <i32>(firstEnd - key));
  setKeyLetters(firstEnd, comma);
  if (comma == end) return;
  const lastEnd = lettersStart(comma + 1, end);
  lastField = number(comma + 1, <i32>(lastEnd - comma - 1));
  setKeyLetters(lastEnd, end);
}

function readOptions(): void {
  for (let letter = nextOption(); letter != 0; letter = nextOption()) {
    if (letter == 115) stable = true;
    else if (letter == 117) unique = true;
    else if (letter == 107) {
      if (keyLength > 0) misused("sort", "only one -k is possible");
      takeValue("sort", "fields are missing behind it");
      key = valueAddress;
      keyLength = valueLength;
    } else if (letter == 116) {
      takeValue("sort", "a character is missing behind it");
      if (valueLength != 1) misused("sort", "-t needs one character");
      separator = load<u8>(valueAddress);
    } else if (isOrderLetter(letter)) setOrder(letter);
    else unknownOption("sort");
  }
}

/** Records of all lines, from one address on; how many there are. */
let records: usize = 0;
let lines: usize = 0;

function countLines(at: usize, end: usize): usize {
  let count: usize = 0;
  while (at < end) {
    at = findByte(at, end, 10) + 1;
    count++;
  }
  return count;
}

function addLines(at: usize, end: usize): void {
  while (at < end) {
    const stop = findByte(at, end, 10);
    const record = records + lines * recordBytes;
    findKey(at, stop);
    store<u64>(record, numeric ? numberPrefix(keyAt, keyEnd) : bytePrefix(keyAt, keyEnd));
    store<u32>(record, <u32>at, 8);
    store<u32>(record, <u32>(stop - at), 12);
    lines++;
    at = stop + 1;
  }
}

export function run(): u32 {
  start();
  helpIfAsked(help);
  readOptions();
  const first = optionWord;
  linesBackwards = backwards;
  if (keyLength > 0) readKey();
  const files = max(1, argumentCount - first);
  const places = allocate(<usize>files << 3);
  let total: usize = 0;
  for (let i = 0; i < files; i++) {
    const address = first < argumentCount ? readOperand("sort", first + i) : readInput();
    if (address == 0) exit(2);
    store<u32>(places + (<usize>i << 3), <u32>address);
    store<u32>(places + (<usize>i << 3), <u32>(address + readLength), 4);
    total += countLines(address, address + readLength);
  }
  records = allocate(total * recordBytes);
  for (let i = 0; i < files; i++) addLines(load<u32>(places + (<usize>i << 3)), load<u32>(places + (<usize>i << 3), 4));
  const sorted = mergeSort(records, lines);
  let before: usize = 0;
  for (let i: usize = 0; i < lines; i++) {
    const record = sorted + i * recordBytes;
    if (unique && i > 0 && load<u64>(before) == load<u64>(record) && compareKeys(before, record) == 0) continue;
    before = record;
    write(load<u32>(record, 8), load<u32>(record, 12));
    writeByte(10);
  }
  exit(0);
  return 0;
}
