/**
 * What the parts of the sandbox say to each other. Window, supervisor and preparation are of the app's origin and trust
 * each other; the frame runs only our own script. A sandbox worker may have been taken over: what it says is typed
 * `unknown` at the other end and checked there (`sandbox-words.ts`).
 * @module
 */
import type { Rejected, Result } from "#protocol/result.ts";
import type { PreparedProgram } from "#veil/prepared-program.ts";
import type { Capability, RunEnd, RunRequest, RunResult, TranspilerName } from "#veil/run.ts";
import type { OutputPiece } from "./sandbox/output-batches.ts";

/** What a sandbox is told of a run; the program goes beside it in prepared form. */
export type RunOrder = Omit<RunRequest, "program" | "transpiler">;

/** What of a run's news somebody wants to hear. */
export interface Heard {
  readonly output: boolean;
  readonly progress: boolean;
}

/** From the window to the supervisor. */
export type WindowWord =
  /** Comes with the port to a new frame. */
  | { readonly type: "frame" }
  /** The page of the newest frame could not be had: nobody will answer at its port. */
  | { readonly type: "frame-missing" }
  /** Comes with the port to a new preparation worker. */
  | { readonly type: "preparation" }
  /** The last one announced did not work. */
  | { readonly type: "preparation-failed"; readonly message: string }
  /** Comes with the port of this run. */
  | { readonly type: "start"; readonly request: RunRequest; readonly heard: Heard };

/** From the supervisor to the window. */
export type SupervisorWord =
  /** There is none, or the one that was there has gone. */
  | { readonly type: "frame-needed" }
  /** The one that is there is to be ended, and another one started. */
  | { readonly type: "preparation-needed" };

/** From the window, over the port of a run. */
export type RunCommand = { readonly type: "kill" };

/** To the window, over the port of a run. */
export type RunWord =
  /** The guest has been handed to a sandbox: from now on its wall clock counts. */
  | { readonly type: "running" }
  | { readonly type: "output"; readonly pieces: readonly OutputPiece[] }
  | { readonly type: "progress"; readonly fuelUsed: number }
  | { readonly type: "ended"; readonly result: Result<RunResult> };

/** From the supervisor to the frame. */
export type FrameCommand =
  /** Comes with the port that the new worker is to have. */
  | { readonly type: "start"; readonly id: number }
  | { readonly type: "end"; readonly id: number }
  | { readonly type: "ping" };

/** From the frame to the supervisor. */
export type FrameWord =
  | { readonly type: "pong" }
  /** A worker that could not start, or whose script threw. */
  | { readonly type: "died"; readonly id: number; readonly message: string };

/** From the supervisor to a sandbox worker: the only thing it is ever told. */
export interface SandboxOrder {
  readonly program: PreparedProgram;
  readonly order: RunOrder;
}

/** From a sandbox worker, if nobody has taken it over. */
export type SandboxWord =
  | { readonly type: "ready" }
  /** A batch as `sandbox/output-batches.ts` has it. */
  | { readonly type: "output"; readonly batch: ArrayBuffer }
  | { readonly type: "progress"; readonly fuelUsed: number }
  /** Nothing of the guest ran: what only shows when it is bound to the host's functions. */
  | { readonly type: "refused"; readonly code: string; readonly message: string }
  | SandboxEnd;

/** The last word of a sandbox worker. */
export interface SandboxEnd {
  readonly type: "end";
  readonly end: RunEnd;
  readonly fuelUsed: number;
  readonly memoryPeakPages: number;
  readonly files: readonly { readonly path: string; readonly bytes: ArrayBuffer }[];
}

/** What a program may have, as far as it decides about its prepared form. */
export interface PreparationTerms {
  readonly memoryPages: number;
  readonly capabilities: readonly Capability[];
  readonly transpiler: TranspilerName;
}

/** From the supervisor to the preparation worker, over the port that the window gives to both. */
export interface PreparationOrder {
  readonly id: number;
  readonly program: Uint8Array;
  readonly terms: PreparationTerms;
}

/** Its answer. */
export type PreparationAnswer = { readonly id: number } & (
  | { readonly ok: true; readonly value: PreparedProgram }
  | Rejected
);

/** What a worker's script needs of its global scope. */
export interface ThreadScope {
  postMessage(message: unknown, options?: { transfer?: Transferable[] }): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}
