/**
 * primes: prime numbers up to a bound or between two. A sieve of odd numbers, one segment after the other.
 */
import { allocate } from "../library/memory";
import { argumentAt, argumentCount, argumentIs, argumentLength, exit, helpIfAsked, misused, start, writeByte, writeNumber, writeText } from "../library/system";

export { cabi_realloc } from "../library/memory";

const help = `usage: primes [-c] LAST
       primes [-c] FIRST LAST
Writes the prime numbers from FIRST (or 2) to LAST, one a line.
  -c   only how many there are
LAST is at most 1000000000000.
`;

const largest: u64 = 1_000_000_000_000;

/** Odd numbers of one segment: a byte each. */
const segmentOdds: u32 = 1 << 16;

/** The number that an argument spells. */
function number(index: i32): u64 {
  const at = argumentAt(index);
  const length = argumentLength(index);
  let value: u64 = 0;
  if (length == 0) misused("primes", "a number is missing");
  for (let i = 0; i < length; i++) {
    const digit = <u32>load<u8>(at + i) - 48;
    if (digit > 9) misused("primes", "this is no whole number", at, length);
    value = value * 10 + digit;
    if (value > largest) misused("primes", "this is more than 1000000000000", at, length);
  }
  return value;
}

/** Odd primes up to `last`, as 32-bit numbers; how many. */
let basePrimes: usize = 0;
let baseCount: u32 = 0;

function findBasePrimes(last: u32): void {
  const marks = allocate(<usize>last + 1);
  memory.fill(marks, 0, <usize>last + 1);
  basePrimes = allocate((<usize>last / 2 + 1) << 2);
  for (let i: u32 = 3; i <= last; i += 2) {
    if (load<u8>(marks + i) != 0) continue;
    store<u32>(basePrimes + (<usize>baseCount << 2), i);
    baseCount++;
    for (let k: u64 = <u64>i * i; k <= last; k += 2 * i) store<u8>(marks + <usize>k, 1);
  }
}

export function run(): u32 {
  start();
  helpIfAsked(help);
  let first: i32 = 1;
  const onlyCount = argumentCount > 1 && argumentIs(1, "-c");
  if (onlyCount) first = 2;
  const numbers = argumentCount - first;
  if (numbers < 1 || numbers > 2) misused("primes", "one number or two are needed");
  let from: u64 = numbers == 2 ? number(first) : 2;
  const last = number(argumentCount - 1);
  let count: u64 = 0;
  if (from <= 2 && last >= 2) {
    count = 1;
    if (!onlyCount) writeText("2\n");
  }
  let root = <u64>Math.sqrt(<f64>last);
  while (root * root > last) root--;
  findBasePrimes(<u32>root + 1);
  const marks = allocate(segmentOdds);
  if (from < 3) from = 3;
  // Each segment is the odd numbers base, base + 2, …
  for (let base = from | 1; base <= last; base += 2 * segmentOdds) {
    const odds = <u32>min<u64>(segmentOdds, (last - base) / 2 + 1);
    memory.fill(marks, 0, odds);
    const highest = base + 2 * (<u64>odds - 1);
    for (let i: u32 = 0; i < baseCount; i++) {
      const prime = <u64>load<u32>(basePrimes + (<usize>i << 2));
      const square = prime * prime;
      if (square > highest) break;
      let multiple = square >= base ? square : ((base + prime - 1) / prime) * prime;
      if ((multiple & 1) == 0) multiple += prime;
      for (let k = (multiple - base) >> 1; k < odds; k += prime) store<u8>(marks + <usize>k, 1);
    }
    for (let i: u32 = 0; i < odds; i++) {
      if (load<u8>(marks + i) != 0) continue;
      count++;
      if (onlyCount) continue;
      writeNumber(base + 2 * <u64>i);
      writeByte(10);
    }
  }
  if (onlyCount) {
    writeNumber(count);
    writeByte(10);
  }
  exit(0);
  return 0;
}
