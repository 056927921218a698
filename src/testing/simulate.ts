/**
 * `npm run simulate -- --scenario FILE --seed N [--seeds COUNT] [--jobs N] [--nodes K] [--duration SECONDS] [--json] [--log]`: plays scenarios with
 * seeds and tells what came of them. `--nodes A-B` lets the seed draw the world, `--real-votes` and `--real-proofs` take BLS and
 * Groth16 instead of their stand-ins, `--adversary FILE` brings one more villain, `--expect-conflicts N` asks for seeds with conflicts.
 * `--every-write` lets a voter die at each write of its life, `--reorganisation BLOCKS` undoes that many unfinalised blocks. `--economics [--long] [--seed N] [--json]` measures the rules of consensus instead, `--plot [FILE]`
 * draws what the difficulty does, `--sybils [--seed N] [--json]` plays gossip of 40 nodes among 160 Sybils, `--churn` files among nodes that come and go, `--shreds` a long block's body. Ends with 1 if anything happened that must not, with 2 if it was asked wrongly.
 * @module
 */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import {
  difficultyChart,
  type Figure,
  longVolume,
  measureEconomics,
  shortVolume,
  topics,
} from "./economics/economics.ts";
import { churnIn, tellChurn } from "./files/tell-churn.ts";
import { fullSize, playSybils, withstandsSybils } from "./gossip/sybil-experiment.ts";
import { tellSpread } from "./shred-spread.ts";
import type { Adversary } from "./simulation/adversary.ts";
import { playDeepReorganisation } from "./simulation/deep-reorganisation.ts";
import type { Size } from "./simulation/draw.ts";
import { playEveryWrite, writeFates } from "./simulation/every-write.ts";
import { playHere, playMany, type Runs, readScenario, scenarioFolder } from "./simulation/runs.ts";
import type { Scenario, Villain } from "./simulation/scenario.ts";

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function wholeNumber(text: string | undefined, name: string, fallback: number, least: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  return fail(`--${name} must be a whole number from ${least} on, not "${text}".`);
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

function readAll(paths: readonly string[]): readonly Scenario[] {
  return paths.map((path) => {
    const read = readScenario(path);
    return read.ok ? read.value : fail(read.message);
  });
}

/** Options of runs that a process of their own is to be told, too. */
function sharedOptions(values: {
  readonly nodes?: string | undefined;
  readonly duration?: string | undefined;
  readonly adversary?: string | undefined;
  readonly "real-votes": boolean;
  readonly "real-proofs": boolean;
}): readonly string[] {
  const { nodes, duration, adversary } = values;
  return [
    ...(nodes === undefined ? [] : ["--nodes", nodes]),
    ...(duration === undefined ? [] : ["--duration", duration]),
    ...(adversary === undefined ? [] : ["--adversary", adversary]),
    ...(values["real-votes"] ? ["--real-votes"] : []),
    ...(values["real-proofs"] ? ["--real-proofs"] : []),
  ];
}

/** Lets a voter die at each write of a short life; whether it always came back as it should. */
async function tellEveryWrite(seed: number, json: boolean): Promise<boolean> {
  let good = true;
  for (const options of [
    { lifeMs: 20_000, stride: 1, fates: writeFates, produces: false },
    { lifeMs: 12_000, stride: 1, fates: writeFates, produces: true },
  ]) {
    const { writes, journalWrites, deaths, traceHash, violations } = await playEveryWrite(seed, options);
    good &&= violations.length === 0 && deaths === writes * writeFates.length;
    if (json) {
      process.stdout.write(
        `${JSON.stringify({ seed, options, writes, journalWrites, deaths, traceHash, violations })}\n`,
      );
      continue;
    }
    const who = options.produces ? "a voter that produces" : "a voter";
    const line = `${who}: ${writes} writes in ${options.lifeMs / 1_000} s, ${journalWrites} of them votes; ${deaths} deaths (${writeFates.join(", ")}), seed ${seed}, trace ${traceHash.slice(0, 16)}`;
    process.stdout.write(`${violations.length === 0 ? "ok  " : "FAIL"} ${line}\n`);
    for (const { write, fate, what } of violations)
      process.stdout.write(`     VIOLATION after write ${write} was ${fate}: ${what}\n`);
  }
  return good;
}

/** Lets two nodes undo so many unfinalised blocks; whether the state is that of a replay. */
async function tellReorganisation(seed: number, blocks: number, json: boolean): Promise<boolean> {
  const played = await playDeepReorganisation(seed, blocks);
  const { reorganised, finalisedHeight, payments, stateRoot, violations } = played;
  const good = violations.length === 0;
  process.stdout.write(
    json
      ? `${JSON.stringify({ seed, ...played })}\n`
      : `${good ? "ok  " : "FAIL"} ${reorganised} unfinalised blocks undone (final height ${finalisedHeight}), ${payments} payments on the branch that won, state ${stateRoot.slice(0, 16)} as of a replay from scratch, seed ${seed}\n`,
  );
  for (const violation of violations) process.stderr.write(`     VIOLATION ${violation}\n`);
  return good;
}

/** How many nodes: `K`, or `A-B`, between which the seed draws. */
function sizeOf(text: string): Size {
  const [from, to] = text.split("-");
  const least = wholeNumber(from, "nodes", 0, 2);
  return { least, most: wholeNumber(to, "nodes", least, least), drawn: to !== undefined };
}

async function readAdversary(path: string): Promise<Villain> {
  const module: { voters?: unknown; default?: unknown } = await import(pathToFileURL(path).href);
  const { voters = 0, default: adversary } = module;
  if (typeof voters !== "number" || typeof adversary !== "function")
    return fail(`${path} must export voters, a number, and a default function.`);
  return { kind: "module", voters, adversary: adversary as Adversary };
}

const usage = `Usage: npm run simulate -- [--scenario FILE]… [--seed N] [--seeds COUNT] [--nodes K|A-B] [--json]

Plays scenarios (all in src/testing/scenarios unless --scenario names some) with seeds, and tells what came of them.

  --jobs N              processes at once
  --duration, --real-votes, --real-proofs, --adversary FILE, --expect-conflicts N, --lines, --log
  --every-write         a voter dies at each write of its life
  --reorganisation N    undoes so many unfinalised blocks
  --economics [--long]  measures the rules of consensus;  --plot [FILE] draws the difficulty
  --sybils              gossip of 40 nodes among 160 Sybils
  --shreds              how a long block's body spreads, and who uploads how much of it: [--nodes K]
  --churn               files among nodes that come and go: [--nodes K] [--hours N] [--files N] [--code 10+2]
                        [--gone PERCENT an hour] [--no-repair]

Ends with 1 if anything happened that must not, with 2 if it was asked wrongly.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: argumentsGiven(),
    options: {
      help: { type: "boolean", default: false },
      economics: { type: "boolean", default: false },
      long: { type: "boolean", default: false },
      plot: { type: "string" },
      sybils: { type: "boolean", default: false },
      churn: { type: "boolean", default: false },
      shreds: { type: "boolean", default: false },
      hours: { type: "string" },
      files: { type: "string" },
      code: { type: "string" },
      gone: { type: "string" },
      "no-repair": { type: "boolean", default: false },
      scenario: { type: "string", multiple: true },
      seed: { type: "string" },
      seeds: { type: "string" },
      nodes: { type: "string" },
      duration: { type: "string" },
      adversary: { type: "string" },
      jobs: { type: "string" },
      "real-votes": { type: "boolean", default: false },
      "real-proofs": { type: "boolean", default: false },
      "expect-conflicts": { type: "string" },
      "every-write": { type: "boolean", default: false },
      reorganisation: { type: "string" },
      lines: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      log: { type: "boolean", default: false },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  if (values.plot !== undefined) {
    writeFileSync(values.plot, difficultyChart());
    process.stdout.write(`Wrote ${values.plot}.\n`);
    if (!values.economics) return;
  }
  const firstSeed = wholeNumber(values.seed, "seed", 1, 0);
  if (values.economics) process.exit(tellEconomics(values.long, firstSeed, values.json) ? 0 : 1);
  if (values.sybils) process.exit((await tellSybils(firstSeed, values.json)) ? 0 : 1);
  if (values.shreds)
    process.exit((await tellSpread(wholeNumber(values.nodes, "nodes", 16, 2), firstSeed, values.json)) ? 0 : 1);
  if (values.churn) {
    const churn = churnIn(values, firstSeed);
    if (churn === null) fail("--nodes, --hours and --files are whole numbers, --gone a percentage, --code as in 10+2.");
    process.exit((await tellChurn(churn, values.json)) ? 0 : 1);
  }
  if (values["every-write"]) process.exit((await tellEveryWrite(firstSeed, values.json)) ? 0 : 1);
  if (values.reorganisation !== undefined) {
    const blocks = wholeNumber(values.reorganisation, "reorganisation", 0, 1);
    process.exit((await tellReorganisation(firstSeed, blocks, values.json)) ? 0 : 1);
  }
  const runs: Runs = {
    paths: values.scenario ?? readdirSync(scenarioFolder).map((name) => join(scenarioFolder, name)),
    firstSeed,
    count: wholeNumber(values.seeds, "seeds", 1, 1),
    size: values.nodes === undefined ? null : sizeOf(values.nodes),
    adversaries: values.adversary === undefined ? [] : [await readAdversary(values.adversary)],
  };
  const seconds = values.duration === undefined ? null : wholeNumber(values.duration, "duration", 0, 1);
  const scenarios = readAll(runs.paths).map((one) =>
    seconds === null ? one : { ...one, durationMs: seconds * 1_000 },
  );
  const jobs = wholeNumber(values.jobs, "jobs", 1, 1);
  const conflicts = wholeNumber(values["expect-conflicts"], "expect-conflicts", 0, 0);
  const inOwnProcesses = !values.lines && !values.log && runs.count > 1;
  const real = { votes: values["real-votes"], proofs: values["real-proofs"] };
  const good = inOwnProcesses
    ? await playMany(runs, scenarios, { jobs, conflicts, json: values.json, options: sharedOptions(values) })
    : await playHere(runs, scenarios, real, values);
  process.exit(good ? 0 : 1);
}

try {
  await main();
} catch (error) {
  if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"))
    fail(error.message);
  throw error;
}
