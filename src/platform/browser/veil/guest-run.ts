/**
 * One run in a sandbox, watched from outside: whatever the worker does, and if it does nothing at all, this ends, in time
 * and with what was written so far.
 * @module
 */
import type { Clock } from "#node/ports.ts";
import { joinBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result } from "#protocol/result.ts";
import type { OutputStream } from "#veil/output-buffer.ts";
import type { PreparedModule, PreparedProgram } from "#veil/prepared-program.ts";
import type { RunEnd, RunResult } from "#veil/run.ts";
import { deadlineGraceMs } from "./limits.ts";
import type { RunOrder, SandboxOrder } from "./messages.ts";
import type { OutputPiece } from "./sandbox/output-batches.ts";
import type { Sandbox } from "./sandbox-pool.ts";
import { plainLine, SandboxWords } from "./sandbox-words.ts";

/** Copies, so that they can be handed over whole and the cache keeps its own. */
function copied(module: PreparedModule): PreparedModule {
  return { ...module, bytes: module.bytes.slice() };
}

function copyOf(program: PreparedProgram): { program: PreparedProgram; buffers: ArrayBuffer[] } {
  const bufferOf = ({ bytes }: PreparedModule): ArrayBuffer => bytes.buffer as ArrayBuffer;
  if (program.type === "core") {
    const module = copied(program.module);
    return { program: { type: "core", module }, buffers: [bufferOf(module)] };
  }
  const modules = new Map([...program.modules].map(([name, module]) => [name, copied(module)]));
  return { program: { ...program, modules }, buffers: [...modules.values()].map(bufferOf) };
}

/** What a run is started with. */
export interface GuestRunOptions {
  readonly sandbox: Sandbox;
  readonly program: PreparedProgram;
  /** Its buffers are handed over. */
  readonly order: RunOrder;
  readonly clock: Clock;
  /** Hears the output while the guest runs. */
  readonly onOutput: ((pieces: readonly OutputPiece[]) => void) | null;
  /** Hears how far it is. */
  readonly onProgress: ((fuelUsed: number) => void) | null;
}

/** A run in a sandbox. */
export class GuestRun {
  /** Always comes. */
  readonly ended: Promise<Result<RunResult>>;
  private readonly options: GuestRunOptions;
  private readonly written: Record<OutputStream, Uint8Array[]> = { output: [], error: [] };
  private settle: ((result: Result<RunResult>) => void) | null = null;
  private stopTimer: () => void = () => undefined;

  constructor(options: GuestRunOptions) {
    this.options = options;
    this.ended = new Promise((resolve) => {
      this.settle = resolve;
    });
    const { sandbox, order, clock } = options;
    sandbox.onDeath((message) => this.fault(message));
    this.listen(new SandboxWords(order.limits));
    const { program, buffers } = copyOf(options.program);
    const { input, files } = order.input;
    const given = [input, ...files.map(({ bytes }) => bytes)].map(({ buffer }) => buffer as ArrayBuffer);
    const words: SandboxOrder = { program, order };
    sandbox.worker.port.postMessage(words, [...new Set([...buffers, ...given])]);
    this.stopTimer = clock.schedule(order.limits.wallMs + deadlineGraceMs, () => this.stop({ type: "out-of-time" }));
  }

  /** Ends it as killed, if it still runs. */
  kill(): void {
    this.stop({ type: "killed" });
  }

  private listen(words: SandboxWords): void {
    const { port } = this.options.sandbox.worker;
    const hear = (data: unknown): void => {
      const word = words.read(data);
      if (word.type === "wrong") this.fault(`the sandbox was not trusted any more: ${word.why}`);
      else if (word.type === "end") this.finish(word.result);
      else if (word.type === "refused") this.close(word.refusal);
      else if (word.type === "progress") this.options.onProgress?.(word.fuelUsed);
      else {
        for (const { stream, bytes } of word.pieces) this.written[stream].push(bytes);
        this.options.onOutput?.(word.pieces);
      }
    };
    port.onmessage = ({ data }: MessageEvent<unknown>) => {
      // Closing a port does not take back what has arrived already.
      if (this.settle !== null) hear(data);
    };
    port.onmessageerror = () => this.fault("the sandbox sent what cannot be read");
  }

  private fault(message: string): void {
    this.stop({ type: "node-fault", message: plainLine(message) });
  }

  /** Ends it from outside: how much fuel it has taken is not known then. */
  private stop(end: RunEnd): void {
    this.finish({ end, files: [], fuelUsed: 0, memoryPeakPages: 0 });
  }

  private finish(result: Omit<RunResult, "output" | "errorOutput">): void {
    this.close(
      accepted({ ...result, output: joinBytes(this.written.output), errorOutput: joinBytes(this.written.error) }),
    );
  }

  private close(result: Result<RunResult>): void {
    const { settle } = this;
    this.settle = null;
    this.stopTimer();
    this.options.sandbox.worker.end();
    settle?.(result);
  }
}
