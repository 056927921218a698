/**
 * Components to prepared programs: our own gate, then jco on this machine, then the meter over every core module that comes
 * out. jco only ever sees components whose names and imported types are known, so what it writes is text of its own; glue
 * is never accepted from anybody. Loaded lazily.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { meterModule } from "#protocol/veil/meter.ts";
import { type CheckedModule, checkComponent } from "#veil/component/check.ts";
import { ownMemoryPages } from "#veil/component/core-names.ts";
import { componentLimits } from "#veil/component/limits.ts";
import type { PreparedModule, PreparedProgram } from "#veil/prepared-program.ts";
import type { TranspilerName } from "#veil/run.ts";
import type { TranspiledFiles, Transpiler } from "./transpiler.ts";

/** Versions of jco, each loaded when it is needed: they are megabytes of WebAssembly. */
const transpilers: Readonly<Record<TranspilerName, () => Promise<{ readonly transpiler: Transpiler }>>> = {
  pinned: () => import("./jco-pinned.ts"),
  newest: () => import("./jco-newest.ts"),
};

/** Longest part of jco's words that is shown. */
const shownCharacters = 200;

/**
 * Prepares a component of any origin, whose memories together may have so many pages. Never throws; a hostile one may take long, so callers set a deadline.
 */
export async function prepareComponent(
  bytes: Uint8Array,
  memoryPages: number,
  name: TranspilerName = "pinned",
): Promise<Result<PreparedProgram>> {
  const component = checkComponent(bytes);
  if (!component.ok) return component;
  const { transpiler } = await transpilers[name]();
  let files: TranspiledFiles;
  try {
    files = await transpiler.transpile(component.value.bytes);
  } catch (error) {
    return rejected("invalid-module", `The component cannot be taken apart: ${wordsOf(error)}`);
  }
  const script = files.find(([name]) => name.endsWith(".js"));
  const glue = script === undefined ? undefined : transpiler.expressionOf(new TextDecoder().decode(script[1]));
  const modules = modulesOf(files, component.value.modules);
  if (modules === undefined || glue === undefined) {
    const hint = name === "pinned" ? "" : " The pinned jco may take it.";
    return rejected(
      "unsupported-feature",
      `The component needs code between its parts that is not allowed here.${hint} Nothing of it ran.`,
    );
  }
  const metered = meterModules(modules, memoryPages);
  return metered.ok
    ? accepted({ type: "component", modules: metered.value, glue, needs: component.value.needs })
    : metered;
}

/** A core module that came out, and how many instances of it a run has. */
interface NamedModule extends CheckedModule {
  readonly name: string;
  /** Written by jco: it takes calls from one component to another. */
  readonly isAdapter: boolean;
}

/** The modules by their numbers: first those of the component as they were, then jco's own. Anything else is not known. */
function modulesOf(files: TranspiledFiles, own: readonly CheckedModule[]): NamedModule[] | undefined {
  const byName = new Map(files.filter(([name]) => name.endsWith(".wasm")));
  if (byName.size > own.length + componentLimits.modules) return undefined;
  const modules: NamedModule[] = [];
  for (let i = 0; i < byName.size; i++) {
    const name = `program.core${i === 0 ? "" : i + 1}.wasm`;
    const bytes = byName.get(name);
    const known = own[i];
    if (bytes === undefined || (known !== undefined && !equalBytes(bytes, known.bytes))) return undefined;
    modules.push({ name, bytes, instances: known?.instances ?? 1, isAdapter: known === undefined });
  }
  return modules.length < own.length ? undefined : modules;
}

/**
 * One memory gets all of the cap. Several get what they start with and equal parts of the rest, and who uses a memory of
 * another module may grow it to the smallest part, which is there whichever memory it is.
 */
function meterModules(all: readonly NamedModule[], memoryPages: number): Result<ReadonlyMap<string, PreparedModule>> {
  const minima: (number | undefined)[] = [];
  let [least, memories] = [0, 0];
  for (const { bytes, instances } of all) {
    const own = ownMemoryPages(bytes);
    if (!own.ok) return own;
    minima.push(own.value);
    least += (own.value ?? 0) * instances;
    memories += own.value === undefined ? 0 : instances;
  }
  if (least > memoryPages) {
    const message = `The program starts with ${least} pages of memory; it may have ${memoryPages}.`;
    return rejected("out-of-memory", message, { minimum: least, cap: memoryPages });
  }
  const part = memories === 0 ? 0 : Math.floor((memoryPages - least) / memories);
  const smallest = minima.reduce<number>((cap, pages) => Math.min(cap, (pages ?? cap) + part), memoryPages);
  const modules = new Map<string, PreparedModule>();
  for (const [i, { name, bytes, isAdapter }] of all.entries()) {
    if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) {
      return rejected("invalid-module", `Core module ${i} of the component is invalid.`);
    }
    const own = minima[i];
    const cap = own === undefined ? smallest : own + part;
    const metered = meterModule(bytes, { mode: "call", counters: "shared", memoryPages: cap });
    if (!metered.ok) return metered;
    modules.set(name, isAdapter ? { ...metered.value, isAdapter } : metered.value);
  }
  return accepted(modules);
}

/** What was thrown, fit to be shown: one line without control characters. */
function wordsOf(error: unknown): string {
  const payload = (error as { payload?: unknown } | undefined)?.payload;
  const text = typeof payload === "string" ? payload : error instanceof Error ? error.message : String(error);
  return text.replace(/[^ -~]+/g, " ").slice(0, shownCharacters);
}
