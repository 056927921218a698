/**
 * Input, output, files and the end of a program, for the programs of this folder.
 */
import { argumentsGet, filesClose, filesOpen, filesRead, inputRead, outputWrite, outputWriteError, processExit } from "./imports";
import { allocate, mark, reserve } from "./memory";

/** Where the system writes results: the largest has 24 bytes. */
const place = memory.data(24, 8);

/** Bytes asked for at once. */
const chunkBytes: u32 = 1 << 16;

/** Output is collected here. */
const bufferBytes: usize = 1 << 15;
const buffer = memory.data(1 << 15, 8);
let buffered: usize = 0;

/** Room for numbers in decimal digits. */
const digits = memory.data(24, 8);

/** Address of the list of arguments: address and length of each. */
let argumentList: usize = 0;

/** How many arguments there are, the program's name among them. */
export let argumentCount: i32 = 0;

/** Fetches the arguments. Called once, first. */
export function start(): void {
  argumentsGet(place);
  argumentList = load<u32>(place);
  argumentCount = load<u32>(place + 4);
}

/** Address of an argument. */
export function argumentAt(index: i32): usize {
  return load<u32>(argumentList + (<usize>index << 3));
}

/** Length of an argument in bytes. */
export function argumentLength(index: i32): i32 {
  return load<u32>(argumentList + (<usize>index << 3) + 4);
}

/** Writes out what is collected. */
export function flush(): void {
  if (buffered > 0) outputWrite(buffer, <u32>buffered);
  buffered = 0;
}

/** Appends bytes to the output. */
export function write(address: usize, length: usize): void {
  if (buffered + length > bufferBytes) {
    flush();
    if (length > bufferBytes / 2) {
      outputWrite(address, <u32>length);
      return;
    }
  }
  memory.copy(buffer + buffered, address, length);
  buffered += length;
}

/** Appends one byte. */
export function writeByte(byte: u32): void {
  if (buffered == bufferBytes) flush();
  store<u8>(buffer + buffered, byte);
  buffered++;
}

/** Appends ASCII text. */
export function writeText(text: string): void {
  for (let i = 0; i < text.length; i++) writeByte(text.charCodeAt(i));
}

/** Appends a number, filled up with spaces from the left. */
export function writeNumber(value: u64, width: i32 = 0): void {
  let at = digits + 24;
  do {
    at--;
    store<u8>(at, 48 + <u32>(value % 10));
    value /= 10;
  } while (value != 0);
  for (let length = <i32>(digits + 24 - at); length < width; length++) writeByte(32);
  write(at, digits + 24 - at);
}

/** Ends the program; what is collected is written. */
export function exit(code: u32): void {
  flush();
  processExit(code);
}

/** Writes to the error output. */
export function complain(text: string): void {
  const bytes = allocate(text.length, 1);
  for (let i = 0; i < text.length; i++) store<u8>(bytes + i, text.charCodeAt(i));
  outputWriteError(bytes, text.length);
}

/** Writes bytes to the error output. */
export function complainOf(address: usize, length: usize): void {
  outputWriteError(address, <u32>length);
}

/** Says what is wrong with the way the program was called, and ends it with 2. */
export function misused(program: string, what: string, address: usize = 0, length: usize = 0): void {
  complain(program);
  complain(": ");
  complain(what);
  if (length > 0) {
    complain(": ");
    complainOf(address, length);
  }
  complain(". Try: ");
  complain(program);
  complain(" --help\n");
  exit(2);
}

/** Whether an argument is a given ASCII text. */
export function argumentIs(index: i32, text: string): bool {
  if (argumentLength(index) != text.length) return false;
  const at = argumentAt(index);
  for (let i = 0; i < text.length; i++) if (load<u8>(at + i) != text.charCodeAt(i)) return false;
  return true;
}

/** Prints the help and ends with 0 if `--help` is among the arguments, as far as they are options. */
export function helpIfAsked(text: string): void {
  for (let i = 1; i < argumentCount; i++) {
    if (argumentIs(i, "--")) return;
    if (!argumentIs(i, "--help")) continue;
    writeText(text);
    exit(0);
  }
}

/** Length of what {@link readInput} or {@link readFile} read. */
export let readLength: usize = 0;

/** Reads all input; gives its address. Behind it are eight bytes that may be read as well. */
export function readInput(): usize {
  const from = mark();
  let length: usize = 0;
  for (;;) {
    reserve(chunkBytes);
    inputRead(chunkBytes, place);
    const got = load<u32>(place + 4);
    if (got == 0) break;
    length += got;
  }
  allocate(8, 1);
  readLength = length;
  return from;
}

/** Number of the error of {@link readFile}. */
export let fileError: u32 = 0;

/** Opens a file; complains and gives -1 if that failed. */
export function openOperand(program: string, index: i32): i32 {
  const readMode: u32 = 0;
  filesOpen(argumentAt(index), argumentLength(index), readMode, place);
  if (load<u8>(place) == 0) return load<u32>(place + 4);
  fileError = load<u8>(place + 4);
  complainOfFile(program, index);
  return -1;
}

/** Closes a file. */
export function closeFile(file: i32): void {
  filesClose(file, place);
}

/** Most bytes that {@link readPiece} gives; only the last piece has fewer. */
export const pieceBytes: usize = chunkBytes;

/** Reads the next piece of an open file, or of the input for -1, into fresh memory; its address. */
export function readPiece(file: i32, offset: u64): usize {
  reserve(chunkBytes);
  const from = mark();
  if (file < 0) {
    inputRead(chunkBytes, place);
    readLength = load<u32>(place + 4);
  } else {
    filesRead(file, offset, chunkBytes, place);
    readLength = load<u8>(place) != 0 ? 0 : load<u32>(place + 8);
  }
  return from;
}

/** Reads a whole file; gives its address, or 0 if that failed. Behind it are eight bytes that may be read as well. */
export function readFile(path: usize, pathLength: usize): usize {
  const readMode: u32 = 0;
  filesOpen(path, <u32>pathLength, readMode, place);
  if (load<u8>(place) != 0) {
    fileError = load<u8>(place + 4);
    return 0;
  }
  const file = load<u32>(place + 4);
  const from = mark();
  let length: usize = 0;
  for (;;) {
    reserve(chunkBytes);
    filesRead(file, length, chunkBytes, place);
    if (load<u8>(place) != 0) break;
    const got = load<u32>(place + 8);
    if (got == 0) break;
    length += got;
  }
  filesClose(file, place);
  allocate(8, 1);
  readLength = length;
  return from;
}

/** What the last error of a file was, in words. */
export function fileErrorText(): string {
  if (fileError == 0) return "there can be no such path";
  if (fileError == 1 || fileError == 3) return "there is no such file";
  if (fileError == 4) return "it is a folder";
  return "it cannot be opened";
}

/** Reads a file, or the input for the name `-`; complains and gives 0 if that failed. */
export function readOperand(program: string, index: i32): usize {
  if (argumentIs(index, "-")) return readInput();
  const address = readFile(argumentAt(index), argumentLength(index));
  if (address == 0) complainOfFile(program, index);
  return address;
}

function complainOfFile(program: string, index: i32): void {
  complain(program);
  complain(": ");
  complainOf(argumentAt(index), argumentLength(index));
  complain(": ");
  complain(fileErrorText());
  complain(".\n");
}

/** Address of the first `byte` from `at` on, or `end`. Eight bytes at a time. */
export function findByte(at: usize, end: usize, byte: u32): usize {
  const pattern = <u64>byte * 0x0101010101010101;
  while (at + 8 <= end) {
    const word = load<u64>(at) ^ pattern;
    const zeros = (word - 0x0101010101010101) & ~word & 0x8080808080808080;
    if (zeros != 0) return at + <usize>(ctz(zeros) >> 3);
    at += 8;
  }
  while (at < end && load<u8>(at) != byte) at++;
  return at;
}

/** Order of two byte strings: below, at or above zero. */
export function compareBytes(a: usize, aLength: usize, b: usize, bLength: usize): i32 {
  const common = min(aLength, bLength);
  let i: usize = 0;
  for (; i + 8 <= common; i += 8) {
    const x = load<u64>(a + i);
    const y = load<u64>(b + i);
    if (x != y) return bswap(x) < bswap(y) ? -1 : 1;
  }
  for (; i < common; i++) {
    const difference = <i32>load<u8>(a + i) - <i32>load<u8>(b + i);
    if (difference != 0) return difference;
  }
  return aLength < bLength ? -1 : aLength > bLength ? 1 : 0;
}
