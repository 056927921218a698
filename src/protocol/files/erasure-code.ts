/**
 * Reed–Solomon over bytes, systematic: byte i of the data shards are the values at 0, 1 … of the one polynomial of a degree
 * below their number, the parity shards are its values at the places behind them. Any `data` of all shards therefore give
 * every other, by Lagrange's formula. These are the codes of Backblaze's JavaReedSolomon and what follows it (a Vandermonde
 * matrix made systematic): a matrix need not be built or inverted to have them.
 *
 * A code puts right what is missing. What is wrong it takes as it is: check digests first.
 * @module
 */
import { accepted, type Result, rejected } from "../result.ts";
import { divide, multiply } from "./galois-field.ts";

/** How many shards there are. */
export interface ErasureCode {
  /** Shards that are needed; at least 1. */
  readonly data: number;
  /** Shards beyond these: as many of all may be missing. */
  readonly parity: number;
}

/** A code over bytes has no more shards than there are bytes but one. */
export const mostShards = 255;

/**
 * Sums of multiples of shards of one size: row r is Σ coefficients[r · shards.length + i] · shards[i], a new array each.
 * Whatever takes time in a code is this; kernels do it.
 */
export type CombineShards = (
  shards: readonly Uint8Array[],
  coefficients: Uint8Array,
  rows: number,
) => readonly Uint8Array[];

/** The definition, byte by byte: what kernels are compared with. */
export const combinePlainly: CombineShards = (shards, coefficients, rows) =>
  Array.from({ length: rows }, (_, row) => {
    const sum = new Uint8Array(shards[0]?.length ?? 0);
    for (const [i, shard] of shards.entries()) {
      const factor = coefficients[row * shards.length + i] as number;
      for (const [at, byte] of shard.entries()) sum[at] = (sum[at] as number) ^ multiply(factor, byte);
    }
    return sum;
  });

/**
 * The same with a table of products for each factor: eight times as fast without a kernel. For code that must be synchronous,
 * and shards of so many bytes that 256 products for each factor are little beside them.
 */
export const combineByTables: CombineShards = (shards, coefficients, rows) => {
  const products = new Uint8Array(256);
  return Array.from({ length: rows }, (_, row) => {
    const sum = new Uint8Array(shards[0]?.length ?? 0);
    for (const [i, shard] of shards.entries()) {
      const factor = coefficients[row * shards.length + i] as number;
      for (let byte = 0; byte < products.length; byte++) products[byte] = multiply(factor, byte);
      for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] as number) ^ (products[shard[at] as number] as number);
    }
    return sum;
  });
};

/**
 * Lagrange's coefficients, a row for each place of `to`: a polynomial's value there as a sum of multiples of its values at
 * the places `from`, which are distinct and none of them in `to`.
 */
export function coefficientsBetween(from: readonly number[], to: readonly number[]): Uint8Array {
  const coefficients = new Uint8Array(from.length * to.length);
  const denominators = from.map((one) =>
    from.reduce((product, other) => (other === one ? product : multiply(product, one ^ other)), 1),
  );
  for (const [row, place] of to.entries()) {
    const whole = from.reduce((product, other) => multiply(product, place ^ other), 1);
    for (const [i, one] of from.entries()) {
      const factor = divide(divide(whole, place ^ one), denominators[i] as number);
      coefficients[row * from.length + i] = factor;
    }
  }
  return coefficients;
}

const numbersFrom = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

function checkCode({ data, parity }: ErasureCode): Result<null> {
  const are = Number.isInteger(data) && Number.isInteger(parity) && data >= 1 && parity >= 0;
  return are && data + parity <= mostShards
    ? accepted(null)
    : rejected("out-of-range", `A code has at least 1 data shard and at most ${mostShards} shards in all.`);
}

const otherSize = rejected("bad-response", "A shard is of another size than the others.");

const areOfOneSize = (shards: readonly Uint8Array[]): boolean =>
  shards.every(({ length }) => length === shards[0]?.length);

/** The parity shards of data shards; refused if the sizes differ or the code is none. */
export function parityOf(
  data: readonly Uint8Array[],
  parity: number,
  combine: CombineShards,
): Result<readonly Uint8Array[]> {
  const isCode = checkCode({ data: data.length, parity });
  if (!isCode.ok) return isCode;
  if (!areOfOneSize(data)) return otherSize;
  if (parity === 0) return accepted([]);
  const coefficients = coefficientsBetween(numbersFrom(0, data.length), numbersFrom(data.length, parity));
  return accepted(combine(data, coefficients, parity));
}

/**
 * The first `count` shards (the data shards, unless told) from any that are enough; null for one that is missing. Those that
 * are there are given back as they are. Refused, with the numbers of those that are missing, if they are too few.
 */
export function rebuildShards(
  code: ErasureCode,
  shards: readonly (Uint8Array | null)[],
  combine: CombineShards,
  count: number = code.data,
): Result<readonly Uint8Array[]> {
  const isCode = checkCode(code);
  if (!isCode.ok) return isCode;
  const all = code.data + code.parity;
  if (shards.length !== all) return rejected("out-of-range", `${shards.length} shards were given of a code of ${all}.`);
  const present = shards.flatMap((shard, place) => (shard === null ? [] : [{ shard, place }]));
  if (!areOfOneSize(present.map(({ shard }) => shard))) return otherSize;
  if (present.length < code.data) return tooFew(code, shards);
  const missing = numbersFrom(0, count).filter((place) => (shards[place] ?? null) === null);
  const used = present.slice(0, code.data);
  const rebuilt =
    missing.length === 0
      ? []
      : combine(
          used.map(({ shard }) => shard),
          coefficientsBetween(
            used.map(({ place }) => place),
            missing,
          ),
          missing.length,
        );
  const whole = shards.slice(0, count);
  for (const [i, place] of missing.entries()) whole[place] = rebuilt[i] ?? null;
  return accepted(whole.filter((shard) => shard !== null));
}

function tooFew({ data }: ErasureCode, shards: readonly (Uint8Array | null)[]): Result<never> {
  const missing = shards.flatMap((shard, place) => (shard === null ? [place + 1] : [])).join(", ");
  const present = shards.filter((shard) => shard !== null).length;
  return rejected(
    "not-found",
    `Of ${shards.length} shards ${present} can be had, and ${data} are needed; missing: ${missing}.`,
    { needed: data, present, missing },
  );
}
