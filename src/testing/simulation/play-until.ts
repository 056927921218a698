/**
 * Plays seed after seed until what a test is about has happened. One seed's story changes with every change of the code, so
 * a test that asks one seed for a rare event would fail for no fault; what must hold is checked in every one that was played.
 */

import type { Report } from "./report.ts";
import type { Scenario } from "./scenario.ts";
import { playScenario } from "./story.ts";

/** Seeds tried at most: what five did not show is not there. */
const mostSeeds = 5;

/** What a test that plays so many may take, on a machine that does other things as well. */
export const severalSeedsMs = mostSeeds * 60_000;

/**
 * Plays a scenario from a seed on. `check` is called with each report; `lacking` names what has not happened in any of them,
 * and what it names after the last is the error.
 */
export async function playUntil(
  scenario: Scenario,
  firstSeed: number,
  check: (report: Report) => void,
  lacking: (reports: readonly Report[]) => readonly string[],
): Promise<void> {
  const reports: Report[] = [];
  for (let seed = firstSeed; seed < firstSeed + mostSeeds; seed++) {
    const report = await playScenario(scenario, seed);
    check(report);
    reports.push(report);
    if (lacking(reports).length === 0) return;
  }
  throw new Error(`${scenario.name}: seeds ${firstSeed} to ${firstSeed + mostSeeds - 1} show no ${lacking(reports)}`);
}

/** Of these kinds of fault, or beginnings of kinds, those that no report counts. */
export function faultsLacking(reports: readonly Report[], kinds: readonly string[]): readonly string[] {
  return kinds.filter(
    (kind) =>
      !reports.some(({ faults }) => Object.entries(faults).some(([name, times]) => name.startsWith(kind) && times > 0)),
  );
}
