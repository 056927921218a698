/**
 * What it is to run a program: everything that goes in, every way it can end, what comes out. Types and what follows from
 * them, shared by whoever asks for a run (shell, ledger receipts) and whoever carries it out (sandbox of a tab, thread of Node).
 * @module
 */
import type { Result } from "#protocol/result.ts";

/** What a program may be given. What is not granted is refused before anything of it runs, with its name. */
export const capabilities = ["arguments", "environment", "input", "output", "files", "clock", "random"] as const;

/** One of {@link capabilities}. */
export type Capability = (typeof capabilities)[number];

/** A file of the run's private file system. */
export interface RunFile {
  /** Relative, `/` between names, no empty name, `.` or `..`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Everything a run depends on besides the program. Equal inputs and limits give equal results on every node. */
export interface RunInput {
  /** First the program's name, as C has it. */
  readonly arguments: readonly string[];
  readonly environment: readonly (readonly [name: string, value: string])[];
  readonly input: Uint8Array;
  /** What is there when it starts. */
  readonly files: readonly RunFile[];
  /** What its clock says all the time: Unix time in milliseconds. */
  readonly timeMs: number;
  /** 32 bytes from which all its random bytes are drawn. */
  readonly seed: Uint8Array;
}

/** How much a run may take. */
export interface RunLimits {
  /** Units of the cost table; at most 2^53 - 1. */
  readonly fuel: number;
  /** Pages of 64 KiB its linear memory may ever have. */
  readonly memoryPages: number;
  /** Of output and error output together. */
  readonly outputBytes: number;
  /** Of all files of its private file system together. */
  readonly fileBytes: number;
  /** Of the wall clock, which only stops what fuel has not; a run stopped by it says nothing about the program. */
  readonly wallMs: number;
}

/** Versions of the tool that takes components apart. Programs give the same by each, for the same fuel. */
export const transpilerNames = ["pinned", "newest"] as const;

/** One of {@link transpilerNames}. */
export type TranspilerName = (typeof transpilerNames)[number];

/** A run that somebody asks for. */
export interface RunRequest {
  /** A core module for the world `aether:os`, or a component. */
  readonly program: Uint8Array;
  readonly capabilities: readonly Capability[];
  readonly input: RunInput;
  readonly limits: RunLimits;
  /** By which a component is taken apart; `pinned` unless it is said. */
  readonly transpiler?: TranspilerName;
}

/** How a run ended; `nodeExits` of `protocol/ledger/process-receipt.ts` lists what says nothing about the program. */
export type RunEnd =
  | { readonly type: "exit"; readonly code: number }
  /** The engine's word for it, without control characters. */
  | { readonly type: "trap"; readonly message: string }
  | { readonly type: "out-of-fuel" }
  | { readonly type: "out-of-stack" }
  /** It wrote more than `outputBytes`. */
  | { readonly type: "too-much-output" }
  | { readonly type: "killed" }
  | { readonly type: "out-of-time" }
  | { readonly type: "node-fault"; readonly message: string };

/** What a run gave. */
export interface RunResult {
  readonly end: RunEnd;
  readonly output: Uint8Array;
  readonly errorOutput: Uint8Array;
  /** The private file system at the end, by path; empty if the program was not granted files. */
  readonly files: readonly RunFile[];
  /** Units; after a trap it is no part of any verdict. */
  readonly fuelUsed: number;
  readonly memoryPeakPages: number;
}

/** The result of a run of which nothing was executed. */
export function nothingRan(end: RunEnd): RunResult {
  const none = new Uint8Array(0);
  return { end, output: none, errorOutput: none, files: [], fuelUsed: 0, memoryPeakPages: 0 };
}

/** What a caller hears while a program runs. */
export interface RunObserver {
  /** Bytes as they are written, in order; together they are the result's output. */
  onOutput?(bytes: Uint8Array, stream: "output" | "error"): void;
  /** About how much fuel it has used, now and then while it works. */
  onProgress?(fuelUsed: number): void;
}

/** A run under way. */
export interface Run {
  /** A refusal (malformed, invalid, not granted …) means that nothing of the program has run. Never rejects. */
  readonly ended: Promise<Result<RunResult>>;
  /** Ends it as `killed`, with what it has written so far. Does nothing once it has ended. */
  kill(): void;
}

/** Runs programs so that they reach nothing but what the request holds. */
export interface ProgramRunner {
  start(request: RunRequest, observer?: RunObserver): Run;
}
