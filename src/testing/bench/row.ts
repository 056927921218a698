/**
 * One row of the benchmark table, and how every row is measured: all contenders take turns within one run, and of each the
 * median counts, because machines are noisy and only ratios travel.
 * @module
 */

/** A measured figure, beside the rival measured in the same run. */
export interface BenchRow {
  readonly name: string;
  /** Unit of `value` and of the rival's; more is better. */
  readonly unit: string;
  readonly value: number;
  readonly rival?: { readonly name: string; readonly value: number };
  /** `value` over the rival's. */
  readonly ratio?: number;
  /** The least ratio that design/performance.md asks for. */
  readonly goal?: number;
  /** What was run, how often, and what was taken of it. */
  readonly method: string;
}

/** Does work and tells how many units of it. */
export type Contender = () => number | Promise<number>;

const rounds = 5;

/** The middle of an odd number of figures. */
export function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[figures.length >> 1] as number;
}

/** Median units per second of each contender: one warm-up each, then five rounds in which they take turns. */
export async function medianRates<K extends string>(
  contenders: Readonly<Record<K, Contender>>,
): Promise<Record<K, number>> {
  const names = Object.keys(contenders) as K[];
  const rates = new Map<K, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const startedMs = performance.now();
      const units = await contenders[name]();
      const rate = (units * 1_000) / (performance.now() - startedMs);
      if (round > 0) rates.get(name)?.push(rate);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(rates.get(name) ?? [])])) as Record<K, number>;
}

/** A row from two measured rates. */
export function compared(
  row: Pick<BenchRow, "name" | "unit" | "method"> & { readonly goal?: number },
  value: number,
  rival: { readonly name: string; readonly value: number },
): BenchRow {
  return { ...row, value, rival, ratio: value / rival.value };
}

/** What all methods have in common. */
export const medianOfRounds = `median of ${rounds} rounds after a warm-up, contenders taking turns in one process`;
