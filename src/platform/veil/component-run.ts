/**
 * Runs a prepared component, from the instantiation of its modules to its end, within one call. The modules share one
 * meter; what crosses between them and the WASI host goes through jco's glue, and every way into the glue is
 * guarded here: it is paid for, it is not entered twice, and what it throws about a guest's values is a trap.
 * @module
 */
import { limits } from "#protocol/parameters.ts";
import { accepted, type Rejected, type Result } from "#protocol/result.ts";
import { costTable } from "#protocol/veil/costs.ts";
import { hostCosts } from "#protocol/veil/host-costs.ts";
import { checkGrants } from "#veil/component/check.ts";
import { FileSystem } from "#veil/file-system.ts";
import { OutputBuffer } from "#veil/output-buffer.ts";
import type { PreparedModule, PreparedProgram } from "#veil/prepared-program.ts";
import type { RunResult } from "#veil/run.ts";
import { SeededRandom } from "#veil/seeded-random.ts";
import { type WasiHost, wasiHost } from "#veil/wasi/host.ts";
import { type WasiSystem, wasiLimits } from "#veil/wasi/system.ts";
import { compileModule, meterFor, type PreparedRun, type RunSurroundings } from "./core-run.ts";
import type { GlueHooks } from "./glue.ts";
import { guestTrap, RunEnded, type RunMeter } from "./run-meter.ts";

/** A component that may be run. */
export type PreparedComponent = Extract<PreparedProgram, { readonly type: "component" }>;

/** What glue leaves behind, once it has its hooks. */
type Instantiate = (
  getCoreModule: (name: string) => WebAssembly.Module,
  imports: WasiHost,
  instantiateCore: (module: WebAssembly.Module, imports: WebAssembly.Imports) => Pick<WebAssembly.Instance, "exports">,
) => Readonly<Record<string, { run(): void }>>;

/** What the surroundings of a component's run do besides: they know how text becomes code where they are. */
export interface ComponentSurroundings extends RunSurroundings {
  /** Evaluates glue: a function that takes hooks and gives its `instantiate`. */
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

/** Destructors that drop what has one. */
const mostNestedDestructors = 64;

/** What a call costs by what is called and with what. */
type Price = (values: readonly unknown[]) => number;

const glueCall: Price = () => hostCosts.glueCall;

/**
 * Prices of what an adapter between components takes from the glue: looking into the other component's memory, copying text
 * from one to the other. What else it takes, of handles, costs what other glue does.
 */
const adapterPrices: ReadonlyMap<string, Price> = new Map([
  ["augments", () => hostCosts.otherMemory],
  [
    "transcode",
    // (from, length, to)
    (values: readonly unknown[]) =>
      hostCosts.glueCall + Math.ceil(((values[1] as number) >>> 0) / costTable.bytesPerUnit),
  ],
]);

/** The modules of one run, instantiated as the glue asks for them. */
class Instances {
  private readonly meter: RunMeter;
  private readonly program: PreparedComponent;
  private readonly compiled = new Map<string, WebAssembly.Module>();
  private readonly prepared = new Map<WebAssembly.Module, PreparedModule>();
  /** Functions that are WebAssembly themselves: calls from module to module need no guard. */
  private readonly inner = new WeakSet<AnyFunction>();
  private readonly memories = new Set<WebAssembly.Memory>();
  private entered = false;
  private destroying = 0;

  constructor(program: PreparedComponent, meter: RunMeter) {
    this.program = program;
    this.meter = meter;
  }

  /** Compiles all of them, or says which the engine refuses. */
  compile(): Rejected | undefined {
    for (const [name, prepared] of this.program.modules) {
      const module = compileModule(prepared.bytes);
      if (!(module instanceof WebAssembly.Module)) return module;
      this.compiled.set(name, module);
      this.prepared.set(module, prepared);
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
    const { startFuel = 0, isAdapter = false } = this.prepared.get(module) ?? {};
    // Before the pages and segments are there, because they are what it pays for.
    this.meter.charge(startFuel);
    const guarded = this.guarded(imports, isAdapter ? adapterPrices : new Map());
    const instance = new WebAssembly.Instance(module, { ...guarded, veil: this.meter.imports });
    for (const item of Object.values(instance.exports)) {
      if (item instanceof WebAssembly.Memory) this.memories.add(item);
      if (typeof item === "function") this.inner.add(item as AnyFunction);
    }
    (instance.exports["veil:start"] as (() => void) | undefined)?.();
    return instance;
  }

  /** Lets a destructor run, in whose stead the glue stands still. */
  destroy(destructor: (representation: number) => void, representation: number): void {
    // Each is some frames of the engine's stack that nobody has counted.
    if (this.destroying === mostNestedDestructors)
      throw guestTrap("destructors dropped what has destructors too deeply");
    this.destroying++;
    this.entered = false;
    destructor(representation);
    this.entered = true;
    this.destroying--;
  }

  private guarded(imports: WebAssembly.Imports | undefined, prices: ReadonlyMap<string, Price>): WebAssembly.Imports {
    const guarded: Record<string, WebAssembly.ModuleImports> = {};
    for (const [from, items] of Object.entries(imports ?? {})) {
      const price = prices.get(from) ?? glueCall;
      const entries = Object.entries(items).map(([name, item]): [string, WebAssembly.ImportValue] => {
        const isGlue = typeof item === "function" && !this.inner.has(item as AnyFunction);
        return [name, isGlue ? this.guard(item as AnyFunction, price) : item];
      });
      guarded[from] = Object.fromEntries(entries);
    }
    return guarded;
  }

  /** Glue as a guest may call it. */
  private guard(glue: AnyFunction, price: Price): AnyFunction {
    return (...values) => {
      // While the glue runs, only allocation functions of the guest do; the canonical ABI lets those call nothing.
      if (this.entered) throw guestTrap("the program called the system while the system called it");
      this.entered = true;
      try {
        this.meter.charge(price(values));
        return glue(...values);
      } catch (error) {
        throw endOfGlue(error);
      } finally {
        this.entered = false;
      }
    };
  }
}

/** Pays for what the glue is about to lift. Its length is the guest's word; the glue checks it against the memory. */
function lift(meter: RunMeter, length: number, most: number, what: string, unitsEach: number): number {
  const count = length >>> 0;
  if (count > most) throw guestTrap(`the program gave ${count} ${what} at once; at most ${most} are taken`);
  meter.charge(Math.ceil(count * unitsEach));
  return length;
}

/** What the run does for its glue. */
function hooksOf(meter: RunMeter, instances: Instances): GlueHooks {
  const { liftedBytes, liftedHandles, ownHandles } = wasiLimits;
  return {
    bytes: (length) => lift(meter, length, liftedBytes, "bytes", 1 / costTable.bytesPerUnit),
    text: (length) => lift(meter, length, liftedBytes, "bytes of text", hostCosts.textByte),
    list: (length) => lift(meter, length, liftedHandles, "handles", hostCosts.handle),
    handle: (table, representation) => {
      if (table.length > 2 * ownHandles) throw guestTrap(`a component holds more than ${ownHandles} handles of a kind`);
      // Two bits of the number are the glue's own.
      if (representation >>> 0 >= 2 ** 30) throw guestTrap("a resource is represented by a number of 2^30 or more");
    },
    destroy: (destructor, representation) => instances.destroy(destructor, representation),
  };
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
  const glue = surroundings.loadGlue(program.glue) as (hooks: GlueHooks) => Instantiate;
  const instantiate = glue(hooksOf(meter, instances));
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
