/**
 * One row of the benchmark table, and how every row is measured: all contenders take turns within one run, and of each the
 * median counts, because machines are noisy and only ratios travel.
 * @module
 */

/** What design/performance.md asks of a row; `of` is the figure it speaks of. */
export interface Goal {
  readonly of: "value" | "p95" | "ratio";
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A measured figure, beside the rival measured in the same run. */
export interface MeasuredRow {
  readonly name: string;
  /** Unit of `value`, `p95` and the rival's. */
  readonly unit: string;
  /** A rate, or the median of `samples`. */
  readonly value: number;
  /** The figure that 95 % of the samples do not exceed. */
  readonly p95?: number;
  readonly samples?: number;
  readonly rival?: { readonly name: string; readonly value: number };
  /** `value` over the rival's. */
  readonly ratio?: number;
  readonly goals?: readonly Goal[];
  /** What was run, how often, and what was taken of it. */
  readonly method: string;
}

/** A row that says where it ran. */
export interface BenchRow extends MeasuredRow {
  readonly where: string;
}

/** Does work and tells how many units of it. */
export type Contender = () => number | Promise<number>;

const rounds = 5;

/** How often each contender does its work. */
export const turns: number = rounds + 1;

/** The figure below which the given share of the samples lies; the middle one for 0.5. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The middle figure. */
export function median(figures: readonly number[]): number {
  return quantile(figures, 0.5);
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

type RowHead = Pick<MeasuredRow, "name" | "unit" | "method" | "goals">;

/** A row from two measured rates. */
export function compared(
  row: RowHead,
  value: number,
  rival: { readonly name: string; readonly value: number },
): MeasuredRow {
  return { ...row, value, rival, ratio: value / rival.value };
}

/** A row from samples: their median, their 95th percentile and how many they are. */
export function sampled(row: RowHead, samples: readonly number[]): MeasuredRow {
  return { ...row, value: median(samples), p95: quantile(samples, 0.95), samples: samples.length };
}

/** The goal that the rival is beaten by a factor. */
export function atLeastTimes(factor: number): readonly Goal[] {
  return [{ of: "ratio", atLeast: factor }];
}

/** Whether a goal is met; a figure that is not there meets none. */
export function isMet(row: MeasuredRow, { of, atLeast, atMost }: Goal): boolean {
  const figure = row[of] ?? Number.NaN;
  return (atLeast === undefined || figure >= atLeast) && (atMost === undefined || figure <= atMost);
}

/** What all methods have in common. */
export const medianOfRounds = `median of ${rounds} rounds after a warm-up, contenders taking turns in one process`;
