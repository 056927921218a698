/**
 * sha256: digests of files or of the input, as sha256sum writes them (FIPS 180-4).
 */
import { mark, release } from "../library/memory";
import { argumentAt, argumentCount, argumentIs, argumentLength, closeFile, exit, flush, helpIfAsked, misused, openOperand, pieceBytes, readLength, readPiece, start, write, writeByte, writeText } from "../library/system";

export { cabi_realloc } from "../library/memory";

const help = `usage: sha256 [FILE...]
Writes the SHA-256 digest of each file, or of the input if there is none or its name is "-".
`;

/** Cube roots of the first 64 primes: fractions, 32 bits. */
const k = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
  0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
  0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
  0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
  0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
  0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);

/** Square roots of the first eight primes. */
const initial = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

const state = memory.data(32, 8);
const words = memory.data(256, 8);
const lastBlocks = memory.data(128, 8);

function compress(block: usize): void {
  for (let i: usize = 0; i < 64; i += 4) store<u32>(words + i, bswap(load<u32>(block + i)));
  for (let i: usize = 64; i < 256; i += 4) {
    const near = load<u32>(words + i - 8);
    const far = load<u32>(words + i - 60);
    const s1 = rotr(near, 17) ^ rotr(near, 19) ^ (near >> 10);
    const s0 = rotr(far, 7) ^ rotr(far, 18) ^ (far >> 3);
    store<u32>(words + i, load<u32>(words + i - 64) + s0 + load<u32>(words + i - 28) + s1);
  }
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  let f = load<u32>(state, 20);
  let g = load<u32>(state, 24);
  let h = load<u32>(state, 28);
  for (let i: usize = 0; i < 256; i += 4) {
    const t1 = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + load<u32>(k + i) + load<u32>(words + i);
    const t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
  store<u32>(state, load<u32>(state, 20) + f, 20);
  store<u32>(state, load<u32>(state, 24) + g, 24);
  store<u32>(state, load<u32>(state, 28) + h, 28);
}

/** Digest of an open file, or of the input for -1, piece by piece in the same memory. */
function digest(file: i32): void {
  memory.copy(state, initial, 32);
  const before = mark();
  let length: u64 = 0;
  for (;;) {
    release(before);
    const piece = readPiece(file, length);
    length += readLength;
    const whole = readLength & ~63;
    for (let i: usize = 0; i < whole; i += 64) compress(piece + i);
    if (readLength == pieceBytes) continue;
    finish(piece + whole, readLength - whole, length);
    release(before);
    return;
  }
}

/** The last bytes, a one, zeros, and how many bits there were. */
function finish(address: usize, rest: usize, length: u64): void {
  const padded: usize = rest < 56 ? 64 : 128;
  memory.fill(lastBlocks, 0, 128);
  memory.copy(lastBlocks, address, rest);
  store<u8>(lastBlocks + rest, 0x80);
  store<u64>(lastBlocks + padded - 8, bswap(length << 3));
  compress(lastBlocks);
  if (padded == 128) compress(lastBlocks + 64);
}

function writeDigest(): void {
  for (let i: usize = 0; i < 32; i += 4) {
    const word = load<u32>(state + i);
    for (let shift = 28; shift >= 0; shift -= 4) {
      const digit = (word >> shift) & 15;
      writeByte(digit < 10 ? 48 + digit : 87 + digit);
    }
  }
  writeText("  ");
}

export function run(): u32 {
  start();
  helpIfAsked(help);
  let failed: u32 = 0;
  let first = 1;
  if (first < argumentCount && argumentIs(first, "--")) first++;
  else if (first < argumentCount && argumentLength(first) > 1 && load<u8>(argumentAt(first)) == 45) {
    misused("sha256", "there is no such option", argumentAt(first), argumentLength(first));
  }
  if (first >= argumentCount) {
    digest(-1);
    writeDigest();
    writeText("-\n");
  }
  for (let i = first; i < argumentCount; i++) {
    const isInput = argumentIs(i, "-");
    const file = isInput ? -1 : openOperand("sha256", i);
    if (file < 0 && !isInput) {
      failed = 1;
      continue;
    }
    digest(file);
    if (!isInput) closeFile(file);
    writeDigest();
    write(argumentAt(i), argumentLength(i));
    writeByte(10);
    flush();
  }
  exit(failed);
  return 0;
}
