/**
 * What metering is measured on: two kinds of recursion, two loops over bytes and numbers, one of matrices, one that branches by data.
 */

/** Where the memory of a kernel begins. */
const base: usize = 1024;

/** Recursion and hardly anything else. */
export function fibonacci(n: i32): i32 {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

function place(all: i32, columns: i32, left: i32, right: i32): i32 {
  if (columns == all) return 1;
  let count = 0;
  for (let free = all & ~(columns | left | right); free != 0; free &= free - 1) {
    const one = free & -free;
    count += place(all, columns | one, (left | one) << 1, (right | one) >> 1);
  }
  return count;
}

/** Ways to put n queens on a board: recursion around a loop. */
export function queens(n: i32): i32 {
  return place((1 << n) - 1, 0, 0, 0);
}

/** Primes below a limit, by Eratosthenes' sieve. */
export function sieve(limit: i32): i32 {
  memory.fill(base, 1, limit);
  let count = 0;
  for (let i = 2; i < limit; i++) {
    if (load<u8>(base + i) == 0) continue;
    count++;
    for (let j = i + i; j < limit; j += i) store<u8>(base + j, 0);
  }
  return count;
}

/** The product of two square matrices; its last entry. */
export function multiply(n: i32): f64 {
  const a: usize = base;
  const b: usize = a + <usize>(n * n * 8);
  const c: usize = b + <usize>(n * n * 8);
  for (let i = 0; i < n * n; i++) {
    store<f64>(a + (i << 3), <f64>(i % 7));
    store<f64>(b + (i << 3), <f64>(i % 5));
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum: f64 = 0;
      for (let k = 0; k < n; k++) sum += load<f64>(a + ((i * n + k) << 3)) * load<f64>(b + ((k * n + j) << 3));
      store<f64>(c + ((i * n + j) << 3), sum);
    }
  }
  return load<f64>(c + ((n * n - 1) << 3));
}

/** Sorts numbers in memory by Shell's method; the middle one. */
export function sort(n: i32): i32 {
  let x: u32 = 12345;
  for (let i = 0; i < n; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    store<u32>(base + (i << 2), x);
  }
  for (let gap = n >> 1; gap > 0; gap >>= 1) {
    for (let i = gap; i < n; i++) {
      const value = load<u32>(base + (i << 2));
      let j = i;
      while (j >= gap && load<u32>(base + ((j - gap) << 2)) > value) {
        store<u32>(base + (j << 2), load<u32>(base + ((j - gap) << 2)));
        j -= gap;
      }
      store<u32>(base + (j << 2), value);
    }
  }
  return load<i32>(base + ((n >> 1) << 2));
}

/** Interprets a program of seven instructions that loops. */
export function interpret(rounds: i32): i32 {
  store<u64>(base, 0x0504060001030200);
  let at: usize = 0;
  let accumulator: i32 = 1;
  let other: i32 = 7;
  let left = rounds;
  while (true) {
    switch (load<u8>(base + at)) {
      case 0:
        accumulator += other;
        break;
      case 1:
        accumulator -= 3;
        break;
      case 2:
        accumulator ^= other;
        break;
      case 3:
        accumulator = (accumulator << 1) | (accumulator >>> 31);
        break;
      case 4:
        if (--left > 0) {
          at = 0;
          continue;
        }
        break;
      case 6:
        if (accumulator & 1) other += 5;
        else other ^= accumulator;
        break;
      default:
        return accumulator;
    }
    at++;
  }
}
