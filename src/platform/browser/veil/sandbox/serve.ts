/**
 * What every sandbox worker does around the guest's run: confines itself, waits for one order over one port, carries it
 * out and says how it ended. A worker runs one guest and is thrown away.
 * @module
 */
import type { Result } from "#protocol/result.ts";
import type { RunResult } from "#veil/run.ts";
import type { ComponentSurroundings } from "../../../veil/component-run.ts";
import type { SandboxOrder, SandboxWord } from "../messages.ts";
import { confine } from "./confine.ts";
import { OutputBatches, progressMs } from "./output-batches.ts";

/** Runs a prepared program. */
export type RunProgram = (
  order: SandboxOrder,
  surroundings: ComponentSurroundings,
) => Result<RunResult> | Promise<Result<RunResult>>;

// What is needed of a worker, taken before it is removed.
const clock = performance;
const clockNow = clock.now;
const load = importScripts;
const { createObjectURL } = URL;
const Text = Blob;
const nowMs = (): number => Reflect.apply(clockNow, clock, []) as number;

/** Runs glue, the text of one expression, and gives its value. A script of its own: nothing here is in its scope. */
function loadGlue(glue: string): unknown {
  load(createObjectURL(new Text([`"use strict";globalThis.veilGlue=(${glue}\n);`], { type: "text/javascript" })));
  return (globalThis as { veilGlue?: unknown }).veilGlue;
}

function wordsOf(result: Result<RunResult>): { word: SandboxWord; transfer: ArrayBuffer[] } {
  if (!result.ok) return { word: { type: "refused", code: result.code, message: result.message }, transfer: [] };
  const { end, fuelUsed, memoryPeakPages } = result.value;
  const files = result.value.files.map(({ path, bytes }) => ({ path, bytes: bytes.slice().buffer }));
  return { word: { type: "end", end, fuelUsed, memoryPeakPages, files }, transfer: files.map(({ bytes }) => bytes) };
}

async function carryOut(run: RunProgram, order: SandboxOrder, port: MessagePort): Promise<void> {
  const tell = (word: SandboxWord, transfer: ArrayBuffer[] = []): void => port.postMessage(word, transfer);
  const batches = new OutputBatches((batch) => tell({ type: "output", batch }, [batch]));
  let refilledMs = nowMs();
  let toldMs = refilledMs;
  const result = await run(order, {
    // The guest's refills ask for the time; that is the occasion to send what has waited.
    nowMs: () => {
      refilledMs = nowMs();
      batches.tick(refilledMs);
      return refilledMs;
    },
    onProgress: (fuelUsed) => {
      if (refilledMs - toldMs < progressMs) return;
      toldMs = refilledMs;
      tell({ type: "progress", fuelUsed });
    },
    onOutput: (bytes, stream) => batches.write(bytes, stream),
    loadGlue,
  });
  batches.flush();
  const { word, transfer } = wordsOf(result);
  tell(word, transfer);
}

/** Makes this worker a sandbox. */
export function serveSandbox(run: RunProgram): void {
  let served = false;
  addEventListener("message", ({ ports: [port] }) => {
    if (served || port === undefined) return;
    served = true;
    port.onmessage = ({ data }: MessageEvent<SandboxOrder>) => {
      port.onmessage = null;
      carryOut(run, data, port).catch((error: unknown) => {
        const end = { type: "node-fault", message: String(error) } as const;
        port.postMessage({ type: "end", end, fuelUsed: 0, memoryPeakPages: 0, files: [] } satisfies SandboxWord);
      });
    };
    port.postMessage({ type: "ready" } satisfies SandboxWord);
  });
  confine(globalThis);
}
