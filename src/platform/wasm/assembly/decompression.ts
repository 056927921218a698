/**
 * Decompresses points of G1 of a key whose hash was checked: y = √(x³ + 3), of the two roots the one that the highest bit says.
 */
import {
  add,
  multiply,
  outsideBytes,
  readPlain,
  setOne,
  setZero,
  square,
  squareRoot,
  subtract,
  write,
  writePlain,
} from "./coordinates";

const signBit: u8 = 0x80;
const infinityBit: u8 = 0x40;

const plain: usize = memory.data(32, 8);
const x: usize = memory.data(36, 8);
const y: usize = memory.data(36, 8);
const right: usize = memory.data(36, 8);
const three: usize = memory.data(36, 8);

/** Where the host may put things: behind the kernel's own. */
export function heapBase(): usize {
  return __heap_base;
}

/** Whether y is the larger of the two roots: 2y is above the prime, so it is odd once the prime is taken off. */
function isLarger(): bool {
  add(y, y, right);
  writePlain(right, plain);
  return (load<u8>(plain) & 1) != 0;
}

/** Turns `count` compressed points, x-coordinates big-endian, into affine ones in the outside's form. */
export function decompress(from: usize, count: u32, to: usize): void {
  setOne(right);
  add(right, right, three);
  add(three, right, three);
  for (let i: u32 = 0; i < count; i++) {
    const compressed = from + <usize>i * outsideBytes;
    const point = to + <usize>i * 2 * outsideBytes;
    const flags = load<u8>(compressed);
    if ((flags & infinityBit) != 0) {
      memory.fill(point, 0, 2 * outsideBytes);
      continue;
    }
    for (let byte: usize = 0; byte < outsideBytes; byte++) store<u8>(plain + 31 - byte, load<u8>(compressed + byte));
    store<u8>(plain + 31, flags & ~signBit);
    readPlain(plain, x);
    square(x, right);
    multiply(x, right, right);
    add(right, three, right);
    squareRoot(right, y);
    if (isLarger() != ((flags & signBit) != 0)) {
      setZero(right);
      subtract(right, y, y);
    }
    write(x, point);
    write(y, point + outsideBytes);
  }
}
