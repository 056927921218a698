/**
 * Runs programs in a tab: the window's part, which holds the frame, hands it to the supervisor's thread and hears only
 * that thread. If even that one does not answer any more, everything is thrown away and the next run starts anew.
 * @module
 */
import { accepted, type Result } from "#protocol/result.ts";
import {
  nothingRan,
  type ProgramRunner,
  type Run,
  type RunObserver,
  type RunRequest,
  type RunResult,
} from "#veil/run.ts";
import { unreachable } from "#veil/unreachable.ts";
import { deadlineGraceMs, lastResortMs } from "./limits.ts";
import type { RunCommand, RunWord, SupervisorWord, WindowWord } from "./messages.ts";
import { refuseLimits } from "./run-bounds.ts";
import { addSandboxFrame, type SandboxPlace } from "./sandbox-frame.ts";

/** What the runner needs of the tab. */
export interface TabRunnerOptions extends SandboxPlace {
  /** Starts the supervisor's worker. */
  createSupervisor(): Worker;
  /** Starts the worker that prepares programs. */
  createPreparation(): Worker;
}

/** Copies of all bytes of a request in buffers of their own, to be handed over. */
function copyOf(request: RunRequest): { request: RunRequest; buffers: ArrayBuffer[] } {
  const buffers: ArrayBuffer[] = [];
  const copy = (bytes: Uint8Array): Uint8Array => {
    const copied = bytes.slice();
    buffers.push(copied.buffer);
    return copied;
  };
  const { capabilities, limits, input, transpiler = "pinned" } = request;
  const files = input.files.map(({ path, bytes }) => ({ path, bytes: copy(bytes) }));
  const copied = { ...input, input: copy(input.input), seed: copy(input.seed), files };
  const program = copy(request.program);
  return { request: { program, capabilities, limits, input: copied, transpiler }, buffers };
}

function startedAnew(reason: string): Result<RunResult> {
  const message = `the part of the app that runs programs had to be started anew, because ${reason}`;
  return accepted(nothingRan({ type: "node-fault", message }));
}

/** The supervisor, its frame and what runs through them. */
class Supervision {
  private readonly options: TabRunnerOptions;
  private readonly worker: Worker;
  private frame: HTMLIFrameElement | null = null;
  private preparation: Worker | null = null;
  private readonly open = new Set<(result: Result<RunResult>) => void>();
  isOver = false;

  constructor(options: TabRunnerOptions) {
    this.options = options;
    this.worker = options.createSupervisor();
    this.worker.onmessage = ({ data }: MessageEvent<SupervisorWord>) => {
      if (data.type === "frame-needed") this.renewFrame();
      else this.renewPreparation();
    };
    this.worker.onerror = ({ message }) =>
      this.giveUp(message ? startedAnew(message) : unreachable("The part of the app that runs programs"));
    // Unasked and at once: the first program waits for the slowest of three threads and not for one after the other.
    this.renewFrame();
    this.renewPreparation();
  }

  start(asked: RunRequest, observer: RunObserver | undefined): Run {
    const { port1: port, port2 } = new MessageChannel();
    let end: (result: Result<RunResult>) => void = () => undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ended = new Promise<Result<RunResult>>((resolve) => {
      end = (result) => {
        this.open.delete(end);
        clearTimeout(timer);
        port.close();
        resolve(result);
      };
    });
    this.open.add(end);
    port.onmessage = ({ data }: MessageEvent<RunWord>) => {
      if (data.type === "ended") end(data.result);
      else if (data.type === "output") {
        for (const { bytes, stream } of data.pieces) observer?.onOutput?.(bytes, stream);
      } else if (data.type === "progress") observer?.onProgress?.(data.fuelUsed);
      else {
        const patience = Math.min(asked.limits.wallMs + deadlineGraceMs + lastResortMs, 2_147_483_647);
        timer = setTimeout(() => this.giveUp(startedAnew("it did not answer")), patience);
      }
    };
    const { request, buffers } = copyOf(asked);
    const heard = { output: observer?.onOutput !== undefined, progress: observer?.onProgress !== undefined };
    this.tell({ type: "start", request, heard }, [port2, ...buffers]);
    return { ended, kill: () => port.postMessage({ type: "kill" } satisfies RunCommand) };
  }

  private tell(word: WindowWord, transfer: Transferable[]): void {
    this.worker.postMessage(word, transfer);
  }

  private renewFrame(): void {
    this.frame?.remove();
    const { document } = this.options;
    const frame = addSandboxFrame(this.options);
    const { port1, port2 } = new MessageChannel();
    frame.addEventListener(
      "load",
      () => {
        // An opaque origin has no name that could stand here; the port is worth nothing to any other page.
        if (frame === this.frame) frame.contentWindow?.postMessage(null, "*", [port2]);
      },
      { once: true },
    );
    this.frame = frame;
    document.body.append(frame);
    this.tell({ type: "frame" }, [port1]);
    // A browser tells nobody what page came: an error page is loaded like any other.
    void fetch(frame.src).then(
      ({ ok }) => this.onPage(frame, ok),
      () => this.onPage(frame, false),
    );
  }

  private onPage(frame: HTMLIFrameElement, isThere: boolean): void {
    if (!isThere && frame === this.frame) this.tell({ type: "frame-missing" }, []);
  }

  private renewPreparation(): void {
    this.preparation?.terminate();
    const worker = this.options.createPreparation();
    this.preparation = worker;
    worker.onerror = ({ message }) => {
      if (worker === this.preparation) this.tell({ type: "preparation-failed", message }, []);
    };
    const { port1, port2 } = new MessageChannel();
    worker.postMessage(null, [port2]);
    this.tell({ type: "preparation" }, [port1]);
  }

  private giveUp(result: Result<RunResult>): void {
    this.isOver = true;
    this.worker.terminate();
    this.preparation?.terminate();
    this.frame?.remove();
    for (const end of [...this.open]) end(result);
  }
}

/** Makes the tab's runner. Nothing is loaded before the first run. */
export function createTabRunner(options: TabRunnerOptions): ProgramRunner {
  let supervision: Supervision | null = null;
  return {
    start: (request, observer) => {
      const refusal = refuseLimits(request.limits);
      if (refusal !== null) return { ended: Promise.resolve(refusal), kill: () => undefined };
      if (supervision === null || supervision.isOver) supervision = new Supervision(options);
      return supervision.start(request, observer);
    },
  };
}
