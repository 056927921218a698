/**
 * Runs a prepared component, from the instantiation of its modules to its end, within one call. The modules share one
 * meter; what crosses between them and the WASI host goes through jco's glue, and every way into the glue is
 * guarded here: it is paid for, it is not entered twice, and what it throws about a guest's values is a trap.
 * @module
 */
import { limits } from "#protocol/parameters.ts";
import { accepted, type Rejected, type Result } from "#protocol/result.ts";
import { hostCosts } from "#protocol/veil/host-costs.ts";
import { checkGrants } from "#veil/component/check.ts";
import { FileSystem } from "#veil/file-system.ts";
import { OutputBuffer } from "#veil/output-buffer.ts";
import type { PreparedProgram } from "#veil/prepared-program.ts";
import type { RunResult } from "#veil/run.ts";
import { SeededRandom } from "#veil/seeded-random.ts";
import { type WasiHost, wasiHost } from "#veil/wasi/host.ts";
import type { WasiSystem } from "#veil/wasi/system.ts";
import { compileModule, meterFor, type PreparedRun, type RunSurroundings } from "./core-run.ts";
import { guestTrap, RunEnded, type RunMeter } from "./run-meter.ts";

/** A component that may be run. */
export type PreparedComponent = Extract<PreparedProgram, { readonly type: "component" }>;

/** What glue leaves behind. */
export type Instantiate = (
  getCoreModule: (name: string) => WebAssembly.Module,
  imports: WasiHost,
  instantiateCore: (module: WebAssembly.Module, imports: WebAssembly.Imports) => Pick<WebAssembly.Instance, "exports">,
) => Readonly<Record<string, { run(): void }>>;

/** What the surroundings of a component's run do besides: they know how text becomes code where they are. */
export interface ComponentSurroundings extends RunSurroundings {
  /** Evaluates glue and gives its `instantiate`. */
  loadGlue(glue: string): unknown;
}

type AnyFunction = (...values: unknown[]) => unknown;

/** What engines say when they, not the guest, have come to an end. */
const nodeFaultWords = /call stack|recursion|allocation/i;

/** What was thrown by glue that a guest has called, or by the guest behind it. */
function endOfGlue(error: unknown): unknown {
  if (error instanceof RunEnded || error instanceof WebAssembly.RuntimeError) return error;
  const message = error instanceof Error ? error.message : "";
  if (nodeFaultWords.test(message)) return new RunEnded({ type: "node-fault", message });
  if (error instanceof RangeError) return guestTrap("the program gave an address outside its memory");
  return guestTrap("the program gave a value or a handle that is not of its type");
}

/** The modules of one run, instantiated as the glue asks for them. */
class Instances {
  private readonly meter: RunMeter;
  private readonly program: PreparedComponent;
  private readonly compiled = new Map<string, WebAssembly.Module>();
  private readonly startFuel = new Map<WebAssembly.Module, number>();
  /** Functions that are WebAssembly themselves: calls from module to module need no guard. */
  private readonly inner = new WeakSet<AnyFunction>();
  private readonly memories = new Set<WebAssembly.Memory>();
  private entered = false;

  constructor(program: PreparedComponent, meter: RunMeter) {
    this.program = program;
    this.meter = meter;
  }

  /** Compiles all of them, or says which the engine refuses. */
  compile(): Rejected | undefined {
    for (const [name, { bytes, startFuel }] of this.program.modules) {
      const module = compileModule(bytes);
      if (!(module instanceof WebAssembly.Module)) return module;
      this.compiled.set(name, module);
      this.startFuel.set(module, startFuel);
    }
    return undefined;
  }

  /** Pages of all memories together. */
  get pages(): number {
    let bytes = 0;
    for (const { buffer } of this.memories) bytes += buffer.byteLength;
    return bytes / limits.memoryPageBytes;
  }

  module(name: string): WebAssembly.Module {
    const module = this.compiled.get(name);
    if (module === undefined) throw new Error(`the glue asks for a module ${name} that is not there`);
    return module;
  }

  instantiate(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Instance {
    // Before the pages and segments are there, because they are what it pays for.
    this.meter.charge(this.startFuel.get(module) ?? 0);
    const instance = new WebAssembly.Instance(module, { ...this.guarded(imports), veil: this.meter.imports });
    for (const item of Object.values(instance.exports)) {
      if (item instanceof WebAssembly.Memory) this.memories.add(item);
      if (typeof item === "function") this.inner.add(item as AnyFunction);
    }
    (instance.exports["veil:start"] as (() => void) | undefined)?.();
    return instance;
  }

  private guarded(imports: WebAssembly.Imports | undefined): WebAssembly.Imports {
    const guarded: Record<string, WebAssembly.ModuleImports> = {};
    for (const [from, items] of Object.entries(imports ?? {})) {
      const entries = Object.entries(items).map(([name, item]): [string, WebAssembly.ImportValue] => {
        const isGlue = typeof item === "function" && !this.inner.has(item as AnyFunction);
        return [name, isGlue ? this.guard(item as AnyFunction) : item];
      });
      guarded[from] = Object.fromEntries(entries);
    }
    return guarded;
  }

  /** Glue as a guest may call it. */
  private guard(glue: AnyFunction): AnyFunction {
    return (...values) => {
      // While the glue runs, only allocation functions of the guest do; the canonical ABI lets those call nothing.
      if (this.entered) throw guestTrap("the program called the system while the system called it");
      this.entered = true;
      try {
        this.meter.charge(hostCosts.glueCall);
        return glue(...values);
      } catch (error) {
        throw endOfGlue(error);
      } finally {
        this.entered = false;
      }
    };
  }
}

function systemOf(
  { input }: PreparedRun,
  files: FileSystem,
  output: OutputBuffer,
  meter: RunMeter,
  { onOutput }: RunSurroundings,
): WasiSystem {
  return {
    input,
    files,
    random: new SeededRandom(input.seed),
    charge: (units) => meter.charge(units),
    write: (stream, bytes) => {
      const kept = output.append(stream, bytes);
      if (kept > 0) onOutput?.(bytes.slice(0, kept), stream);
      if (kept < bytes.length) throw new RunEnded({ type: "too-much-output" });
    },
    exit: (code) => {
      throw new RunEnded({ type: "exit", code: code & 0xff });
    },
    trap: (message) => {
      throw guestTrap(message);
    },
  };
}

/** Calls the program's entry, which fails by what the glue throws with a payload. */
function callEntry(exports: ReturnType<Instantiate>): never {
  const [entry] = Object.values(exports);
  try {
    entry?.run();
  } catch (error) {
    if (error instanceof Error && Object.hasOwn(error, "payload")) throw new RunEnded({ type: "exit", code: 1 });
    throw error;
  }
  throw new RunEnded({ type: "exit", code: 0 });
}

/** Runs a component. A refusal means that nothing of it ran. */
export function runComponent(
  program: PreparedComponent,
  run: PreparedRun,
  surroundings: ComponentSurroundings,
): Result<RunResult> {
  const granted = checkGrants(program.needs, run.capabilities);
  if (!granted.ok) return granted;
  const files = FileSystem.withFiles(run.input.files, run.limits.fileBytes);
  if (!files.ok) return files;
  const meter = meterFor(run, surroundings);
  const instances = new Instances(program, meter);
  const refused = instances.compile();
  if (refused !== undefined) return refused;
  const output = new OutputBuffer(run.limits.outputBytes);
  const host = wasiHost(systemOf(run, files.value, output, meter, surroundings));
  const instantiate = surroundings.loadGlue(program.glue) as Instantiate;
  const end = meter.guarded(() => {
    try {
      callEntry(
        instantiate(
          (name) => instances.module(name),
          host,
          (module, imports) => instances.instantiate(module, imports),
        ),
      );
    } catch (error) {
      throw endOfGlue(error);
    }
  }) ?? { type: "node-fault", message: "the run has no end" };
  return accepted({
    end,
    ...output.written,
    files: run.capabilities.includes("files") ? files.value.files() : [],
    fuelUsed: end.type === "out-of-fuel" ? run.limits.fuel : meter.fuelUsed,
    memoryPeakPages: instances.pages,
  });
}
