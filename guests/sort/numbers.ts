/**
 * Numbers at the beginning of a text, of any length, compared digit by digit: spaces, a minus sign, digits, a point and
 * digits. Nothing of it counts as zero.
 */

/** What the last call of {@link find} found. */
let negative = false;
let wholeAt: usize = 0;
let wholeEnd: usize = 0;
let fractionAt: usize = 0;
let fractionEnd: usize = 0;

function isDigit(byte: u32): bool {
  return byte - 48 < 10;
}

function find(at: usize, end: usize): void {
  while (at < end && (load<u8>(at) == 32 || load<u8>(at) == 9)) at++;
  negative = at < end && load<u8>(at) == 45;
  if (negative) at++;
  while (at < end && load<u8>(at) == 48) at++;
  wholeAt = at;
  while (at < end && isDigit(load<u8>(at))) at++;
  wholeEnd = at;
  if (at < end && load<u8>(at) == 46) at++;
  fractionAt = at;
  if (at > wholeEnd) while (at < end && isDigit(load<u8>(at))) at++;
  while (at > fractionAt && load<u8>(at - 1) == 48) at--;
  fractionEnd = at;
  if (wholeAt == wholeEnd && fractionAt == fractionEnd) negative = false;
}

/** Digits that fit a 64-bit number with its sign. */
const mostDigits: usize = 18;

/** A number in the order of the texts' whole parts; those that it cannot tell apart have the same one. */
export function numberPrefix(at: usize, end: usize): u64 {
  find(at, end);
  let value: i64 = 0;
  if (wholeEnd - wholeAt > mostDigits) value = 1_000_000_000_000_000_000;
  else for (let i = wholeAt; i < wholeEnd; i++) value = value * 10 + (load<u8>(i) - 48);
  return <u64>(negative ? -value : value) ^ 0x8000000000000000;
}

function compareFractions(a: usize, aEnd: usize, b: usize, bEnd: usize): i32 {
  for (; a < aEnd && b < bEnd; a++, b++) {
    const difference = <i32>load<u8>(a) - <i32>load<u8>(b);
    if (difference != 0) return difference;
  }
  return a < aEnd ? 1 : b < bEnd ? -1 : 0;
}

/** Order of the numbers that two texts begin with. */
export function compareNumbers(a: usize, aEnd: usize, b: usize, bEnd: usize): i32 {
  find(a, aEnd);
  const aNegative = negative;
  const aWhole = wholeAt;
  const aWholeLength = wholeEnd - wholeAt;
  const aFraction = fractionAt;
  const aFractionEnd = fractionEnd;
  find(b, bEnd);
  if (aNegative != negative) return aNegative ? -1 : 1;
  const bWholeLength = wholeEnd - wholeAt;
  let order = aWholeLength < bWholeLength ? -1 : aWholeLength > bWholeLength ? 1 : 0;
  for (let i: usize = 0; order == 0 && i < aWholeLength; i++) {
    order = <i32>load<u8>(aWhole + i) - <i32>load<u8>(wholeAt + i);
  }
  if (order == 0) order = compareFractions(aFraction, aFractionEnd, fractionAt, fractionEnd);
  return negative ? -order : order;
}
