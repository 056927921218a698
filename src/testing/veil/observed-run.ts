/**
 * Runs every export of a module against a host that notes all it is told, calls back in, and answers zero: two modules
 * that behave alike leave equal notes.
 */
import { BinaryReader } from "#protocol/veil/binary-reader.ts";
import { edit } from "#protocol/veil/edits.ts";
import { readModule } from "#protocol/veil/module-reader.ts";
import type { ModuleShape } from "#protocol/veil/module-shape.ts";
import { section } from "#protocol/veil/sections.ts";
import { valueType } from "#protocol/veil/types.ts";

const jsTypes: Readonly<Record<number, WebAssembly.ValueType>> = {
  [valueType.i32]: "i32",
  [valueType.i64]: "i64",
  [valueType.f32]: "f32",
  [valueType.f64]: "f64",
  [valueType.funcref]: "anyfunc",
  [valueType.externref]: "externref",
};

/** Calls from the host back into the module nest at most this deep. */
const mostReentries = 3;

/** Something of each type that a host may hand over. */
function sample(type: number | undefined, salt = 0): unknown {
  if (type === undefined) return undefined;
  if (type === valueType.i64) return BigInt(salt * 7);
  if (type === valueType.funcref || type === valueType.externref) return null;
  // What makes more of its kind: infinities cancel, zeros divide.
  if (type === valueType.f32 || type === valueType.f64) return [0, Number.POSITIVE_INFINITY, Number.NaN, 3][salt % 4];
  return salt * 3;
}

/** What a host sees of a value: its kind if it is a reference. */
export function noteOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(noteOf).join(",");
  return typeof value === "function" || typeof value === "object"
    ? typeof value
    : `${Object.is(value, -0) ? "-0" : value}`;
}

/** The host of one run: imports for a module of a given shape, and the notes. */
export class NotingHost {
  readonly notes: string[] = [];
  readonly imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  readonly shape: ModuleShape;
  /** Set once there is an instance. */
  exports: WebAssembly.Exports = {};
  private reentries = 0;
  /** Parameters of exported functions by name, as the original has them. */
  private readonly exported = new Map<string, readonly number[]>();

  /** `bytes` are those of the original; its metered form imports the same and more. */
  constructor(bytes: Uint8Array) {
    const { shape, sections } = readModule(new BinaryReader(bytes), () => undefined);
    this.shape = shape;
    const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
    const edits = sections.get(section.export)?.edits;
    const indices = Array.from({ length: edits?.count ?? 0 }, (_, i) => i)
      .filter((i) => edits?.kind(i) === edit.functionIndex)
      .map((i) => edits?.argument(i) ?? 0);
    const functions = WebAssembly.Module.exports(module).filter(({ kind }) => kind === "function");
    for (const [i, { name }] of functions.entries()) {
      this.exported.set(name, shape.functionType(indices[i] ?? -1, 0).parameters);
    }
    const next = { function: 0, table: 0, memory: 0, global: 0 };
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
      const group = this.imports[from] ?? {};
      this.imports[from] = group;
      if (kind === "function") group[name] = this.hostFunction(name, next.function++);
      else if (kind === "global") group[name] = this.hostGlobal(next.global++);
      else throw new Error(`no ${kind} to import`);
    }
  }

  private hostFunction(name: string, index: number): WebAssembly.ImportValue {
    const { results } = this.shape.functionType(index, 0);
    return (...values: unknown[]) => {
      this.notes.push(`${name}(${values.map(noteOf).join(" ")})`);
      if (name.startsWith("call-export")) this.reenter(Number(values[0]));
      return results.length > 1 ? results.map((type) => sample(type)) : sample(results[0]);
    };
  }

  private hostGlobal(index: number): WebAssembly.Global {
    const { type, mutable } = this.shape.global(index, 0);
    return new WebAssembly.Global({ value: jsTypes[type] as WebAssembly.ValueType, mutable }, sample(type, 5) as never);
  }

  private reenter(index: number): void {
    const functions = Object.values(this.exports).filter((value) => typeof value === "function");
    const target = functions[Math.abs(index) % functions.length];
    if (target === undefined || this.reentries === mostReentries) return;
    this.reentries++;
    try {
      this.notes.push(`again: ${noteOf((target as (...values: unknown[]) => unknown)(...this.samplesFor(target)))}`);
    } finally {
      this.reentries--;
    }
  }

  /** Arguments for an exported function. */
  samplesFor(target: WebAssembly.ExportValue): unknown[] {
    return (this.parameters.get(target) ?? []).map((type, i) => sample(type, i + 1));
  }

  private readonly parameters = new Map<WebAssembly.ExportValue, readonly number[]>();

  /** Learns the exports of an instance; they have the types that the original says. */
  learn(exports: WebAssembly.Exports): void {
    this.exports = exports;
    for (const [name, types] of this.exported) {
      const value = exports[name];
      if (value !== undefined) this.parameters.set(value, types);
    }
  }

  /** Calls every export once; `call` says how each ends. */
  callAll(call: (name: string, values: readonly unknown[]) => string): void {
    for (const [name, target] of Object.entries(this.exports)) {
      if (typeof target === "function") this.notes.push(`${name}: ${call(name, this.samplesFor(target))}`);
    }
  }
}
