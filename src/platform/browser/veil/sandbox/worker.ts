/**
 * The script of the workers in which guests run: confines itself, waits for one order over one port, carries it out and
 * says how it ended. A worker runs one guest and is thrown away.
 * @module
 */
import { type Result, rejected } from "#protocol/result.ts";
import type { RunResult } from "#veil/run.ts";
import { type RunSurroundings, runCore } from "../../../veil/core-run.ts";
import type { SandboxOrder, SandboxWord } from "../messages.ts";
import { confine } from "./confine.ts";
import { OutputBatches } from "./output-batches.ts";

// What this script itself needs of a worker, taken before it is removed.
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

function endOf(result: RunResult): { word: SandboxWord; transfer: ArrayBuffer[] } {
  const files = result.files.map(({ path, bytes }) => ({ path, bytes: bytes.slice().buffer }));
  const { end, fuelUsed, memoryPeakPages } = result;
  return { word: { type: "end", end, fuelUsed, memoryPeakPages, files }, transfer: files.map(({ bytes }) => bytes) };
}

function refusalOf(result: Exclude<Result<RunResult>, { ok: true }>): SandboxWord {
  return { type: "refused", code: result.code, message: result.message };
}

async function runProgram({ program, order }: SandboxOrder, surroundings: RunSurroundings): Promise<Result<RunResult>> {
  if (program.type === "core") return runCore(program.module, order, surroundings);
  const instantiate = loadGlue(program.glue) as () => Promise<unknown>;
  await instantiate();
  return rejected("invalid-module", "Components do not run here yet.");
}

async function carryOut(order: SandboxOrder, port: MessagePort): Promise<void> {
  const tell = (word: SandboxWord, transfer: ArrayBuffer[] = []): void => port.postMessage(word, transfer);
  const batches = new OutputBatches((batch) => tell({ type: "output", batch }, [batch]));
  const result = await runProgram(order, {
    // The guest's refills ask for the time; that is the occasion to send what has waited.
    nowMs: () => {
      const now = nowMs();
      batches.tick(now);
      return now;
    },
    onOutput: (bytes, stream) => batches.write(bytes, stream),
  });
  if (!result.ok) return tell(refusalOf(result));
  batches.flush();
  const { word, transfer } = endOf(result.value);
  tell(word, transfer);
}

let served = false;
addEventListener("message", ({ ports: [port] }) => {
  if (served || port === undefined) return;
  served = true;
  port.onmessage = ({ data }: MessageEvent<SandboxOrder>) => {
    port.onmessage = null;
    carryOut(data, port).catch((error: unknown) => {
      const end = { type: "node-fault", message: String(error) } as const;
      port.postMessage({ type: "end", end, fuelUsed: 0, memoryPeakPages: 0, files: [] } satisfies SandboxWord);
    });
  };
  port.postMessage({ type: "ready" } satisfies SandboxWord);
});
confine(globalThis);
