/**
 * What a growing state costs: the same block on 10, 100 and 1 000 thousand entries, and the memory each entry takes.
 * @module
 */
import { applyBlock } from "#protocol/ledger/apply.ts";
import { type PaymentBlock, paymentBlock, verifiedContext } from "./payments.ts";
import type { BenchPlatform } from "./platform.ts";
import { compared, type MeasuredRow, medianOfRounds, medianRates } from "./row.ts";

const baseEntries = 10_000;
const factors = [1, 10, 100] as const;

/** Logarithms of the number of entries, the base to the larger state: the slowdown that a tree may have. */
function logarithmic(factor: number): number {
  return Math.log(baseEntries) / Math.log(baseEntries * factor);
}

/** Rows of growth. */
export async function measureGrowth({ memoryBytes }: BenchPlatform): Promise<MeasuredRow[]> {
  const blocks: PaymentBlock[] = [];
  const bytesPerEntry: number[] = [];
  for (const factor of factors) {
    const before = memoryBytes?.() ?? 0;
    blocks.push(await paymentBlock(baseEntries * factor));
    bytesPerEntry.push(((memoryBytes?.() ?? 0) - before) / (baseEntries * factor));
  }
  const contender = (i: number): (() => number) => {
    const { state, block, prepared } = blocks[i] as PaymentBlock;
    const context = verifiedContext(prepared);
    return () => {
      const applied = applyBlock(state, block, context, prepared);
      if (!applied.ok) throw new Error(applied.message);
      return prepared.length;
    };
  };
  const rates = await medianRates({ base: contender(0), ten: contender(1), hundred: contender(2) });
  const [base = Number.NaN] = bytesPerEntry;
  const rows = (
    [
      [10, rates.ten],
      [100, rates.hundred],
    ] as const
  ).map(([factor, rate]) =>
    compared(
      {
        name: `growth: block apply on ${factor} × ${baseEntries} entries`,
        unit: "tx/s",
        goals: [{ of: "ratio", atLeast: logarithmic(factor) }],
        method: `payments verified before, state root included; the goal is a slowdown no worse than the logarithms of the entries; ${medianOfRounds}`,
      },
      rate,
      { name: `on ${baseEntries}`, value: rates.base },
    ),
  );
  if (memoryBytes === null) return rows;
  return [
    ...rows,
    ...bytesPerEntry.slice(1).map((value, i) =>
      compared(
        {
          name: `growth: memory an entry takes among ${factors[i + 1]} × ${baseEntries}`,
          unit: "bytes",
          goals: [{ of: "ratio", atMost: 1.1 }],
          method: "heap and array buffers after a full collection; key, value of 100 bytes, nodes and hashes",
        },
        value,
        { name: `among ${baseEntries}, with the block itself`, value: base },
      ),
    ),
  ];
}
