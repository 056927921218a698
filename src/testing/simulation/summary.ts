/**
 * What many seeds come to: one table, one hash over all their traces, and how to play again each seed that failed.
 * @module
 */
import { createTrace } from "../trace.ts";
import { percentile, type Report } from "./report.ts";

/** A run that ended with an exception instead of a report. */
export interface Thrown {
  readonly scenario: string;
  readonly seed: number;
  readonly threw: string;
}

/** What came of a run. */
export type Outcome = Report | Thrown;

/** Whether a run has no report. */
export function hasThrown(outcome: Outcome): outcome is Thrown {
  return "threw" in outcome;
}

/** How something was spread over seeds. */
interface Spread {
  readonly count: number;
  readonly least: number;
  readonly p50: number;
  readonly p95: number;
  readonly most: number;
}

/** What many seeds of one scenario came to. */
export interface Summary {
  readonly scenario: string;
  readonly seeds: number;
  /** Equal for equal seeds of equal scenarios. */
  readonly traceHash: string;
  readonly nodes: Spread;
  readonly voters: Spread;
  readonly byzantine: Spread;
  readonly finalisedHeight: Spread;
  readonly forkedBlocks: number;
  readonly reorganisations: number;
  readonly deepestReorganisation: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly messages: Readonly<Record<string, number>>;
  /** Median time to finality of each seed. */
  readonly latencyMs: Spread;
  /** From the last fault until something new was final everywhere. */
  readonly finalityAgainMs: Spread;
  /** Blocks from the last fault until all heads lay on one chain. */
  readonly agreedAfterBlocks: Spread;
  /** Seeds in which two nodes finalised different blocks. */
  readonly seedsWithConflicts: number;
  /** Of these: the share of stake that was slashed on the chain where least was, and how long that took. */
  readonly evidenceShare: Spread;
  readonly evidenceMs: Spread;
  readonly violations: number;
  readonly failedSeeds: readonly number[];
}

function spread(values: readonly number[]): Spread {
  const ascending = values.toSorted((a, b) => a - b);
  const at = (part: number): number => percentile(ascending, part);
  return { count: values.length, least: at(0), p50: at(0.5), p95: at(0.95), most: at(1) };
}

function totals(counts: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const count of counts)
    for (const [name, times] of Object.entries(count)) sums.set(name, (sums.get(name) ?? 0) + times);
  return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Sums up the runs of one scenario, in the order of their seeds. */
export function summaryOf(scenario: string, outcomes: readonly Outcome[]): Summary {
  const reports = outcomes.filter((outcome): outcome is Report => !hasThrown(outcome));
  const trace = createTrace();
  for (const outcome of outcomes) trace.add(`${outcome.seed} ${hasThrown(outcome) ? "threw" : outcome.traceHash}`);
  const finality = reports.flatMap((report) => report.finality ?? []);
  const sum = (of: (report: Report) => number): number => reports.reduce((total, report) => total + of(report), 0);
  const recoveries = finality.flatMap(({ recovery }) => recovery ?? []);
  const evidence = finality.flatMap((one) => one.evidence ?? []);
  return {
    scenario,
    seeds: outcomes.length,
    traceHash: trace.digest(),
    nodes: spread(reports.map(({ nodes }) => nodes)),
    voters: spread(finality.map(({ voters }) => voters)),
    byzantine: spread(finality.map(({ byzantine }) => byzantine)),
    finalisedHeight: spread(finality.map(({ finalised }) => Math.min(...Object.values(finalised)))),
    forkedBlocks: sum(({ forkedBlocks }) => forkedBlocks),
    reorganisations: sum(({ reorganisations }) => reorganisations),
    deepestReorganisation: Math.max(0, ...reports.map(({ deepestReorganisation }) => deepestReorganisation)),
    faults: totals(reports.map(({ faults }) => faults)),
    messages: totals(reports.map(({ messages }) => messages)),
    latencyMs: spread(finality.map(({ latencyMs }) => latencyMs.p50)),
    finalityAgainMs: spread(recoveries.map(({ finalityMs }) => finalityMs)),
    agreedAfterBlocks: spread(recoveries.flatMap(({ agreedAfterBlocks }) => agreedAfterBlocks ?? [])),
    seedsWithConflicts: finality.filter(({ conflicts }) => conflicts > 0).length,
    evidenceShare: spread(evidence.map(({ leastShare }) => leastShare)),
    evidenceMs: spread(evidence.map(({ tookMs }) => tookMs)),
    violations: sum(({ violations }) => violations.length) + outcomes.filter(hasThrown).length,
    failedSeeds: outcomes.filter(isFailed).map(({ seed }) => seed),
  };
}

/** Whether something happened in a run that must not. */
export function isFailed(outcome: Outcome): boolean {
  return hasThrown(outcome) || outcome.violations.length > 0;
}
