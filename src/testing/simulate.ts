/**
 * `npm run simulate -- --scenario FILE --seed N [--seeds COUNT] [--nodes K] [--json] [--log]`: plays scenarios with seeds and
 * tells what came of them. `--nodes A-B` lets the seed choose, `--real-votes` takes BLS instead of its stand-in, `--adversary FILE` brings
 * one more villain. `--economics [--long] [--seed N] [--json]` measures the rules of consensus instead, `--plot [FILE]`
 * draws what the difficulty does, `--sybils [--seed N] [--json]` plays gossip of 40 nodes among 160 Sybils. Ends with 1 if anything happened that must not, with 2 if it was asked wrongly.
 * @module
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { createVoteSignatures } from "../platform/vote-signatures.ts";
import {
  difficultyChart,
  type Figure,
  longVolume,
  measureEconomics,
  shortVolume,
  topics,
} from "./economics/economics.ts";
import { fullSize, playSybils, withstandsSybils } from "./gossip/sybil-experiment.ts";
import type { Adversary } from "./simulation/adversary.ts";
import type { FinalityReport } from "./simulation/recovery.ts";
import { parseScenario, type Scenario, type Villain } from "./simulation/scenario.ts";
import { playScenario, type Report } from "./simulation/story.ts";

const folder = join("src", "testing", "scenarios");

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function readScenario(path: string): Scenario {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return fail(`There is no scenario file ${path}. Those that come along are in ${folder}.`);
  }
  const scenario = parseScenario(text);
  return scenario.ok ? scenario.value : fail(`${path}: ${scenario.message}`);
}

function wholeNumber(text: string | undefined, name: string, fallback: number, least: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  return fail(`--${name} must be a whole number from ${least} on, not "${text}".`);
}

function finalityLine({ voters, finalised, justified, slashed, latencyMs, recoveryMs }: FinalityReport): string {
  const range = (heights: Readonly<Record<string, number>>): string => {
    const all = Object.values(heights);
    return [...new Set([Math.min(...all), Math.max(...all)])].join("-");
  };
  const after = `${latencyMs.p50} ms in the middle, ${latencyMs.p95} ms at 95% (${latencyMs.count} times)`;
  const back = recoveryMs === null ? "" : `, again ${recoveryMs} ms after the last fault`;
  return `     ${voters} voters; final ${range(finalised)}, justified ${range(justified)}, after ${after}${back}; slashed ${slashed}`;
}

function text(report: Report, tookMs: number): string {
  const { scenario, seed, traceHash, heights, faults, transactions, finality, violations } = report;
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  return [
    `${violations.length === 0 ? "ok  " : "FAIL"} ${scenario}  seed ${seed}  trace ${traceHash.slice(0, 16)}`,
    `     ${(report.virtualMs / 1_000).toFixed(0)} s of virtual time in ${(tookMs / 1_000).toFixed(1)} s; heights ${list(heights)}`,
    `     forked blocks ${report.forkedBlocks}, reorganisations ${report.reorganisations}, the deepest ${report.deepestReorganisation}; bans of villains ${report.bansOfVillains}`,
    `     transactions: ${list({ ...transactions })}`,
    `     memory: ${list(report.memory) || "none"}`,
    `     messages: ${list(report.messages)}; faults: ${list(faults) || "none"}`,
    ...(finality === null ? [] : [finalityLine(finality)]),
    ...violations.map(({ atMs, what }) => `     VIOLATION at ${(atMs / 1_000).toFixed(1)} s: ${what}`),
  ].join("\n");
}

/** Measures and tells every figure as it comes; whether all hold. */
function tellEconomics(long: boolean, seed: number, json: boolean): boolean {
  const figures: Figure[] = [];
  for (const topic of topics) {
    for (const figure of measureEconomics(topic, long ? longVolume : shortVolume, seed)) {
      figures.push(figure);
      const { what, measured, wanted, holds } = figure;
      const line = `${holds ? "ok  " : "FAIL"} ${topic}: ${what}: ${measured.toPrecision(6)} (wanted: ${wanted})\n`;
      if (!json) process.stdout.write(line);
    }
  }
  if (json) process.stdout.write(`${JSON.stringify({ seed, long, figures }, null, 2)}\n`);
  else process.stdout.write(`seed ${seed}; ${long ? "long" : "short"} volume\n`);
  return figures.every(({ holds }) => holds);
}

/** Plays gossip among Sybils at full size; whether it withstands them. */
async function tellSybils(seed: number, json: boolean): Promise<boolean> {
  const scenario = { ...fullSize, seed };
  const report = await playSybils(scenario);
  const holds = withstandsSybils(report);
  const { published, deliveredShare, p50Ms, p99Ms, mostMs, sybilShareOfMeshes } = report;
  const percent = (share: number): string => `${(100 * share).toFixed(3)} %`;
  process.stdout.write(
    json
      ? `${JSON.stringify({ scenario, report }, null, 2)}\n`
      : `${holds ? "ok  " : "FAIL"} ${scenario.honest} honest nodes, ${scenario.sybils} Sybils, seed ${seed}: ${published} messages, ${percent(deliveredShare)} delivered, p50 ${p50Ms} ms, p99 ${p99Ms} ms, slowest ${mostMs} ms; Sybils in meshes ${percent(sybilShareOfMeshes)}\n`,
  );
  return holds;
}

/** `--plot` may stand without a file name. */
function argumentsGiven(): string[] {
  return process.argv.slice(2).map((argument, index, all) => {
    const next = all[index + 1];
    return argument === "--plot" && (next === undefined || next.startsWith("--")) ? "--plot=difficulty.svg" : argument;
  });
}

/** The same scenario with another number of nodes: `K`, or `A-B`, of which the seed chooses one. Where all vote, all do. */
function sized(scenario: Scenario, text: string | undefined, seed: number): Scenario {
  const [least, most] = (text ?? String(scenario.nodes)).split("-");
  const from = wholeNumber(least, "nodes", scenario.nodes, 2);
  const to = wholeNumber(most, "nodes", from, from);
  const nodes = from + (seed % (to - from + 1));
  const voters = scenario.voters === scenario.nodes ? nodes : Math.min(scenario.voters, nodes);
  return { ...scenario, nodes, voters, producers: Math.min(scenario.producers, nodes) };
}

async function readAdversary(path: string): Promise<Villain> {
  const module: { voters?: unknown; default?: unknown } = await import(pathToFileURL(path).href);
  const { voters = 0, default: adversary } = module;
  if (typeof voters !== "number" || typeof adversary !== "function")
    return fail(`${path} must export voters, a number, and a default function.`);
  return { kind: "module", voters, adversary: adversary as Adversary };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: argumentsGiven(),
    options: {
      economics: { type: "boolean", default: false },
      long: { type: "boolean", default: false },
      plot: { type: "string" },
      sybils: { type: "boolean", default: false },
      scenario: { type: "string", multiple: true },
      seed: { type: "string" },
      seeds: { type: "string" },
      nodes: { type: "string" },
      adversary: { type: "string" },
      "real-votes": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      log: { type: "boolean", default: false },
    },
  });
  if (values.plot !== undefined) {
    writeFileSync(values.plot, difficultyChart());
    process.stdout.write(`Wrote ${values.plot}.\n`);
    if (!values.economics) return;
  }
  const firstSeed = wholeNumber(values.seed, "seed", 1, 0);
  if (values.economics) process.exit(tellEconomics(values.long, firstSeed, values.json) ? 0 : 1);
  if (values.sybils) process.exit((await tellSybils(firstSeed, values.json)) ? 0 : 1);
  const paths = values.scenario ?? readdirSync(folder).map((name) => join(folder, name));
  const count = wholeNumber(values.seeds, "seeds", 1, 1);
  const adversaries = values.adversary === undefined ? [] : [await readAdversary(values.adversary)];
  const reports: Report[] = [];
  let playing = "";
  // An exception anywhere in a node is a violation too, and the seed must not be lost with it.
  process.on("unhandledRejection", (error) => {
    process.stderr.write(`${playing}: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
  for (const path of paths) {
    const read = readScenario(path);
    for (let seed = firstSeed; seed < firstSeed + count; seed++) {
      const scenario = { ...sized(read, values.nodes, seed), villains: [...read.villains, ...adversaries] };
      playing = `${scenario.name} with seed ${seed} threw`;
      const startedMs = performance.now();
      const report = await playScenario(
        scenario,
        seed,
        values.log ? (line) => process.stderr.write(`${line}\n`) : undefined,
        values["real-votes"] ? createVoteSignatures() : undefined,
      );
      reports.push(report);
      if (!values.json) process.stdout.write(`${text(report, performance.now() - startedMs)}\n`);
    }
  }
  if (values.json) process.stdout.write(`${JSON.stringify(reports.length === 1 ? reports[0] : reports, null, 2)}\n`);
  process.exit(reports.some(({ violations }) => violations.length > 0) ? 1 : 0);
}

try {
  await main();
} catch (error) {
  if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"))
    fail(error.message);
  throw error;
}
