/**
 * Amounts as people write them. Exact: no floating point between the key press and the ledger.
 * @module
 */
import { nanoPerAeth } from "#protocol/parameters.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";

const decimals = 9;
const largestNano = (1n << 64n) - 1n;

/** What coins are worth together, in nano-AETH. */
export function sumNano(coins: readonly { readonly amountNano: bigint }[]): bigint {
  return coins.reduce((sum, { amountNano }) => sum + amountNano, 0n);
}

/** "2.5" → 2 500 000 000 nano-AETH. Refuses everything that is not a plain positive decimal with at most 9 places. */
export function parseAmount(text: string): Result<bigint> {
  const refuse = (message: string): Result<bigint> => rejected("invalid-amount", message);
  const match = /^(\d{1,20})(?:\.(\d+))?$/.exec(text);
  if (match === null) {
    if (/^-/.test(text)) return refuse("An amount cannot be negative.");
    if (/,/.test(text))
      return refuse(`"${text}" has a comma; write the decimal point as a dot and no separators, like 2.5.`);
    return refuse(`"${text}" is not an amount; write one like 2.5.`);
  }
  const [, whole = "0", fraction = ""] = match;
  if (fraction.length > decimals) return refuse(`An amount has at most ${decimals} decimal places.`);
  const nano = BigInt(whole) * nanoPerAeth + BigInt(fraction.padEnd(decimals, "0"));
  if (nano === 0n) return refuse("The amount must be more than zero.");
  if (nano > largestNano) return refuse("The amount is larger than any that can exist.");
  return accepted(nano);
}

/** 2 500 000 000 → "2.5": all digits that matter, none that do not. */
export function formatAmount(nano: bigint): string {
  const sign = nano < 0n ? "-" : "";
  const absolute = nano < 0n ? -nano : nano;
  const fraction = (absolute % nanoPerAeth).toString().padStart(decimals, "0").replace(/0+$/, "");
  return `${sign}${absolute / nanoPerAeth}${fraction === "" ? "" : `.${fraction}`}`;
}
