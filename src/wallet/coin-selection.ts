/**
 * Which coins pay: few inputs, no useless change, deterministic. First a search for an exact match (no change), then
 * largest first.
 * @module
 */
import { limits } from "#protocol/parameters.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { formatAmount } from "./amount.ts";

/** What selection needs of a coin. */
export interface SelectableCoin {
  readonly amountNano: bigint;
}

/** Steps the exact search may take before it gives up. */
const exactSearchSteps = 20_000;

/** Branch and bound over coins in falling order; null if no subset hits the target within the tolerance. */
function exactMatch<Coin extends SelectableCoin>(
  coins: readonly Coin[],
  targetNano: bigint,
  toleranceNano: bigint,
): Coin[] | null {
  const rest: bigint[] = new Array(coins.length + 1).fill(0n);
  for (let i = coins.length - 1; i >= 0; i--) rest[i] = (rest[i + 1] as bigint) + (coins[i] as Coin).amountNano;
  let steps = 0;
  const chosen: Coin[] = [];
  const search = (from: number, sumNano: bigint): boolean => {
    if (sumNano >= targetNano) return sumNano <= targetNano + toleranceNano;
    if (steps++ > exactSearchSteps || chosen.length === limits.inputs) return false;
    if (from === coins.length || sumNano + (rest[from] as bigint) < targetNano) return false;
    const coin = coins[from] as Coin;
    chosen.push(coin);
    if (search(from + 1, sumNano + coin.amountNano)) return true;
    chosen.pop();
    return search(from + 1, sumNano);
  };
  return search(0, 0n) ? chosen : null;
}

/**
 * Chooses coins worth at least `targetNano`. `toleranceNano`: an excess this small is given away as fee rather than made
 * into a change output. Refuses with what there is, or with the advice to consolidate when too many inputs were needed.
 */
export function selectCoins<Coin extends SelectableCoin>(
  coins: readonly Coin[],
  targetNano: bigint,
  toleranceNano: bigint,
): Result<readonly Coin[]> {
  const falling = [...coins].sort((a, b) => (a.amountNano === b.amountNano ? 0 : a.amountNano > b.amountNano ? -1 : 1));
  const totalNano = falling.reduce((sum, coin) => sum + coin.amountNano, 0n);
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
  const exact = exactMatch(falling, targetNano, toleranceNano);
  if (exact !== null) return accepted(exact);
  const chosen: Coin[] = [];
  let sumNano = 0n;
  for (const coin of falling) {
    if (sumNano >= targetNano) break;
    chosen.push(coin);
    sumNano += coin.amountNano;
  }
  if (chosen.length <= limits.inputs) return accepted(chosen);
  const mostNano = chosen.slice(0, limits.inputs).reduce((sum, coin) => sum + coin.amountNano, 0n);
  return rejected(
    "insufficient-funds",
    `Your coins are too small: one payment takes ${limits.inputs} of them, ${formatAmount(mostNano)} AETH. Pay yourself that first, then try again.`,
    { mostNano },
  );
}
