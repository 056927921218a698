/**
 * Which coins pay: few inputs, no useless change, deterministic. First a search for an exact match (no change), then
 * largest first.
 * @module
 */
import { limits } from "#protocol/parameters.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { formatAmount, sumNano } from "./amount.ts";

/** What selection needs of a coin. */
export interface SelectableCoin {
  readonly amountNano: bigint;
}

/** Steps the exact search may take before it gives up. */
const exactSearchSteps = 20_000;

/**
 * Branch and bound over coins in falling order, first branch: with the coin; null if no subset hits the target within the
 * tolerance. Keeps its own stack, so that its depth does not grow with the number of coins a producer gathers.
 */
function exactMatch<Coin extends SelectableCoin>(
  coins: readonly Coin[],
  targetNano: bigint,
  toleranceNano: bigint,
  most: number,
): Coin[] | null {
  const rest: bigint[] = new Array(coins.length + 1).fill(0n);
  for (let i = coins.length - 1; i >= 0; i--) rest[i] = (rest[i + 1] as bigint) + (coins[i] as Coin).amountNano;
  const amount = (i: number): bigint => (coins[i] as Coin).amountNano;
  const chosen: number[] = [];
  let sumNano = 0n;
  let next = 0;
  for (let step = 0; step < exactSearchSteps; step++) {
    if (sumNano >= targetNano && sumNano <= targetNano + toleranceNano) return chosen.map((i) => coins[i] as Coin);
    const hopeless = sumNano > targetNano || chosen.length === most || sumNano + (rest[next] as bigint) < targetNano;
    if (!hopeless && next < coins.length) {
      chosen.push(next);
      sumNano += amount(next);
      next += 1;
      continue;
    }
    const last = chosen.pop();
    if (last === undefined) return null;
    sumNano -= amount(last);
    next = last + 1;
    // A coin of the same worth would only repeat the branch just left.
    while (next < coins.length && amount(next) === amount(last)) next++;
  }
  return null;
}

/**
 * Chooses at most `most` coins worth at least `targetNano`. `toleranceNano`: an excess this small is given away as fee rather than made
 * into a change output. Refuses with what there is, or with the advice to consolidate when too many inputs were needed.
 */
export function selectCoins<Coin extends SelectableCoin>(
  coins: readonly Coin[],
  targetNano: bigint,
  toleranceNano: bigint,
  most: number = limits.inputs,
): Result<readonly Coin[]> {
  const falling = [...coins].sort((a, b) => (a.amountNano === b.amountNano ? 0 : a.amountNano > b.amountNano ? -1 : 1));
  const totalNano = sumNano(falling);
  if (totalNano < targetNano) {
    return rejected(
      "insufficient-funds",
      `You have ${formatAmount(totalNano)} AETH to spend; this needs ${formatAmount(targetNano)}.`,
      {
        availableNano: totalNano,
        neededNano: targetNano,
      },
    );
  }
  const exact = exactMatch(falling, targetNano, toleranceNano, most);
  if (exact !== null) return accepted(exact);
  const largest = falling.slice(0, most);
  const mostNano = sumNano(largest);
  if (mostNano < targetNano) {
    return rejected(
      "insufficient-funds",
      `Your coins are too small: one payment takes ${most} of them, which hold ${formatAmount(mostNano)} AETH, and this needs ${formatAmount(targetNano)}. Pay part of it to yourself first, which makes one coin of many, then try again.`,
      { mostNano, neededNano: targetNano },
    );
  }
  const chosen: Coin[] = [];
  let chosenNano = 0n;
  for (const coin of falling) {
    if (chosenNano >= targetNano) break;
    chosen.push(coin);
    chosenNano += coin.amountNano;
  }
  return accepted(chosen);
}
