/**
 * Runs core modules in the caller's thread, for tests of what asks for runs. The sandbox of a tab is tested in a real one.
 */
import { runCore } from "#platform/veil/core-run.ts";
import type { Result } from "#protocol/result.ts";
import { prepareCore } from "#veil/prepare-core.ts";
import type { ProgramRunner, RunResult } from "#veil/run.ts";

/** A run is over before `start` returns, so there is nothing to kill. */
export const inThreadRunner: ProgramRunner = {
  start: (request, observer) => {
    const prepared = prepareCore(request.program, request.capabilities, request.limits.memoryPages);
    const ended: Result<RunResult> = prepared.ok ? runCore(prepared.value.module, request, observer ?? {}) : prepared;
    return { ended: Promise.resolve(ended), kill: () => undefined };
  },
};
