/**
 * `rerun`: repeats a public run of somebody and compares what came of it with the receipt.
 * @module
 */
import { equalBytes, fromHex, toHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { nodeExits, type ProcessReceipt, processOutputDigest } from "#protocol/ledger/process-receipt.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import { meteringDigest } from "#protocol/veil/costs.ts";
import { decodeProcessInput, type ProcessInput } from "#protocol/veil/process-input.ts";
import type { HomeFile } from "#sdk/home-files.ts";
import { componentLimits } from "#veil/component/limits.ts";
import { capabilities, type RunResult } from "#veil/run.ts";
import { holdFuel } from "../fuel-holding.ts";
import { notDenied } from "../grants.ts";
import { fuelShare, type ProgramOrder, runProgram, usualLimits } from "../program-run.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { type Command, type CommandContext, exitCodes } from "./command.ts";
import { chosenFile, homePaths } from "./files.ts";
import { ownReceipts } from "./receipts.ts";

/** It can be stopped and says how far it is: a slow device may take longer than its owner's did. */
const longestRerunMs = 1_200_000;

/** What a rerun needs to know of the run. */
interface PublicRun {
  readonly programDigest: Uint8Array;
  readonly input: ProcessInput;
  readonly receipt: ProcessReceipt;
}

async function publicRun(context: CommandContext, word: string): Promise<Result<PublicRun>> {
  const id = fromHex(word);
  if (id?.length !== 32)
    return rejected("invalid-argument", "Give the transaction that started or stopped the run: 64 hexadecimal digits.");
  const found = await context.client.process(id);
  if (!found.ok) return found;
  const { process, publicInput, end } = found.value;
  if (end === null) return rejected("not-found", "This process still runs: there is no receipt to compare with yet.");
  if (end.receipt === null)
    return rejected("not-found", "This process was ended without a receipt: there is nothing to compare with.");
  if (publicInput === null)
    return rejected(
      "not-found",
      "The input of this run is private: only who has it can run it again. `run --public` shows it.",
    );
  if (nodeExits.includes(end.receipt.exit.type))
    return rejected("not-found", "This run was cut short by its owner's device, which says nothing about the program.");
  if (!equalBytes(end.receipt.meteringDigest, meteringDigest()))
    return rejected(
      "unknown-version",
      "This run was metered by other rules than this version's; its fuel cannot be compared.",
    );
  const input = decodeProcessInput(publicInput);
  return input.ok
    ? accepted({ programDigest: process.programDigest, input: input.value, receipt: end.receipt })
    : input;
}

/** A larger file is no program, and digesting it would hold up the page. */
function mayBeProgram({ path, sizeBytes }: HomeFile): boolean {
  return path.endsWith(".wasm") && sizeBytes <= componentLimits.bytes;
}

/** The program of a digest: one that comes with the app, one of the files, or the one that was named. */
async function programOf(
  context: CommandContext,
  digest: Uint8Array,
  named: string | undefined,
): Promise<Result<Uint8Array>> {
  const { programs, files } = context.environment;
  if (named !== undefined) {
    const bytes = named === "-" ? await chosenFile(context, ".wasm,application/wasm") : await files.read(named);
    if (!bytes.ok || equalBytes(sha256(bytes.value), digest)) return bytes;
    return rejected(
      "not-found",
      `${named} is another program: the run was of the one with the digest ${toHex(digest)}.`,
    );
  }
  const known = await programs.list();
  const program = known.ok ? known.value.find((one) => one.digest === toHex(digest)) : undefined;
  if (program !== undefined) {
    const loaded = await programs.load(program.name);
    return loaded.ok ? accepted(loaded.value.bytes) : loaded;
  }
  const kept = await files.list();
  for (const { path } of kept.ok ? kept.value.filter(mayBeProgram) : []) {
    const bytes = await files.read(path);
    if (bytes.ok && equalBytes(sha256(bytes.value), digest)) return bytes;
  }
  return rejected(
    "not-found",
    `The program is not here: no program of the app and no .wasm file of yours has the digest ${toHex(digest)}. Ask its owner for it, then --program FILE.`,
  );
}

/** Ends whose fuel says nothing about how much the run needs. */
const openExits: readonly string[] = ["trap", "out-of-fuel"];

/**
 * The fuel that decides. A receipt that tells of an end is wrong as soon as the run needs more than it says: so checking
 * takes no longer than what is claimed, whatever the limit. After a trap the figure is not exact, and what ran out of
 * fuel had all of it.
 */
function fuelToDecide({ exit, fuelUsed, fuelLimit }: ProcessReceipt): number {
  return openExits.includes(exit.type) ? fuelLimit : Math.min(fuelUsed, fuelLimit);
}

/** Whatever differs, as lines of "what, there, here". */
function differences(receipt: ProcessReceipt, result: RunResult): readonly string[] {
  if (result.end.type === "out-of-fuel" && !openExits.includes(receipt.exit.type))
    return [`fuel: the receipt says ${receipt.fuelUsed}, here it takes more`];
  const code = result.end.type === "exit" ? result.end.code : 0;
  // After a trap the engine may not know its fuel to the unit.
  const isExact = receipt.exit.type !== "trap";
  const outputDigest = processOutputDigest(result.output);
  const facts: readonly (readonly [string, string, string])[] = [
    ["end", `${receipt.exit.type} ${receipt.exit.code}`, `${result.end.type} ${code}`],
    ["output", toHex(receipt.outputDigest), toHex(outputDigest)],
    ...(isExact ? ([["fuel", `${receipt.fuelUsed}`, `${result.fuelUsed}`]] as const) : []),
    ["memory pages", `${receipt.memoryPeakPages}`, `${result.memoryPeakPages}`],
  ];
  return facts
    .filter(([, there, here]) => there !== here)
    .map(([name, there, here]) => `${name}: the receipt says ${there}, here it is ${here}`);
}

/** Whether the receipt holds cannot be told: another exit code than that of a receipt that does not hold. */
function unknown(context: CommandContext, refusal: Rejected): number {
  context.refuse(refusal);
  return exitCodes.cannotRun;
}

function report(context: CommandContext, run: PublicRun, result: RunResult, isJson: boolean): number {
  if (nodeExits.includes(result.end.type)) {
    const message = `The run was cut short here (${result.end.type}): nothing can be said. Try again, or on another device.`;
    return unknown(context, rejected("timeout", message));
  }
  const different = differences(run.receipt, result);
  if (isJson) {
    context.json({ same: different.length === 0, differences: different, outputDigest: run.receipt.outputDigest });
  } else if (different.length === 0) {
    const { exit, fuelUsed, outputDigest } = run.receipt;
    context.print("The same here: the receipt holds.", "good");
    context.print(
      `Ended with ${exit.type} ${exit.code}, ${fuelUsed} units of fuel, output ${toHex(outputDigest)}.`,
      "dim",
    );
  } else {
    context.print("NOT the same here: the receipt does not hold.", "bad");
    for (const line of different) context.print(line, "bad");
  }
  return different.length === 0 ? 0 : 1;
}

/** `rerun`. */
export const rerunCommand: Command = {
  name: "rerun",
  group: "programs",
  summary: "repeats a public run and compares it with its receipt",
  usage: "rerun TX [--program FILE] [--json]",
  options: {
    "--program FILE": "the program, if it is neither of the app's nor among your .wasm files; - chooses one",
    "--json": "print one line of JSON",
  },
  examples: ["rerun 5f2c…", "rerun 5f2c… --program tool.wasm"],
  spec: { flags: ["json"], values: ["program"], positionals: { least: 1, most: 1 } },
  optionWords: { program: async (world) => [...(await homePaths(world)), "-"] },
  complete: ownReceipts,
  run: async (context, { positionals, flags, values }) => {
    const run = await publicRun(context, positionals[0] ?? "");
    if (!run.ok) return unknown(context, run);
    const { input, receipt, programDigest } = run.value;
    const program = await programOf(context, programDigest, values.get("program"));
    if (!program.ok) return unknown(context, program);
    const order: ProgramOrder = {
      name: sanitise(input.arguments[0] ?? "program"),
      program: program.value,
      // What a program was not granted it was refused for before it ran: a run that has a receipt needed no less.
      capabilities,
      input,
      limits: { ...usualLimits, fuel: fuelToDecide(receipt), memoryPages: receipt.memoryPages, wallMs: longestRerunMs },
    };
    const allowed = await notDenied(context, order.name, toHex(programDigest));
    const held = allowed.ok ? await holdFuel(context, order, true) : allowed;
    if (!held.ok) return unknown(context, held);
    let fuelUsed = 0;
    const result = await runProgram(context, order, true, (used) => {
      fuelUsed = used;
    });
    await held.value.settle(result);
    if (!result.ok) return unknown(context, result);
    if (result.value.end.type !== "killed") return report(context, run.value, result.value, flags.has("json"));
    const reached = `Stopped after ${fuelShare(fuelUsed, order.limits)} of its fuel: nothing can be said of the receipt.`;
    context.notice(
      `${reached} Nothing was changed, and nothing is kept: the next rerun starts from the beginning.`,
      "dim",
    );
    return exitCodes.stopped;
  },
};
