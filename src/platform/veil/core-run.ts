/**
 * Runs a metered core module for the world `aether:os`, from its instantiation to its end. Everything happens within one
 * call: the caller's thread is the guest's until then, and only fuel, the clock asked at every refill, or the thread's own
 * end stop it.
 * @module
 */
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import { FileSystem } from "#veil/file-system.ts";
import type { PreparedModule } from "#veil/prepared-program.ts";
import type { RunEnd, RunObserver, RunRequest, RunResult } from "#veil/run.ts";
import { interfaceOf } from "#veil/world.ts";
import { messageOf, RunEnded, RunMeter } from "./run-meter.ts";
import { WorldHost } from "./world-host.ts";

/** What a run is asked for, once the program is prepared. */
export type PreparedRun = Pick<RunRequest, "capabilities" | "input" | "limits">;

/** What the run's surroundings do for it. */
export interface RunSurroundings extends RunObserver {
  /** Milliseconds of a clock that only goes forward. Without it nothing but fuel limits a run. */
  nowMs?(): number;
}

/** A meter that looks at the clock at every refill and says how far the run is. */
export function meterFor({ limits }: PreparedRun, { nowMs, onProgress }: RunSurroundings): RunMeter {
  const deadlineMs = nowMs === undefined ? 0 : nowMs() + limits.wallMs;
  const meter = new RunMeter({
    fuel: limits.fuel,
    onSlice: () => {
      if (nowMs !== undefined && nowMs() > deadlineMs) throw new RunEnded({ type: "out-of-time" });
      // What a call of the host owes may be more than there is.
      onProgress?.(Math.min(meter.fuelUsed, limits.fuel));
    },
  });
  return meter;
}

function link(module: WebAssembly.Module, run: PreparedRun, host: WorldHost): Result<WebAssembly.Imports> {
  const imports: Record<string, WebAssembly.ModuleImports> = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (from === "veil") continue;
    const found = interfaceOf(from);
    const functions = found === undefined ? {} : host.functions[found];
    if (found === undefined || kind !== "function" || !Object.hasOwn(functions, name)) {
      return rejected("not-found", `The program needs ${JSON.stringify(`${from} ${name}`)}, which is not there.`);
    }
    if (found !== "process" && !run.capabilities.includes(found)) {
      return rejected("not-granted", `The program needs ${found}, which it was not granted.`, { missing: found });
    }
    imports[from] = { ...imports[from], [name]: functions[name] as WebAssembly.ImportValue };
  }
  return accepted(imports);
}

/** Compiles it; what the engine refuses although the gate let it pass is refused here. */
export function compileModule(bytes: Uint8Array): WebAssembly.Module | Rejected {
  try {
    return new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    return rejected("invalid-module", `The engine refuses the program: ${messageOf(error)}`);
  }
}

function callGuest(exports: WebAssembly.Exports): RunEnd {
  (exports["veil:start"] as (() => void) | undefined)?.();
  const code = (exports.run as () => number | undefined)();
  return { type: "exit", code: (code ?? 0) & 0xff };
}

/** Runs a program. A refusal means that nothing of it ran. */
export function runCore(prepared: PreparedModule, run: PreparedRun, surroundings: RunSurroundings): Result<RunResult> {
  const files = FileSystem.withFiles(run.input.files, run.limits.fileBytes);
  if (!files.ok) return files;
  const module = compileModule(prepared.bytes);
  if (!(module instanceof WebAssembly.Module)) return module;
  const meter = meterFor(run, surroundings);
  const host = new WorldHost(run.input, files.value, run.limits.outputBytes, meter, surroundings);
  const imports = link(module, run, host);
  if (!imports.ok) return imports;
  let ownEnd: RunEnd | undefined;
  const otherEnd = meter.guarded(() => {
    // Before the pages and segments are there, because they are what it pays for.
    meter.charge(prepared.startFuel);
    const { exports } = new WebAssembly.Instance(module, { ...imports.value, veil: meter.imports });
    meter.adopt(exports);
    host.memory.attach(exports);
    ownEnd = callGuest(exports);
  });
  const end = otherEnd ?? ownEnd ?? { type: "node-fault", message: "the run has no end" };
  const { fuel } = run.limits;
  return accepted({
    end,
    ...host.output.written,
    files: run.capabilities.includes("files") ? files.value.files() : [],
    fuelUsed: end.type === "out-of-fuel" ? fuel : meter.fuelUsed,
    memoryPeakPages: host.memory.pages,
  });
}
