/**
 * Playing what `npm run simulate` was asked for: one run after the other in this process, or many seeds in processes of
 * their own, with a summary.
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { drawScenario, type Size } from "./draw.ts";
import { lineOf, playSeeds } from "./jobs.ts";
import { startRealVotes, startRealWork } from "./real-work.ts";
import { parseScenario, type Scenario, type Villain } from "./scenario.ts";
import { playScenario } from "./story.ts";
import { hasThrown, isFailed, type Outcome, type Summary, summaryOf } from "./summary.ts";
import { tellBriefly, tellReport, tellSummary } from "./telling.ts";
import type { WorldParts } from "./world.ts";

/** Where the scenarios are that come along. */
export const scenarioFolder: string = join("src", "testing", "scenarios");

/** What is to be played. */
export interface Runs {
  readonly paths: readonly string[];
  readonly firstSeed: number;
  readonly count: number;
  /** Null: as the scenarios say. */
  readonly size: Size | null;
  /** More villains than the scenarios have. */
  readonly adversaries: readonly Villain[];
}

/** How runs are told of. */
export interface Telling {
  readonly json: boolean;
  /** A line of JSON for each run: for the process that sums up. */
  readonly lines: boolean;
  readonly log: boolean;
}

/** Reads a scenario file. */
export function readScenario(path: string): Result<Scenario> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return rejected("not-found", `There is no scenario file ${path}. Those that come along are in ${scenarioFolder}.`);
  }
  const scenario = parseScenario(text);
  return scenario.ok ? accepted(scenario.value) : rejected(scenario.code, `${path}: ${scenario.message}`);
}

/** Plays a run; an exception anywhere in a node is an outcome, too, and the seed must not be lost with it. */
async function outcomeOf(scenario: Scenario, seed: number, parts: WorldParts): Promise<Outcome> {
  const threw = (error: unknown): Outcome => ({
    scenario: scenario.name,
    seed,
    threw: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
  let onRejection: (error: unknown) => void = () => undefined;
  const rejection = new Promise<Outcome>((resolve) => {
    onRejection = (error) => resolve(threw(error));
  });
  process.on("unhandledRejection", onRejection);
  try {
    return await Promise.race([playScenario(scenario, seed, parts), rejection]);
  } catch (error) {
    return threw(error);
  } finally {
    process.off("unhandledRejection", onRejection);
  }
}

/** Plays one run after the other in this process, and ends it at the first exception; whether all went well. */
export async function playHere(
  runs: Runs,
  scenarios: readonly Scenario[],
  real: { readonly votes: boolean; readonly proofs: boolean },
  { json, lines, log }: Telling,
): Promise<boolean> {
  const outcomes: Outcome[] = [];
  const tell = (outcome: Outcome, tookMs: number): void => {
    outcomes.push(outcome);
    const told = hasThrown(outcome) ? tellBriefly(outcome, tookMs) : tellReport(outcome, tookMs);
    if (lines) process.stdout.write(lineOf({ outcome, tookMs }));
    else if (!json) process.stdout.write(`${told}\n`);
  };
  const parts: WorldParts = {
    votes: real.votes ? await startRealVotes() : undefined,
    work: real.proofs ? await startRealWork(join("public", "circuits")) : undefined,
    log: log ? (line) => void process.stderr.write(`${line}\n`) : undefined,
  };
  for (const read of scenarios) {
    for (let seed = runs.firstSeed; seed < runs.firstSeed + runs.count; seed++) {
      const drawn = runs.size === null ? read : drawScenario(read, runs.size, seed);
      const scenario = { ...drawn, villains: [...drawn.villains, ...runs.adversaries] };
      const startedMs = performance.now();
      const outcome = await outcomeOf(scenario, seed, parts);
      tell(outcome, performance.now() - startedMs);
      // What threw may go on in the background.
      if (hasThrown(outcome)) return false;
    }
  }
  if (json && !lines)
    process.stdout.write(`${JSON.stringify(outcomes.length === 1 ? outcomes[0] : outcomes, null, 2)}\n`);
  return !outcomes.some(isFailed);
}

/** Plays many seeds in processes of their own, and sums up each scenario; whether all went well. */
export async function playMany(
  { paths, firstSeed, count }: Runs,
  scenarios: readonly Scenario[],
  how: {
    readonly jobs: number;
    /** So many seeds must have conflicting finality: else what they must lead to is not shown. */
    readonly conflicts: number;
    readonly json: boolean;
    readonly options: readonly string[];
  },
): Promise<boolean> {
  const { jobs, conflicts, json, options } = how;
  const tell = (line: string): void => void (json || process.stdout.write(`${line}\n`));
  const summaries: Summary[] = [];
  let good = true;
  for (const [i, { name }] of scenarios.entries()) {
    const given = ["--scenario", paths[i] as string, ...options];
    const outcomes = await playSeeds(firstSeed, count, {
      script: process.argv[1] as string,
      options: given,
      jobs,
      onPlayed: ({ outcome, tookMs }) => tell(tellBriefly(outcome, tookMs)),
    });
    const summary = summaryOf(name, outcomes);
    summaries.push(summary);
    tell(tellSummary(summary));
    for (const seed of summary.failedSeeds)
      tell(`     again: npm run simulate -- ${[...given, "--seed", seed].join(" ")}`);
    const enough = summary.seedsWithConflicts >= conflicts;
    if (!enough) tell(`FAIL fewer than ${conflicts} seeds had conflicts: what these must lead to is not shown`);
    good &&= summary.violations === 0 && enough;
  }
  if (json) process.stdout.write(`${JSON.stringify(summaries.length === 1 ? summaries[0] : summaries, null, 2)}\n`);
  return good;
}
