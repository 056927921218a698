/**
 * A page that runs programs in the app's sandbox under the app's policy. Its preparation also takes glue as it is, so
 * that tests can run hostile scripts where a component's glue runs. Wiring only.
 */
import type { RunRequest } from "#veil/run.ts";
import { installTrustedTypes } from "../../platform/browser/trusted-types.ts";
import { createTabRunner } from "../../platform/browser/veil/tab-runner.ts";
import type { PageReport, PageRequest, VeilPage } from "./contract.ts";

installTrustedTypes(window);
const newRunner = () =>
  createTabRunner({
    createSupervisor: () => new Worker(new URL("../../../workers/veil.worker.ts", import.meta.url), { type: "module" }),
    createPreparation: () => new Worker(new URL("./preparation.worker.ts", import.meta.url), { type: "module" }),
    document,
  });
let runner = newRunner();

const longTasks: number[] = [];
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longTasks.push(duration);
}).observe({ entryTypes: ["longtask"] });

const encoder = new TextEncoder();
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes.subarray(0, 10_000));

function requestOf(asked: PageRequest): RunRequest {
  const { program } = asked;
  return {
    program: typeof program === "string" ? encoder.encode(program) : Uint8Array.from(program),
    capabilities: asked.capabilities ?? ["arguments", "environment", "input", "output", "files", "clock", "random"],
    input: {
      arguments: ["program", ...(asked.arguments ?? [])],
      environment: [],
      input: encoder.encode(asked.input ?? ""),
      files: (asked.files ?? []).map(({ path, text: content }) => ({ path, bytes: encoder.encode(content) })),
      timeMs: 1_700_000_000_000,
      seed: new Uint8Array(32),
    },
    limits: {
      fuel: 10_000_000_000,
      memoryPages: 256,
      outputBytes: 1_048_576,
      fileBytes: 1_048_576,
      wallMs: 20_000,
      ...asked.limits,
    },
  };
}

async function runOnPage(asked: PageRequest): Promise<PageReport> {
  longTasks.length = 0;
  const pieces: { atMs: number; bytes: number }[] = [];
  const startedMs = performance.now();
  let killedMs = Number.NaN;
  const kill = (): void => {
    killedMs = performance.now();
    run.kill();
  };
  const run = runner.start(requestOf(asked), {
    onOutput: ({ length }) => {
      pieces.push({ atMs: performance.now() - startedMs, bytes: length });
      if (asked.kill === "first-output" && pieces.length === 1) kill();
    },
  });
  if (typeof asked.kill === "object") setTimeout(kill, asked.kill.afterMs);
  const result = await run.ended;
  const endedMs = performance.now();
  // Entries of tasks that have just ended are handed over later.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const times = { ms: endedMs - startedMs, msAfterKill: endedMs - killedMs, longestTaskMs: Math.max(0, ...longTasks) };
  if (!result.ok) {
    const { code, message } = result;
    const nothing = { output: "", errorOutput: "", outputBytes: 0, fuelUsed: 0, memoryPeakPages: 0, files: [] };
    return { ...nothing, end: { type: "refused", code, message }, pieces, ...times };
  }
  const { end, output, errorOutput, fuelUsed, memoryPeakPages, files } = result.value;
  return {
    end,
    output: text(output),
    errorOutput: text(errorOutput),
    outputBytes: output.length + errorOutput.length,
    fuelUsed,
    memoryPeakPages,
    files: files.map(({ path, bytes }) => `${path}=${text(bytes)}`),
    pieces,
    ...times,
  };
}

const page: VeilPage = {
  run: runOnPage,
  forget: () => {
    for (const frame of document.querySelectorAll("iframe")) frame.remove();
    runner = newRunner();
  },
};
(window as unknown as { veil: VeilPage }).veil = page;
