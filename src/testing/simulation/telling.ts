/**
 * Reports and summaries in words, for a terminal.
 * @module
 */
import type { FinalityReport, Report } from "./report.ts";
import { hasThrown, type Outcome, type Summary } from "./summary.ts";

function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}

function finalityLine(finality: FinalityReport): string {
  const { voters, byzantine, finalised, justified, slashed, latencyMs, recovery, conflicts, evidence } = finality;
  const range = (heights: Readonly<Record<string, number>>): string => {
    const all = Object.values(heights);
    return [...new Set([Math.min(...all), Math.max(...all)])].join("-");
  };
  const after = `${latencyMs.p50} ms in the middle, ${latencyMs.p95} ms at 95% (${latencyMs.count} times)`;
  const back =
    recovery === null
      ? ""
      : `, again ${recovery.finalityMs} ms after the last fault, one chain ${recovery.agreedAfterBlocks ?? "?"} blocks after it`;
  const split =
    evidence === null
      ? ""
      : `; ${conflicts} heights final twice, ${(100 * evidence.leastShare).toFixed(0)} % of the stake slashed ${evidence.tookMs} ms after the last fault`;
  return `     ${voters} voters, ${byzantine} of them false; final ${range(finalised)}, justified ${range(justified)}, after ${after}${back}; slashed ${slashed}${split}`;
}

/** What came of one run. */
export function tellReport(report: Report, tookMs: number): string {
  const { scenario, seed, traceHash, heights, faults, transactions, finality, violations } = report;
  return [
    `${violations.length === 0 ? "ok  " : "FAIL"} ${scenario}  seed ${seed}  trace ${traceHash.slice(0, 16)}`,
    `     ${(report.virtualMs / 1_000).toFixed(0)} s of virtual time in ${(tookMs / 1_000).toFixed(1)} s; heights ${list(heights)}`,
    `     forked blocks ${report.forkedBlocks}, reorganisations ${report.reorganisations}, the deepest ${report.deepestReorganisation}; bans of villains ${report.bansOfVillains}`,
    `     transactions: ${list({ ...transactions })}`,
    `     market: ${list(report.market) || "none"}`,
    `     messages: ${list(report.messages)}; faults: ${list(faults) || "none"}`,
    ...(finality === null ? [] : [finalityLine(finality)]),
    ...violations.map(({ atMs, what }) => `     VIOLATION at ${(atMs / 1_000).toFixed(1)} s: ${what}`),
  ].join("\n");
}

/** The same in a line, for runs of many seeds; with what must not have happened. */
export function tellBriefly(outcome: Outcome, tookMs: number): string {
  if (hasThrown(outcome)) return `FAIL ${outcome.scenario}  seed ${outcome.seed} threw: ${outcome.threw}`;
  const { scenario, seed, traceHash, nodes, finality, violations, virtualMs } = outcome;
  const voting =
    finality === null
      ? ""
      : `, ${finality.byzantine} of ${finality.voters} voters false, final ${Math.min(...Object.values(finality.finalised))}, again after ${finality.recovery?.finalityMs ?? "–"} ms${finality.conflicts > 0 ? `, ${finality.conflicts} final twice` : ""}`;
  const seconds = `${(virtualMs / 1_000).toFixed(0)} s in ${(tookMs / 1_000).toFixed(1)} s`;
  return [
    `${violations.length === 0 ? "ok  " : "FAIL"} ${scenario}  seed ${seed}  trace ${traceHash.slice(0, 16)}  ${nodes} nodes${voting}; ${seconds}`,
    ...violations.map(({ atMs, what }) => `     VIOLATION at ${(atMs / 1_000).toFixed(1)} s: ${what}`),
  ].join("\n");
}

/** What many seeds came to. */
export function tellSummary(summary: Summary): string {
  const { scenario, seeds, nodes, voters, byzantine, finalisedHeight, latencyMs, finalityAgainMs } = summary;
  const { agreedAfterBlocks, seedsWithConflicts, evidenceShare, evidenceMs, violations } = summary;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return [
    `${violations === 0 ? "ok  " : "FAIL"} ${scenario}: ${seeds} seeds, trace ${summary.traceHash.slice(0, 16)}, ${violations} violations`,
    `     honest nodes ${nodes.least}-${nodes.most}, voters ${voters.least}-${voters.most}, false ones ${byzantine.least}-${byzantine.most} (median ${byzantine.p50})`,
    `     final at least to ${finalisedHeight.least}, median ${finalisedHeight.p50}, most ${finalisedHeight.most}; medians of time to finality ${latencyMs.p50} ms, worst ${latencyMs.most} ms`,
    `     forked blocks ${summary.forkedBlocks}, reorganisations ${summary.reorganisations}, the deepest ${summary.deepestReorganisation}`,
    `     after the last fault: final again p50 ${finalityAgainMs.p50}, p95 ${finalityAgainMs.p95}, most ${finalityAgainMs.most} ms (${finalityAgainMs.count} seeds); one chain after p50 ${agreedAfterBlocks.p50}, p95 ${agreedAfterBlocks.p95}, most ${agreedAfterBlocks.most} blocks (${agreedAfterBlocks.count})`,
    `     seeds with conflicting finality ${seedsWithConflicts}${evidenceShare.count === 0 ? "" : `; stake slashed at least ${percent(evidenceShare.least)}, within p95 ${evidenceMs.p95}, most ${evidenceMs.most} ms`}`,
    `     faults: ${list(summary.faults) || "none"}`,
    `     messages: ${list(summary.messages)}`,
  ].join("\n");
}
