/**
 * `run`, `programs` and the programs that come with the app: runs so that they reach nothing but what they are given.
 * @module
 */
import { toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { limits as ledgerLimits } from "#protocol/parameters.ts";
import { rejected } from "#protocol/result.ts";
import { type RunResult, transpilerNames } from "#veil/run.ts";
import { bytes as inBytes, jsonPieces, table } from "../format.ts";
import { holdFuel } from "../fuel-holding.ts";
import { capabilityLists } from "../grants.ts";
import { type ParsedOptions, positionalsOnly } from "../language/options.ts";
import { endInWords, exitCodeOf, type ProgramOrder, runProgram, usualLimits } from "../program-run.ts";
import { recordedRun } from "../recorded-run.ts";
import { keepFiles, orderOf } from "../run-order.ts";
import { type Command, type CommandContext, exitCodes } from "./command.ts";
import { homePaths } from "./files.ts";
import { selfAttested } from "./memory-words.ts";
import { ownLeases } from "./process-records.ts";
import { rerunCommand } from "./rerun.ts";

/** Bytes of text in a line of JSON that is printed in one go, and is shown whole. */
const mostJsonAtOnceBytes = 262_144;

/** What was refused before anything of it ran does not feed what follows in a pipeline. */
function refused(context: CommandContext, refusal: Parameters<CommandContext["refuse"]>[0]): number {
  context.refuse(refusal);
  return exitCodes.cannotRun;
}

/** Prints a line of JSON with what was written in it; a long one piece by piece, as nobody's page must wait for it. */
async function printJson(context: CommandContext, facts: object, texts: Readonly<Record<string, Uint8Array>>) {
  const textBytes = Object.values(texts).reduce((sum, { length }) => sum + length, 0);
  if (textBytes <= mostJsonAtOnceBytes) return context.print([...jsonPieces(facts, texts)].join(""));
  for (const piece of jsonPieces(facts, texts)) {
    context.write(utf8ToBytes(piece));
    await context.environment.breathe();
  }
  context.write(utf8ToBytes("\n"));
}

/** Tells how a run ended and keeps what is to be kept; gives the exit code. */
async function conclude(
  context: CommandContext,
  order: ProgramOrder,
  result: RunResult,
  { flags, lists }: ParsedOptions,
  record: { readonly process: Uint8Array; readonly receipt: Uint8Array } | null,
): Promise<number> {
  const { end, output, errorOutput, fuelUsed, memoryPeakPages } = result;
  const words = endInWords(order.name, end, order.limits);
  const kept = await keepFiles(context, order.input.files, result, lists.get("write") ?? []);
  if (flags.has("json")) {
    const memoryPeakBytes = memoryPeakPages * ledgerLimits.memoryPageBytes;
    await printJson(context, { end, fuelUsed, memoryPeakBytes, ...(record ?? {}) }, { output, errorOutput });
  } else if (words !== null) context.print(words, "bad");
  return kept.ok ? exitCodeOf(end) : context.refuse(kept);
}

async function runAlone(context: CommandContext, options: ParsedOptions): Promise<number> {
  if (options.flags.has("public"))
    return refused(
      context,
      rejected("invalid-argument", "--public goes with --process NAME: only a recorded run can be repeated by others."),
    );
  const order = await orderOf(context, options, null);
  if (!order.ok) return refused(context, order);
  const held = await holdFuel(context, order.value, false);
  if (!held.ok) return refused(context, held);
  const { order: limited, settle } = held.value;
  const ran = await runProgram(context, limited, options.flags.has("json"));
  await settle(ran);
  return ran.ok ? conclude(context, limited, ran.value, options, null) : refused(context, ran);
}

/** Runs within a lease; start and end go on the ledger. */
async function runRecorded(context: CommandContext, options: ParsedOptions, lease: string): Promise<number> {
  const ran = await recordedRun(context, options, lease);
  if (!ran.ok) return ran.code === "cancelled" ? 130 : refused(context, ran);
  const { order, result, process, receipt } = ran.value;
  const isJson = options.flags.has("json");
  const code = await conclude(context, order, result, options, receipt === null ? null : { process, receipt });
  if (receipt !== null && !isJson) {
    context.notice(`Its receipt is in ${toHex(receipt)}, ${selfAttested}.`, "dim");
    if (options.flags.has("public")) context.notice(`Anybody repeats it: rerun ${toHex(process)}`, "dim");
  }
  return code;
}

/** Programs that come with the app, whose names are commands. */
export const appPrograms = {
  base64: "bytes as text and back",
  cksum: "checksums and lengths, as POSIX has them",
  grep: "lines in which a pattern is found",
  primes: "prime numbers",
  sha256: "SHA-256 digests",
  sort: "lines in order",
  uniq: "equal lines that follow each other, once",
  wc: "lines, words and bytes",
} as const;

function programCommand([name, summary]: readonly [string, string]): Command {
  return {
    name,
    group: "programs",
    summary,
    usage: `${name} [ARGUMENT…]`,
    options: {},
    examples: [`${name} --help`],
    spec: { positionals: { least: 0, most: Number.POSITIVE_INFINITY }, passesOn: "all" },
    readsInput: true,
    complete: homePaths,
    run: (context, { positionals }) => runCommand.run(context, positionalsOnly([name, ...positionals])),
  };
}

const programs: Command = {
  name: "programs",
  group: "programs",
  summary: "lists the programs that come with the app",
  usage: "programs [--json]",
  options: { "--json": "print one line of JSON" },
  examples: ["programs"],
  spec: { flags: ["json"], positionals: { least: 0, most: 0 } },
  run: async (context, { flags }) => {
    const known = await context.environment.programs.list();
    if (!known.ok) return context.refuse(known);
    if (flags.has("json")) context.json(known.value);
    else {
      const rows = known.value.map(({ name, bytes, language, summary }) => [
        name,
        `${summary} (${language}, ${inBytes(bytes)})`,
      ]);
      for (const line of table(rows)) context.print(line);
    }
    return 0;
  },
};

/** `run` and its options. */
const runCommand: Command = {
  name: "run",
  group: "programs",
  summary: "runs a program in a sandbox",
  usage:
    "run [--fuel COUNT] [--mem SIZE] [--env NAME=VALUE]… [--file FILE]… [--write FILE]… [--grant LIST] [--transpiler NAME] [--process NAME [--public] [--yes] [--dry-run]] [--json] PROGRAM [ARGUMENT…]",
  options: {
    "--fuel COUNT": `how much work it may do, such as 500M; usually ${usualLimits.fuel / 1e9}G, some ten seconds`,
    "--mem SIZE": `how much memory it may have, such as 16MiB; usually ${inBytes(usualLimits.memoryPages * ledgerLimits.memoryPageBytes)}`,
    "--env NAME=VALUE": "gives it a variable; may be repeated",
    "--file FILE": "gives it a copy of a file of yours; may be repeated",
    "--write FILE": "keeps the file of that name that it leaves at its end, among yours; may be repeated",
    "--grant LIST":
      "grants only some of arguments, environment, input, output, files, clock, random, with commas; or none; never more than `grant` has remembered",
    "--transpiler NAME":
      "pinned or newest: by which version of jco a component is taken apart; same results, the newest is slower",
    "--process NAME": "runs it within memory leased by `alloc`, and puts its start and a receipt on the ledger",
    "--public": "with --process: puts its whole input on the ledger too, so that `rerun` repeats it anywhere",
    "--yes": "with --process: do not ask before signing",
    "--dry-run": "with --process: show what would be signed, run nothing",
    "--json": "print one line of JSON instead of what it writes; implies --yes",
  },
  examples: [
    "run primes 1 100",
    "run grep -n todo notes.txt | run sort",
    "run --fuel 500M --mem 1MiB tool.wasm",
    "run --file data.csv --write result.csv convert.wasm",
    "cat big.txt | run sha256",
    "run --process demo --public primes 1 1000",
  ],
  spends: "--process",
  spec: {
    flags: ["json", "public", "yes", "dry-run"],
    values: ["fuel", "mem", "grant", "transpiler", "process"],
    lists: ["env", "file", "write"],
    positionals: { least: 1, most: Number.POSITIVE_INFINITY },
    passesOn: "after-first",
  },
  readsInput: true,
  optionWords: {
    fuel: ["500M", "20G", "200G"],
    mem: ["1MiB", "16MiB", "64MiB", "1GiB"],
    grant: (_, begun) => Promise.resolve(capabilityLists(begun)),
    transpiler: transpilerNames,
    process: ownLeases,
    file: homePaths,
    write: homePaths,
  },
  complete: async (context) => {
    const known = await context.environment.programs.list();
    return [...(known.ok ? known.value.map(({ name }) => name) : []), ...(await homePaths(context)), "-"];
  },
  run: (context, options) => {
    const lease = options.values.get("process");
    return lease === undefined ? runAlone(context, options) : runRecorded(context, options, lease);
  },
};

/** Commands that run programs. */
export const runCommands: readonly Command[] = [
  runCommand,
  rerunCommand,
  programs,
  ...Object.entries(appPrograms).map(programCommand),
];
