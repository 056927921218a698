/**
 * The world `aether:os` as core WebAssembly sees it (wit/aether-os.wit under the canonical ABI), and the check that a
 * module fits it and uses nothing that it is not granted.
 * @module
 */
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import { type ModuleInterface, moduleInterface, type NamedFunctionType } from "#protocol/veil/module-interface.ts";
import type { Capability } from "./run.ts";

/** What the module names of the world's imports begin with. */
const worldPrefix = "aether:os/";

const worldVersion = "@0.1.0";

/**
 * Functions by interface, with what they take and give: `i` is a 32-bit and `I` a 64-bit integer. What does not fit a
 * result is written where the last parameter points.
 */
export const worldFunctions = {
  arguments: { get: "i" },
  environment: { get: "i" },
  input: { read: "ii" },
  output: { write: "ii", "write-error": "ii" },
  process: { exit: "i" },
  files: {
    open: "iiii",
    close: "ii",
    read: "iIii",
    write: "iIiii",
    size: "ii",
    resize: "iIi",
    status: "iii",
    list: "iii",
    "make-folder": "iii",
    remove: "iii",
    rename: "iiiii",
  },
  clock: { now: ">I" },
  random: { bytes: "ii" },
} as const;

/** The world's interfaces: the capabilities, and `process`, which every program has. */
export type WorldInterface = keyof typeof worldFunctions;

/** The module name that a program imports an interface under. */
export function worldModule(name: WorldInterface): string {
  return `${worldPrefix}${name}${worldVersion}`;
}

const interfaces = new Map(
  (Object.keys(worldFunctions) as WorldInterface[]).map((name) => [worldModule(name), name] as const),
);

/** The interface that a module name stands for. */
export function interfaceOf(module: string): WorldInterface | undefined {
  return interfaces.get(module);
}

/** Text that a module of unknown origin chose, for a message. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

function unknownImport({ module, name }: { module: string; name: string }): Rejected {
  const [what, ours] = [`${quoted(module)} ${quoted(name)}`, module.startsWith(worldPrefix)];
  const wasi = module.startsWith("wasi_") ? " Programs for WASI run as components of WASI Preview 2." : "";
  const advice = ours ? ` This node has the world ${worldPrefix}…${worldVersion}.` : wasi;
  return rejected(
    "not-found",
    `The program needs ${what}, which is not there to be given. Nothing of it ran.${advice}`,
  );
}

const typeLetters: Readonly<Record<string, string>> = { i32: "i", i64: "I" };

function typeText({ parameters, results }: NamedFunctionType): string {
  const letters = (types: readonly string[]): string => types.map((type) => typeLetters[type] ?? "?").join("");
  return results.length === 0 ? letters(parameters) : `${letters(parameters)}>${letters(results)}`;
}

function wrongType(what: string): Rejected {
  return rejected(
    "invalid-module",
    `The program's ${what} is not of the type that the world ${worldPrefix}… has for it.`,
  );
}

/** What a program for the world needs to be granted; a refusal if it is not for this world. */
function needs(module: ModuleInterface): Result<readonly Capability[]> {
  const needed = new Set<Capability>();
  for (const wanted of module.imports) {
    const name = interfaceOf(wanted.module);
    const functions: Readonly<Record<string, string>> = name === undefined ? {} : worldFunctions[name];
    if (name === undefined || !Object.hasOwn(functions, wanted.name)) return unknownImport(wanted);
    if (wanted.type === undefined || functions[wanted.name] !== typeText(wanted.type)) {
      return wrongType(`import ${name} ${wanted.name}`);
    }
    if (name !== "process") needed.add(name);
  }
  return checkExports(module) ?? accepted([...needed]);
}

function checkExports({ functionExports, hasMemory, memoryExports }: ModuleInterface): Rejected | undefined {
  const [run, realloc] = [functionExports.get("run"), functionExports.get("cabi_realloc")];
  if (run === undefined) {
    return rejected("invalid-module", 'The program exports no function "run": it is not for the world aether:os.');
  }
  const runType = typeText(run);
  if (runType !== ">i" && runType !== "") return wrongType("export run");
  if (realloc !== undefined && typeText(realloc) !== "iiii>i") return wrongType("export cabi_realloc");
  if (hasMemory && !memoryExports.includes("memory")) {
    return rejected("invalid-module", 'The program does not export its memory as "memory".');
  }
  return undefined;
}

/** What a core module for this world needs to be granted. It need not be valid otherwise: metering checks that. */
export function neededCapabilities(bytes: Uint8Array): Result<readonly Capability[]> {
  const found = moduleInterface(bytes);
  return found.ok ? needs(found.value) : found;
}

/** Whether a core module is for this world and needs only what it is granted. */
export function checkWorld(bytes: Uint8Array, granted: readonly Capability[]): Result<readonly Capability[]> {
  const needed = neededCapabilities(bytes);
  if (!needed.ok) return needed;
  const missing = needed.value.filter((capability) => !granted.includes(capability));
  if (missing.length === 0) return needed;
  const names = missing.join(", ");
  const message = `The program needs ${names}, which it was not granted. Nothing of it ran. Grant it, or leave the program alone.`;
  return rejected("not-granted", message, { missing: names });
}
