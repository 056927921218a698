/**
 * One call from a program's bytes to what it gave, for outside test suites and benchmarks: the same gate, world and
 * accounting as in the sandbox, but in the caller's own thread.
 * @module
 */
import { prepareCore } from "#veil/prepare-core.ts";
import type { Capability, RunEnd, RunFile, RunInput } from "#veil/run.ts";
import { runCore } from "./core-run.ts";
import { messageOf } from "./run-meter.ts";

/** Units, pages, rights and what goes in; what is left out of the input is empty or zero. */
export interface GuestOptions {
  readonly fuel: number;
  readonly memoryPages: number;
  readonly capabilities: readonly Capability[];
  readonly input?: Partial<RunInput>;
}

/** What a program gave. */
export interface GuestResult {
  /** The exit code; null if it did not come to that. */
  readonly exit: number | null;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly files: readonly RunFile[];
  readonly fuelUsed: number;
  readonly memoryPeakPages: number;
  /** Why there is no exit code: a refusal, a trap, a limit, in words that begin with its kind. Null if there is one. */
  readonly trap: string | null;
}

/** Of a test's run; a program that needs more is asked for with the runner of the node. */
const limits = { outputBytes: 64 * 1_048_576, fileBytes: 64 * 1_048_576, wallMs: 0 } as const;

function inputOf(given: Partial<RunInput>): RunInput {
  const nothing = new Uint8Array(0);
  return {
    arguments: ["program"],
    environment: [],
    input: nothing,
    files: [],
    timeMs: 0,
    seed: new Uint8Array(32),
    ...given,
  };
}

function words(end: RunEnd): string {
  return "message" in end ? `${end.type}: ${end.message}` : end.type;
}

/** Runs a core module of the world `aether:os` to its end. Never throws because of the module. */
export function runGuest(bytes: Uint8Array, options: GuestOptions): GuestResult {
  const { fuel, memoryPages, capabilities } = options;
  const input = inputOf(options.input ?? {});
  const prepared = prepareCore(bytes, capabilities, memoryPages);
  const run = { capabilities, input, limits: { ...limits, fuel, memoryPages } };
  const result = prepared.ok ? runCore(prepared.value.module, run, {}) : prepared;
  if (!result.ok) {
    const nothing = {
      stdout: new Uint8Array(0),
      stderr: new Uint8Array(0),
      files: [],
      fuelUsed: 0,
      memoryPeakPages: 0,
    };
    return { ...nothing, exit: null, trap: messageOf(`${result.code}: ${result.message}`) };
  }
  const { end, output, errorOutput, ...figures } = result.value;
  const exit = end.type === "exit" ? end.code : null;
  return { ...figures, exit, stdout: output, stderr: errorOutput, trap: exit === null ? words(end) : null };
}
