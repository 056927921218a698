/**
 * The odds that a payment is undone by an attacker with a share of the work: the exact race, not the white paper's
 * formula (which is negative or above 1; see the design's corrections).
 * @module
 */

/** Most confirmations computed exactly; beyond, the odds are far below anything worth printing. */
const mostConfirmations = 10_000;

/** Gambler's ruin: the chance ever to catch up from `behind` blocks for a share below one half. */
export function catchUpOdds(attackerShare: number, behind: number): number {
  if (attackerShare >= 0.5) return 1;
  return (attackerShare / (1 - attackerShare)) ** behind;
}

/**
 * Chance that a payment with `confirmations` blocks is reversed by an attacker who mines in secret meanwhile:
 * 1 − Σ_{k<z} C(z+k−1, k)(q^z p^k − p^z q^k), with p the attacker's share and q = 1 − p. Summed from the small end as the
 * sum over k ≥ z that it equals, so that tiny odds keep their digits.
 */
export function reversalOdds(attackerShare: number, confirmations: number): number {
  if (attackerShare <= 0) return 0;
  // What is not a number is no assurance.
  if (!(attackerShare < 0.5 && confirmations > 0)) return 1;
  const z = Math.min(Math.floor(confirmations), mostConfirmations);
  const p = attackerShare;
  const q = 1 - p;
  // P(attacker has k blocks when the honest chain has z) = C(z+k−1, k) q^z p^k; from z on it has already won, below it
  // wins with (p/q)^(z−k). Both parts are positive: nothing cancels.
  let logTerm = z * Math.log(q);
  let already = 1;
  let behind = 0;
  const terms: number[] = [];
  for (let k = 0; k < z; k++) {
    const term = Math.exp(logTerm);
    terms.push(term * Math.exp((z - k) * Math.log(p / q)));
    already -= term;
    logTerm += Math.log(((z + k) * p) / (k + 1));
  }
  for (const term of terms.sort((a, b) => a - b)) behind += term;
  // For small odds `already` is a difference of near-equal numbers; the tail itself is summed instead.
  let tail = 0;
  for (let k = z; k < z + 4 * z + 2_000; k++) {
    const term = Math.exp(logTerm);
    tail += term;
    if (term < tail * 1e-18) break;
    logTerm += Math.log(((z + k) * p) / (k + 1));
  }
  return Math.min(1, behind + (already > 1e-3 ? already : tail));
}

/** Least number of confirmations that bring the odds below `bound`; null if more than the limit, or never. */
export function confirmationsFor(bound: number, attackerShare: number): number | null {
  const suffices = (confirmations: number): boolean => reversalOdds(attackerShare, confirmations) < bound;
  let low = 0;
  let high = 0;
  while (!suffices(high)) {
    if (high === mostConfirmations) return null;
    low = high;
    high = Math.min(Math.max(1, 2 * high), mostConfirmations);
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (suffices(middle)) high = middle;
    else low = middle;
  }
  return high;
}
