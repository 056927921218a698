/**
 * Replays the core test suite of WebAssembly (packed by tools/core-suite.mjs) on any way of making instances, so that bare
 * modules and their metered forms can be compared command by command.
 */
import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";

type Value = number | string | null | { readonly external: number };

/** An instance by its number, or a judge: a module that imports from it and traps unless it gives what it must. */
type Target = number | readonly [module: number, name: string, of: number];

type Action = readonly [of: Target, name: string, values: readonly Value[]];

type Command =
  | readonly ["instance", number: number, module: number]
  | readonly ["register", name: string, number: number]
  | readonly ["return", action: Action, expected: readonly Value[]]
  | readonly ["run" | "trap" | "exhaustion", action: Action]
  | readonly ["invalid" | "malformed" | "uninstantiable", module: number];

interface CoreSuiteFile {
  readonly name: string;
  readonly commands: readonly Command[];
}

/** The suite. */
export interface CoreSuite {
  readonly files: readonly CoreSuiteFile[];
  bytes(module: number): Uint8Array;
}

/** Reads the suite that is committed. */
export function readCoreSuite(): CoreSuite {
  const packed = readFileSync(new URL("../fixtures/core-suite.json.br", import.meta.url));
  const { modules, files } = JSON.parse(brotliDecompressSync(packed).toString()) as {
    modules: string[];
    files: CoreSuiteFile[];
  };
  return { files, bytes: (module) => new Uint8Array(Buffer.from(modules[module] ?? "", "base64")) };
}

/** Thrown by an {@link Engine} that does not take a module; the message says which feature it lacks. */
export class Refused extends Error {}

/** A way of making instances. */
export interface Engine {
  /** Throws what engines throw, or {@link Refused}. */
  instantiate(bytes: Uint8Array, imports: WebAssembly.Imports): WebAssembly.Exports;
  /** Before every command: fuel and stack are as at the beginning. */
  renew(): void;
  /** How an exception is called. */
  nameOf(error: unknown): string;
  /** Whether it takes a module that is none. */
  accepts(bytes: Uint8Array): boolean;
}

/** What came of one command: how it ended, whether that is right, or why it was left out. */
export type Outcome =
  | { readonly kind: "right" | "wrong"; readonly text: string }
  | { readonly kind: "left-out"; readonly reason: string };

const externals = new Map<number, object>();

function external(number: number): object {
  const known = externals.get(number) ?? { number };
  externals.set(number, known);
  return known;
}

const words: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  "-0": -0,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

function fromJson(value: Value): unknown {
  if (typeof value === "string") return words[value];
  return value !== null && typeof value === "object" ? external(value.external) : value;
}

/** The host that the suite expects. */
function spectest(): WebAssembly.ModuleImports {
  const print = (): void => undefined;
  const isObject = (value: unknown): number => Number(typeof value === "object" && value !== null);
  return {
    externref: external,
    is_externref: isObject,
    is_funcref: (value: unknown) => Number(typeof value === "function"),
    eq_externref: (a: unknown, b: unknown) => Number(a === b),
    eq_funcref: (a: unknown, b: unknown) => Number(a === b),
    print,
    print_i32: print,
    print_i32_f32: print,
    print_f64_f64: print,
    print_f32: print,
    print_f64: print,
    global_i32: 666,
    global_f32: 666,
    global_f64: 666,
    table: new WebAssembly.Table({ initial: 10, maximum: 20, element: "anyfunc" }),
    memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }),
  };
}

/** One file of the suite while it is replayed. */
class Replay {
  private readonly registry: Record<string, WebAssembly.ModuleImports> = { spectest: spectest() };
  private readonly instances = new Map<number, WebAssembly.Exports | Refused>();
  private readonly suite: CoreSuite;
  private readonly engine: Engine;

  constructor(suite: CoreSuite, engine: Engine) {
    this.suite = suite;
    this.engine = engine;
  }

  /** Does one command. */
  command(command: Command): Outcome {
    this.engine.renew();
    try {
      return this.attempt(command);
    } catch (error) {
      if (error instanceof Refused) return { kind: "left-out", reason: error.message };
      throw error;
    }
  }

  private attempt(command: Command): Outcome {
    switch (command[0]) {
      case "instance":
        return this.instance(command[1], command[2]);
      case "register":
        this.registry[command[1]] = this.exportsOf(command[2]);
        return { kind: "right", text: "registered" };
      case "invalid":
      case "malformed":
        return this.refusal(command[1]);
      case "uninstantiable": {
        const bytes = this.suite.bytes(command[1]);
        return this.judged(() => this.engine.instantiate(bytes, this.registry), "trapped");
      }
      case "return": {
        const expected = command[2].map(fromJson);
        return this.judged(() => this.perform(command[1]), `returned ${expected.map(textOf).join(" ")}`);
      }
      case "run":
        return this.judged(() => this.perform(command[1]), "returned ");
      case "trap":
        return this.judged(() => this.perform(command[1]), "trapped");
      default:
        return this.judged(() => this.perform(command[1]), "out-of-stack");
    }
  }

  private instance(number: number, module: number): Outcome {
    try {
      const exports = this.engine.instantiate(this.suite.bytes(module), this.registry);
      this.instances.set(number, exports);
      return { kind: "right", text: "instantiated" };
    } catch (error) {
      const refused = error instanceof Refused ? error : new Refused(this.engine.nameOf(error));
      this.instances.set(number, refused);
      throw refused;
    }
  }

  private exportsOf(number: number): WebAssembly.Exports {
    const exports = this.instances.get(number);
    if (exports === undefined) throw new Error(`there is no instance ${number}`);
    if (exports instanceof Refused) throw exports;
    return exports;
  }

  private refusal(module: number): Outcome {
    const accepted = this.engine.accepts(this.suite.bytes(module));
    return accepted ? { kind: "wrong", text: "accepted" } : { kind: "right", text: "refused" };
  }

  private perform([of, name, values]: Action): unknown {
    let exports: WebAssembly.Exports;
    if (typeof of === "number") exports = this.exportsOf(of);
    else {
      // Judges are the host's side: they stay as they are.
      const imports = { ...this.registry, [of[1]]: this.exportsOf(of[2]) };
      const module = new WebAssembly.Module(this.suite.bytes(of[0]) as Uint8Array<ArrayBuffer>);
      exports = new WebAssembly.Instance(module, imports).exports;
    }
    return (exports[name] as (...all: unknown[]) => unknown)(...values.map(fromJson));
  }

  private judged(action: () => unknown, expected: string): Outcome {
    let text: string;
    try {
      const value = action();
      const values = value === undefined ? [] : Array.isArray(value) ? value : [value];
      text = expected === "trapped" ? "returned" : `returned ${values.map(textOf).join(" ")}`;
    } catch (error) {
      if (error instanceof Refused) throw error;
      text = this.engine.nameOf(error);
    }
    return { kind: text === expected ? "right" : "wrong", text };
  }
}

function textOf(value: unknown): string {
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "function") return "function";
  return typeof value === "object" && value !== null ? JSON.stringify(value) : `${value}`;
}

/** Replays one file; an outcome for each of its commands. */
export function replay(suite: CoreSuite, file: CoreSuiteFile, engine: Engine): readonly Outcome[] {
  const state = new Replay(suite, engine);
  return file.commands.map((command) => state.command(command));
}
