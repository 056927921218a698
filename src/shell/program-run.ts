/**
 * One run of a program for the shell: what it is given, how its end is told, which of its files are kept.
 * @module
 */
import { limits as ledgerLimits } from "#protocol/parameters.ts";
import { type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { Capability, RunEnd, RunInput, RunLimits, RunObserver, RunResult, TranspilerName } from "#veil/run.ts";
import { type CommandContext, exitCodes } from "./commands/command.ts";
import { duration, bytes as inBytes } from "./format.ts";
import { sanitise } from "./terminal/sanitise.ts";

/** What a run may take if nobody says otherwise. */
export const usualLimits: RunLimits = {
  // Some ten seconds of a desktop's processor.
  fuel: 20_000_000_000,
  memoryPages: 1_024,
  outputBytes: 16 * 1_048_576,
  fileBytes: 64 * 1_048_576,
  wallMs: 120_000,
};

/** A program that is ready to be run. */
export interface ProgramOrder {
  readonly name: string;
  readonly program: Uint8Array;
  readonly capabilities: readonly Capability[];
  readonly input: RunInput;
  readonly limits: RunLimits;
  /** `pinned` unless it is said. */
  readonly transpiler?: TranspilerName;
}

/** What runs for longer than this says how far it is. */
const silentMs = 2_000;

/** "43 %" of the fuel a run may use. */
export function fuelShare(fuelUsed: number, { fuel }: RunLimits): string {
  const percent = Math.min(100, Math.floor((100 * fuelUsed) / fuel));
  return percent === 0 ? "less than 1 %" : `${percent} %`;
}

/** Shows how far a run is. */
function progressShown({ environment, status }: CommandContext, { name, limits }: ProgramOrder) {
  const startedMs = environment.nowMs();
  return (fuelUsed: number): void => {
    const ranMs = environment.nowMs() - startedMs;
    if (ranMs < silentMs) return;
    // What matters first: a phone shows some forty characters of it.
    status(
      `${duration(ranMs)}, ${fuelShare(fuelUsed, limits)} of its fuel: ${sanitise(name)}. Stop or Ctrl-C ends it.`,
    );
  };
}

/** What the gate, the meter and engines say of bytes that are no program for here. */
const noProgramCodes: readonly Rejected["code"][] = [
  "truncated",
  "too-large",
  "too-many",
  "malformed-module",
  "invalid-module",
  "unsupported-feature",
  "reserved-name",
];

/** A refusal of the gate in a person's words: it counts memory in pages, and tells of bytes without a name. */
function forPeople(refusal: Rejected, program: string): Rejected {
  const { code, message, context } = refusal;
  const { minimum, cap } = context ?? {};
  if (code === "out-of-memory" && typeof minimum === "number" && typeof cap === "number") {
    const [needed, given] = [minimum, cap].map((pages) => inBytes(pages * ledgerLimits.memoryPageBytes));
    const words = `The program needs ${needed} of memory to start; it may have ${given}. Nothing of it ran. --mem, or a larger lease, gives it more.`;
    return rejected(code, words);
  }
  if (!noProgramCodes.includes(code)) return refusal;
  const kept = message.includes("Nothing of it ran") ? "" : " Nothing of it ran.";
  const hint = "It may be cut short, or made for something else: `man run` tells what can run here.";
  return rejected(code, `${sanitise(program)} cannot run here. ${message}${kept} ${hint}`);
}

/**
 * Runs a program until it ends or the line is stopped. What it writes is given out as it comes, unless `isQuiet`; how far
 * it is is shown, and told to `onProgress`.
 */
export async function runProgram(
  context: CommandContext,
  order: ProgramOrder,
  isQuiet: boolean,
  onProgress?: (fuelUsed: number) => void,
): Promise<Result<RunResult>> {
  const show = progressShown(context, order);
  const hear: RunObserver["onOutput"] = (bytes, stream) => {
    if (stream === "output") context.write(bytes);
    else context.writeError(bytes);
  };
  // What nobody hears is not even sent to this thread.
  const run = context.environment.runner.start(order, {
    ...(isQuiet ? {} : { onOutput: hear }),
    onProgress: (fuelUsed) => {
      onProgress?.(fuelUsed);
      show(fuelUsed);
    },
  });
  void context.interrupted.then(() => run.kill());
  const result = await run.ended;
  context.status(null);
  return result.ok ? result : forPeople(result, order.name);
}

/** The exit code of a run's end, as shells have it. */
export function exitCodeOf(end: RunEnd): number {
  switch (end.type) {
    case "exit":
      return end.code;
    case "killed":
      return exitCodes.stopped;
    case "trap":
      return exitCodes.aborted;
    case "node-fault":
      return exitCodes.cannotRun;
    default:
      return exitCodes.killed;
  }
}

/** What a person must know about an end that is no exit: what happened and what to do. */
export function endInWords(name: string, end: RunEnd, limits: RunLimits): string | null {
  const program = sanitise(name);
  switch (end.type) {
    case "exit":
      return null;
    case "trap":
      return `${program} did something that is not allowed and was stopped: ${sanitise(end.message)}. The mistake is in the program.`;
    case "out-of-fuel":
      return `${program} used up its fuel, ${limits.fuel.toLocaleString("en")} units, and was stopped. --fuel gives it more.`;
    case "out-of-stack":
      return `${program} called itself too deeply and was stopped. It may go equally deep everywhere: the mistake is in the program, or in what it was given.`;
    case "too-much-output":
      return `${program} wrote more than ${inBytes(limits.outputBytes)} and was stopped: that is the most a run may write. Give it less to do at once.`;
    case "killed":
      return `${program} was stopped.`;
    case "out-of-time":
      return `${program} ran for more than ${Math.round(limits.wallMs / 1_000)} s and was stopped; this says nothing about the program. --fuel limits it exactly.`;
    case "node-fault":
      return `This device could not run ${program} to its end: ${sanitise(end.message)}. This says nothing about the program; try again, with fewer tabs open if that does not help.`;
  }
}
