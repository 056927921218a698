/**
 * What is done with a program of unknown origin before it may go to a sandbox: it is checked and metered. Runs in the
 * app's origin, in a worker of its own.
 * @module
 */
import { type Result, rejected } from "#protocol/result.ts";
import { isComponent } from "#veil/component/check.ts";
import { prepareCore } from "#veil/prepare-core.ts";
import type { PreparedModule, PreparedProgram } from "#veil/prepared-program.ts";
import type { PreparationAnswer, PreparationOrder, PreparationTerms, ThreadScope } from "./messages.ts";

/** Makes a program's prepared form. Nothing of it runs here. */
export type Prepare = (program: Uint8Array, terms: PreparationTerms) => Promise<Result<PreparedProgram>>;

/** Prepares a core module for the world `aether:os`, or a component of WASI; jco is loaded with the first component, its newest version with the first that asks for it. */
export const prepareProgram: Prepare = async (program, { memoryPages, capabilities, transpiler }) => {
  if (isComponent(program)) {
    const { prepareComponent } = await import("../../veil/transpile.ts");
    return prepareComponent(program, memoryPages, transpiler);
  }
  const prepared = prepareCore(program, capabilities, memoryPages);
  if (!prepared.ok) return prepared;
  // The checker is ours and strict; the engine that will run it is asked as well.
  if (!WebAssembly.validate(prepared.value.module.bytes as Uint8Array<ArrayBuffer>)) {
    return rejected(
      "invalid-module",
      "This browser does not take the program for valid WebAssembly; nothing of it ran.",
    );
  }
  return prepared;
};

function modulesOf(program: PreparedProgram): readonly PreparedModule[] {
  return program.type === "core" ? [program.module] : [...program.modules.values()];
}

/** Answers the supervisor's orders, which come over the port that the window brings. */
export function servePreparation(scope: ThreadScope, prepare: Prepare): void {
  const answer = async (port: MessagePort, { id, program, terms }: PreparationOrder): Promise<void> => {
    const prepared = await prepare(program, terms);
    const words: PreparationAnswer = { id, ...prepared };
    const buffers = prepared.ok ? modulesOf(prepared.value).map(({ bytes }) => bytes.buffer as ArrayBuffer) : [];
    port.postMessage(words, [...new Set(buffers)]);
  };
  scope.addEventListener("message", ({ ports: [port] }) => {
    if (port === undefined) return;
    // What is thrown is a bug of ours; the window hears of it, and this worker is started anew.
    port.onmessage = ({ data }: MessageEvent<PreparationOrder>) => {
      answer(port, data).catch(reportError);
    };
  });
}
