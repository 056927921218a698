/**
 * The supervisor's thread: prepares programs, hands each run a sandbox of its own and watches it. It sits between the
 * sandboxes and the window, so that whatever a guest sends in whatever amount never lands on the thread that paints.
 * @module
 */
import type { Clock } from "#node/ports.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { nothingRan, type RunRequest, type RunResult } from "#veil/run.ts";
import { GuestRun } from "./guest-run.ts";
import { mostRunsAtOnce, mostRunsWaiting } from "./limits.ts";
import type { Heard, RunCommand, RunWord, SupervisorWord, ThreadScope, WindowWord } from "./messages.ts";
import { type PreparationPlatform, PreparedPrograms } from "./prepared-programs.ts";
import type { OutputPiece } from "./sandbox/output-batches.ts";
import { SandboxPool } from "./sandbox-pool.ts";

function buffersOf({ output, errorOutput, files }: RunResult): ArrayBuffer[] {
  const arrays = [output, errorOutput, ...files.map(({ bytes }) => bytes)];
  return [...new Set(arrays.map(({ buffer }) => buffer as ArrayBuffer))];
}

/** One run as the window asked for it. */
class AskedRun {
  private readonly port: MessagePort;
  private readonly heard: Heard;
  private run: GuestRun | null = null;
  isKilled = false;

  constructor(port: MessagePort, heard: Heard) {
    this.port = port;
    this.heard = heard;
    port.onmessage = ({ data }: MessageEvent<RunCommand>) => {
      if (data.type !== "kill") return;
      this.isKilled = true;
      this.run?.kill();
      // Whatever is still being prepared for it comes to nothing.
      if (this.run === null) this.end(accepted(nothingRan({ type: "killed" })));
    };
  }

  /** The guest is about to run. */
  begin(run: GuestRun): void {
    this.run = run;
    this.tell({ type: "running" });
  }

  get onOutput(): ((pieces: readonly OutputPiece[]) => void) | null {
    // Copies: the pieces themselves become the result.
    return this.heard.output ? (pieces) => this.tell({ type: "output", pieces }) : null;
  }

  get onProgress(): ((fuelUsed: number) => void) | null {
    return this.heard.progress ? (fuelUsed) => this.tell({ type: "progress", fuelUsed }) : null;
  }

  end(result: Result<RunResult>): void {
    this.tell({ type: "ended", result }, result.ok ? buffersOf(result.value) : []);
    this.port.close();
  }

  private tell(word: RunWord, transfer: Transferable[] = []): void {
    this.port.postMessage(word, transfer);
  }
}

/** All runs of a tab. */
class Supervisor {
  private readonly platform: PreparationPlatform;
  readonly programs: PreparedPrograms;
  readonly pool: SandboxPool;
  private readonly waiting: (() => void)[] = [];
  private underWay = 0;

  constructor(platform: PreparationPlatform, askForFrame: () => void) {
    this.platform = platform;
    this.programs = new PreparedPrograms(platform);
    this.pool = new SandboxPool(askForFrame, platform.clock);
  }

  /** Takes a request; it starts when its turn comes. */
  start(request: RunRequest, asked: AskedRun): void {
    if (this.waiting.length >= mostRunsWaiting) {
      asked.end(
        rejected("queue-full", `${mostRunsWaiting} programs wait to be run already; wait until one has ended.`),
      );
      return;
    }
    this.waiting.push(() => void this.carryOut(request, asked).finally(() => this.next(-1)));
    this.next(0);
  }

  private next(change: number): void {
    this.underWay += change;
    if (this.underWay >= mostRunsAtOnce) return;
    const turn = this.waiting.shift();
    if (turn !== undefined) {
      this.underWay++;
      turn();
    } else if (this.underWay === 0) void this.pool.refill();
  }

  private async carryOut({ program, transpiler = "pinned", ...order }: RunRequest, asked: AskedRun): Promise<void> {
    if (asked.isKilled) return;
    const { capabilities, limits } = order;
    const [prepared, sandbox] = await Promise.all([
      this.programs.get(program, { memoryPages: limits.memoryPages, capabilities, transpiler }),
      this.pool.take(),
    ]);
    if (!prepared.ok || asked.isKilled) {
      if (sandbox.ok) this.pool.giveBack(sandbox.value);
      if (!prepared.ok && !asked.isKilled) asked.end(prepared);
      return;
    }
    if (!sandbox.ok) {
      const { code, message } = sandbox;
      asked.end(code === "disconnected" ? sandbox : accepted(nothingRan({ type: "node-fault", message })));
      return;
    }
    const { clock } = this.platform;
    const { onOutput, onProgress } = asked;
    const run = new GuestRun({ sandbox: sandbox.value, program: prepared.value, order, clock, onOutput, onProgress });
    asked.begin(run);
    asked.end(await run.ended);
  }
}

/** Serves the window that started this worker. */
export function serveSupervisor(scope: ThreadScope, clock: Clock): void {
  const tell = (word: SupervisorWord): void => scope.postMessage(word);
  const askForWorker = (): void => tell({ type: "preparation-needed" });
  const supervisor = new Supervisor({ askForWorker, clock }, () => tell({ type: "frame-needed" }));
  scope.addEventListener("message", ({ data, ports: [port] }: MessageEvent<WindowWord>) => {
    if (data.type === "frame-missing") supervisor.pool.missing();
    else if (data.type === "preparation-failed") supervisor.programs.fail(data.message);
    else if (port === undefined) return;
    else if (data.type === "frame") supervisor.pool.attach(port);
    else if (data.type === "preparation") supervisor.programs.attach(port);
    else supervisor.start(data.request, new AskedRun(port, data.heard));
  });
}
