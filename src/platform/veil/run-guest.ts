/**
 * One call from a program's bytes to what it gave, for outside test suites and benchmarks: the same gate, world and
 * accounting as in the sandbox, but in the caller's own thread.
 * @module
 */
import { type Rejected, type Result, rejected } from "#protocol/result.ts";
import { isComponent } from "#veil/component/check.ts";
import { prepareCore } from "#veil/prepare-core.ts";
import type { PreparedProgram } from "#veil/prepared-program.ts";
import type { Capability, RunEnd, RunFile, RunInput, RunResult } from "#veil/run.ts";
import { runComponent } from "./component-run.ts";
import { type PreparedRun, runCore } from "./core-run.ts";
import { loadGlueInNode } from "./node-glue.ts";
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

function runOf({ fuel, memoryPages, capabilities, input = {} }: GuestOptions): PreparedRun {
  return { capabilities, input: inputOf(input), limits: { ...limits, fuel, memoryPages } };
}

function resultOf(result: Result<RunResult>): GuestResult {
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

/** Why nothing runs under these limits; null if they are numbers of units and pages. */
function refuseLimits({ fuel, memoryPages }: GuestOptions): Rejected | null {
  for (const [name, value] of Object.entries({ fuel, memoryPages })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      return rejected("invalid-argument", `${name} must be a whole number from 0 to 2^53 - 1; it is ${value}.`);
    }
  }
  return null;
}

/** Runs a core module of the world `aether:os` to its end. Never throws because of the module. */
export function runCoreGuest(bytes: Uint8Array, options: GuestOptions): GuestResult {
  const { capabilities, memoryPages } = options;
  const refused = refuseLimits(options);
  if (refused !== null) return resultOf(refused);
  const prepared = prepareCore(bytes, capabilities, memoryPages);
  return resultOf(prepared.ok ? runCore(prepared.value.module, runOf(options), {}) : prepared);
}

/** jco is beside the app, or it is not: then nothing of a component can run. */
async function preparedComponent(bytes: Uint8Array, memoryPages: number): Promise<Result<PreparedProgram>> {
  const { prepareComponent } = await import("./transpile.ts");
  return prepareComponent(bytes, memoryPages).catch((error: unknown): Rejected => {
    const message = `jco, which takes components apart, could not be loaded: ${messageOf(error)}. npm install brings it.`;
    return rejected("not-found", message);
  });
}

async function runComponentGuest(bytes: Uint8Array, options: GuestOptions): Promise<GuestResult> {
  const refused = refuseLimits(options);
  if (refused !== null) return resultOf(refused);
  const prepared = await preparedComponent(bytes, options.memoryPages);
  if (!prepared.ok) return resultOf(prepared);
  if (prepared.value.type !== "component") throw new Error("a component was prepared as something else");
  return resultOf(runComponent(prepared.value, runOf(options), { loadGlue: loadGlueInNode }));
}

/**
 * Runs a program to its end and never throws because of it. What a core module of the world `aether:os` gave is there at once;
 * of a WASI component it is promised, because the tools for those are loaded first. `await` does for both.
 */
export function runGuest(bytes: Uint8Array, options: GuestOptions): GuestResult | Promise<GuestResult> {
  return isComponent(bytes) ? runComponentGuest(bytes, options) : runCoreGuest(bytes, options);
}
