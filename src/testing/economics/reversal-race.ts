/**
 * Two checks of the reversal odds that share nothing with their code: the formula in whole numbers, and the race itself.
 * @module
 */
import { Random } from "../random.ts";

/** 1 − Σ_{k<z} C(z+k−1,k)(q^z p^k − p^z q^k) for p = percent/100, exact until the last division. */
export function exactReversalOdds(percent: number, confirmations: number): number {
  const [p, q, z] = [BigInt(percent), BigInt(100 - percent), BigInt(confirmations)];
  const whole = 100n ** (2n * z);
  let sum = 0n;
  let choose = 1n;
  for (let k = 0n; k < z; k++) {
    // Every term over 100^(2z).
    sum += choose * (q ** z * p ** k - p ** z * q ** k) * 100n ** (z - k);
    choose = (choose * (z + k)) / (k + 1n);
  }
  const digits = 10n ** 18n;
  return Number(((whole - sum) * digits) / whole) / 1e18;
}

/** Behind by so much an attacker is taken to have lost; at 45 % one in five hundred million comes back from there. */
const hopelessBlocks = 100;

/** Share of races, block by block, in which an attacker who mines in secret draws level after the confirmations. */
export function racedReversalOdds(share: number, confirmations: number, races: number, seed: number): number {
  const random = new Random(seed);
  let reversed = 0;
  for (let race = 0; race < races; race++) {
    let honest = 0;
    let secret = 0;
    while (honest < confirmations) {
      if (random.fraction() < share) secret++;
      else honest++;
    }
    while (honest > secret && honest - secret < hopelessBlocks) {
      if (random.fraction() < share) secret++;
      else honest++;
    }
    if (secret >= honest) reversed++;
  }
  return reversed / races;
}
