/**
 * SHA-256 in WebAssembly (AssemblyScript): one message, many pairs of hashes, and a search for nonces. Compiled twice: with
 * SIMD pairs and nonces go through four lanes at once, without it (ASC_FEATURE_SIMD false) one after another.
 * Memory: the host writes the message at `messageAt`, the digest appears at `digestAt`; pairs at `pairsAt`, `digestsAt`.
 */

const K: StaticArray<u32> = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
  0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
  0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
  0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
  0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
  0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

const state: StaticArray<u32> = new StaticArray<u32>(8);
const schedule: StaticArray<u32> = new StaticArray<u32>(64);
const message: StaticArray<u8> = new StaticArray<u8>(1 << 16);
const digest: StaticArray<u8> = new StaticArray<u8>(32);
const midstate: StaticArray<u32> = new StaticArray<u32>(8);
/** Schedule of four messages: word i of all four, then word i + 1. */
const lanes: StaticArray<u8> = new StaticArray<u8>(64 * 16);
/** State of four messages, likewise. */
const laneState: StaticArray<u8> = new StaticArray<u8>(8 * 16);
const pairs: StaticArray<u8> = new StaticArray<u8>(256 * 64);
const digests: StaticArray<u8> = new StaticArray<u8>(256 * 32);

/** Where the host writes a message of at most `messageCapacity` bytes. */
export function messageAt(): usize {
  return changetype<usize>(message);
}

/** Longest message in bytes. */
export function messageCapacity(): i32 {
  return (1 << 16) - 72;
}

/** Where the digest appears. */
export function digestAt(): usize {
  return changetype<usize>(digest);
}

/** Where the host writes pairs: 64 bytes each. */
export function pairsAt(): usize {
  return changetype<usize>(pairs);
}

/** Pairs hashed by one call at most; a multiple of four. */
export function pairCapacity(): i32 {
  return 256;
}

/** Where their digests appear: 32 bytes each. */
export function digestsAt(): usize {
  return changetype<usize>(digests);
}

@inline
function setInitial(): void {
  unchecked((state[0] = 0x6a09e667));
  unchecked((state[1] = 0xbb67ae85));
  unchecked((state[2] = 0x3c6ef372));
  unchecked((state[3] = 0xa54ff53a));
  unchecked((state[4] = 0x510e527f));
  unchecked((state[5] = 0x9b05688c));
  unchecked((state[6] = 0x1f83d9ab));
  unchecked((state[7] = 0x5be0cd19));
}

@inline
function bigSigma0(x: u32): u32 {
  return rotr<u32>(x, 2) ^ rotr<u32>(x, 13) ^ rotr<u32>(x, 22);
}

@inline
function bigSigma1(x: u32): u32 {
  return rotr<u32>(x, 6) ^ rotr<u32>(x, 11) ^ rotr<u32>(x, 25);
}

@inline
function choose(x: u32, y: u32, z: u32): u32 {
  return z ^ (x & (y ^ z));
}

@inline
function majority(x: u32, y: u32, z: u32): u32 {
  return (x & y) | (z & (x | y));
}

/** Constant plus schedule word of round `i + place`. */
@inline
function word(w: usize, k: usize, place: usize): u32 {
  return load<u32>(w + (place << 2)) + load<u32>(k + (place << 2));
}

function compress(at: usize): void {
  const words = changetype<usize>(schedule);
  for (let i: usize = 0; i < 64; i += 4) store<u32>(words + i, bswap<u32>(load<u32>(at + i)));
  for (let i: usize = words + 64; i < words + 256; i += 4) {
    const x = load<u32>(i - 60);
    const y = load<u32>(i - 8);
    const s0 = rotr<u32>(x, 7) ^ rotr<u32>(x, 18) ^ (x >>> 3);
    const s1 = rotr<u32>(y, 17) ^ rotr<u32>(y, 19) ^ (y >>> 10);
    store<u32>(i, load<u32>(i - 64) + s0 + load<u32>(i - 28) + s1);
  }
  let a = unchecked(state[0]);
  let b = unchecked(state[1]);
  let c = unchecked(state[2]);
  let d = unchecked(state[3]);
  let e = unchecked(state[4]);
  let f = unchecked(state[5]);
  let g = unchecked(state[6]);
  let h = unchecked(state[7]);
  // Eight rounds a turn: the variables swap roles instead of moving.
  for (let i: usize = 0; i < 256; i += 32) {
    const w = words + i;
    const k = changetype<usize>(K) + i;
    h += bigSigma1(e) + choose(e, f, g) + word(w, k, 0);
    d += h;
    h += bigSigma0(a) + majority(a, b, c);
    g += bigSigma1(d) + choose(d, e, f) + word(w, k, 1);
    c += g;
    g += bigSigma0(h) + majority(h, a, b);
    f += bigSigma1(c) + choose(c, d, e) + word(w, k, 2);
    b += f;
    f += bigSigma0(g) + majority(g, h, a);
    e += bigSigma1(b) + choose(b, c, d) + word(w, k, 3);
    a += e;
    e += bigSigma0(f) + majority(f, g, h);
    d += bigSigma1(a) + choose(a, b, c) + word(w, k, 4);
    h += d;
    d += bigSigma0(e) + majority(e, f, g);
    c += bigSigma1(h) + choose(h, a, b) + word(w, k, 5);
    g += c;
    c += bigSigma0(d) + majority(d, e, f);
    b += bigSigma1(g) + choose(g, h, a) + word(w, k, 6);
    f += b;
    b += bigSigma0(c) + majority(c, d, e);
    a += bigSigma1(f) + choose(f, g, h) + word(w, k, 7);
    e += a;
    a += bigSigma0(b) + majority(b, c, d);
  }
  unchecked((state[0] += a));
  unchecked((state[1] += b));
  unchecked((state[2] += c));
  unchecked((state[3] += d));
  unchecked((state[4] += e));
  unchecked((state[5] += f));
  unchecked((state[6] += g));
  unchecked((state[7] += h));
}

/** Hashes the first `length` bytes at `messageAt`. */
export function hash(length: i32): void {
  const at = changetype<usize>(message);
  const blocks = (length + 9 + 63) >>> 6;
  const end = at + ((<usize>blocks) << 6);
  store<u8>(at + length, 0x80);
  memory.fill(at + length + 1, 0, end - at - length - 1);
  store<u64>(end - 8, bswap<u64>((<u64>length) << 3));
  setInitial();
  for (let block = at; block < end; block += 64) compress(block);
  const out = changetype<usize>(digest);
  for (let i = 0; i < 8; i++) store<u32>(out + ((<usize>i) << 2), bswap<u32>(unchecked(state[i])));
}

/** Prepares a search: the 64 bytes at `messageAt` come before the nonce. */
export function prepare(): void {
  setInitial();
  compress(changetype<usize>(message));
  for (let i = 0; i < 8; i++) unchecked((midstate[i] = state[i]));
}

@inline
function rotr4(x: v128, n: i32): v128 {
  return v128.or(i32x4.shr_u(x, n), i32x4.shl(x, 32 - n));
}

/** One nonce after another, for engines without SIMD. */
function searchOneLane(first: u64, count: i32, bound: u64): i32 {
  // The nonce's block: nonce, end mark, zeros, length of 72 bytes in bits.
  const block = changetype<usize>(lanes);
  memory.fill(block, 0, 64);
  store<u8>(block + 8, 0x80);
  store<u64>(block + 56, bswap<u64>(576));
  for (let done = 0; done < count; done++) {
    store<u64>(block, bswap<u64>(first + <u64>done));
    for (let i = 0; i < 8; i++) unchecked((state[i] = midstate[i]));
    compress(block);
    const top = ((<u64>unchecked(state[0])) << 32) | (<u64>unchecked(state[1]));
    if (top <= bound) return done;
  }
  return -1;
}

@inline
function setLaneState(i: usize, value: u32): void {
  v128.store(changetype<usize>(laneState) + (i << 4), i32x4.splat(<i32>value));
}

/** Completes the schedule whose first 16 words stand in `lanes`, and compresses it into `laneState`. */
function compressFour(): void {
  const w = changetype<usize>(lanes);
  const at = changetype<usize>(laneState);
  for (let i: usize = 16; i < 64; i++) {
    const x = v128.load(w + ((i - 15) << 4));
    const y = v128.load(w + ((i - 2) << 4));
    const s0 = v128.xor(v128.xor(rotr4(x, 7), rotr4(x, 18)), i32x4.shr_u(x, 3));
    const s1 = v128.xor(v128.xor(rotr4(y, 17), rotr4(y, 19)), i32x4.shr_u(y, 10));
    const sum = i32x4.add(i32x4.add(v128.load(w + ((i - 16) << 4)), s0), i32x4.add(v128.load(w + ((i - 7) << 4)), s1));
    v128.store(w + (i << 4), sum);
  }
  let a = v128.load(at);
  let b = v128.load(at + 16);
  let c = v128.load(at + 32);
  let d = v128.load(at + 48);
  let e = v128.load(at + 64);
  let f = v128.load(at + 80);
  let g = v128.load(at + 96);
  let h = v128.load(at + 112);
  for (let i: usize = 0; i < 64; i++) {
    const s1 = v128.xor(v128.xor(rotr4(e, 6), rotr4(e, 11)), rotr4(e, 25));
    const chosen = v128.xor(v128.and(e, f), v128.andnot(g, e));
    const kw = i32x4.add(v128.load(w + (i << 4)), i32x4.splat(<i32>unchecked(K[<i32>i])));
    const t1 = i32x4.add(i32x4.add(h, s1), i32x4.add(chosen, kw));
    const s0 = v128.xor(v128.xor(rotr4(a, 2), rotr4(a, 13)), rotr4(a, 22));
    const most = v128.xor(v128.xor(v128.and(a, b), v128.and(a, c)), v128.and(b, c));
    h = g;
    g = f;
    f = e;
    e = i32x4.add(d, t1);
    d = c;
    c = b;
    b = a;
    a = i32x4.add(t1, i32x4.add(s0, most));
  }
  v128.store(at, i32x4.add(v128.load(at), a));
  v128.store(at + 16, i32x4.add(v128.load(at + 16), b));
  v128.store(at + 32, i32x4.add(v128.load(at + 32), c));
  v128.store(at + 48, i32x4.add(v128.load(at + 48), d));
  v128.store(at + 64, i32x4.add(v128.load(at + 64), e));
  v128.store(at + 80, i32x4.add(v128.load(at + 80), f));
  v128.store(at + 96, i32x4.add(v128.load(at + 96), g));
  v128.store(at + 112, i32x4.add(v128.load(at + 112), h));
}

/** Four nonces at a time; the last turn may look up to three nonces past `count`. */
function searchFourLanes(first: u64, count: i32, bound: u64): i32 {
  const w = changetype<usize>(lanes);
  const out = changetype<usize>(laneState);
  for (let done = 0; done < count; done += 4) {
    const nonce = first + done;
    // Lanes differ in the low word; a carry into the high word is taken along lane by lane.
    const high = i32x4(<i32>(nonce >> 32), <i32>((nonce + 1) >> 32), <i32>((nonce + 2) >> 32), <i32>((nonce + 3) >> 32));
    const low = i32x4(<i32>nonce, <i32>(nonce + 1), <i32>(nonce + 2), <i32>(nonce + 3));
    v128.store(w, high);
    v128.store(w + 16, low);
    v128.store(w + 32, i32x4.splat(<i32>0x80000000));
    for (let i = 3; i < 15; i++) v128.store(w + ((<usize>i) << 4), i32x4.splat(0));
    v128.store(w + 240, i32x4.splat(576));
    for (let i = 0; i < 8; i++) setLaneState(i, unchecked(midstate[i]));
    compressFour();
    for (let lane: usize = 0; lane < 4; lane++) {
      const top = ((<u64>load<u32>(out + (lane << 2))) << 32) | (<u64>load<u32>(out + 16 + (lane << 2)));
      if (top <= bound) return done + <i32>lane;
    }
  }
  return -1;
}

/**
 * Tries about `count` nonces from `first` on. Gives the place of the first whose hash begins with a 64-bit number of at
 * most `bound`, or -1; the host checks that one in full and that it lies below `count`.
 */
export function search(first: u64, count: i32, bound: u64): i32 {
  if (ASC_FEATURE_SIMD) return searchFourLanes(first, count, bound);
  return searchOneLane(first, count, bound);
}

@inline
function swapBytes(x: v128): v128 {
  return i8x16.shuffle(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/** Words `word` to `word + 3` of four messages that stand 64 bytes apart become words of the lanes. */
@inline
function gather(at: usize, word: usize): void {
  const w = changetype<usize>(lanes) + (word << 4);
  const from = at + (word << 2);
  const m0 = swapBytes(v128.load(from));
  const m1 = swapBytes(v128.load(from + 64));
  const m2 = swapBytes(v128.load(from + 128));
  const m3 = swapBytes(v128.load(from + 192));
  const low01 = i32x4.shuffle(m0, m1, 0, 4, 1, 5);
  const low23 = i32x4.shuffle(m2, m3, 0, 4, 1, 5);
  const high01 = i32x4.shuffle(m0, m1, 2, 6, 3, 7);
  const high23 = i32x4.shuffle(m2, m3, 2, 6, 3, 7);
  v128.store(w, i64x2.shuffle(low01, low23, 0, 2));
  v128.store(w + 16, i64x2.shuffle(low01, low23, 1, 3));
  v128.store(w + 32, i64x2.shuffle(high01, high23, 0, 2));
  v128.store(w + 48, i64x2.shuffle(high01, high23, 1, 3));
}

/** Four pairs at once: a prefix byte moves all 64 bytes along by one, over the end of the first block. */
function hashFourPairs(prefix: u32, at: usize, out: usize): void {
  const w = changetype<usize>(lanes);
  for (let word: usize = 0; word < 16; word += 4) gather(at, word);
  const last = v128.load(w + 240);
  for (let i: usize = 15; i > 0; i--) {
    const before = v128.load(w + ((i - 1) << 4));
    const own = v128.load(w + (i << 4));
    v128.store(w + (i << 4), v128.or(i32x4.shl(before, 24), i32x4.shr_u(own, 8)));
  }
  v128.store(w, v128.or(i32x4.splat(<i32>(prefix << 24)), i32x4.shr_u(v128.load(w), 8)));
  setInitial();
  for (let i = 0; i < 8; i++) setLaneState(i, unchecked(state[i]));
  compressFour();
  v128.store(w, v128.or(i32x4.shl(last, 24), i32x4.splat(0x00800000)));
  for (let i: usize = 1; i < 15; i++) v128.store(w + (i << 4), i32x4.splat(0));
  v128.store(w + 240, i32x4.splat(520));
  compressFour();
  const from = changetype<usize>(laneState);
  for (let lane: usize = 0; lane < 4; lane++) {
    for (let i: usize = 0; i < 8; i++) {
      const word = load<u32>(from + (i << 4) + (lane << 2));
      store<u32>(out + (lane << 5) + (i << 2), bswap<u32>(word));
    }
  }
}

/** One pair. */
function hashOnePair(prefix: u32, at: usize, out: usize): void {
  const text = changetype<usize>(message);
  store<u8>(text, <u8>prefix);
  memory.copy(text + 1, at, 64);
  hash(65);
  memory.copy(out, changetype<usize>(digest), 32);
}

/** Hashes `count` messages, each a prefix byte and one of the pairs. Uses the place of the message. */
export function hashPairs(prefix: u32, count: i32): void {
  const at = changetype<usize>(pairs);
  const out = changetype<usize>(digests);
  let i: usize = 0;
  // Four lanes with one in use cost more than one message alone; the lanes after the last hold what stood there.
  if (ASC_FEATURE_SIMD) for (; i + 1 < <usize>count; i += 4) hashFourPairs(prefix, at + (i << 6), out + (i << 5));
  for (; i < <usize>count; i++) hashOnePair(prefix, at + (i << 6), out + (i << 5));
}
