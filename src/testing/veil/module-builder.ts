/**
 * Core modules byte by byte: what a text format would not let through is what tests of a validator need.
 */
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { preamble, section } from "#protocol/veil/sections.ts";

/** Bytes, or lists of them, nested as is convenient. */
export type Code = number | Uint8Array | readonly Code[];

/** All of it in one array. */
export function flat(...code: readonly Code[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const add = (part: Code): void => {
    if (typeof part === "number") parts.push(Uint8Array.of(part));
    else if (part instanceof Uint8Array) parts.push(part);
    else for (const inner of part) add(inner);
  };
  for (const part of code) add(part);
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** An unsigned number in LEB128. */
export function unsigned(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Uint8Array.of(...bytes, rest);
}

/** A signed number in LEB128. */
export function signed(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest < -64n || rest > 63n; rest >>= 7n) bytes.push(Number(rest & 127n) | 0x80);
  return Uint8Array.of(...bytes, Number(rest & 127n));
}

/** A name as in imports and exports. */
export function name(text: string): Uint8Array {
  const bytes = utf8ToBytes(text);
  return flat(unsigned(bytes.length), bytes);
}

/** A section of anything. */
export function sectionOf(id: number, ...content: readonly Code[]): Uint8Array {
  const bytes = flat(...content);
  return flat(id, unsigned(bytes.length), bytes);
}

/** A count and its items. */
export function vector(items: readonly Code[]): Uint8Array {
  return flat(unsigned(items.length), items.every((item) => typeof item === "number") ? Uint8Array.from(items) : items);
}

/** A module of given sections. */
export function moduleOf(...sections: readonly Uint8Array[]): Uint8Array {
  return flat(preamble, ...sections);
}

/** A function type. */
export function functionType(parameters: readonly number[], results: readonly number[]): Uint8Array {
  return flat(0x60, vector(parameters), vector(results));
}

/** A function body: groups of locals and instructions, without the last `end`. */
export function body(locals: readonly (readonly [number, number])[], ...code: readonly Code[]): Uint8Array {
  const bytes = flat(vector(locals.map(([count, type]) => [unsigned(count), type])), ...code, 0x0b);
  return flat(unsigned(bytes.length), bytes);
}

/** What a small module has; every function is exported as f0, f1, … */
export interface SmallModule {
  readonly types: readonly Uint8Array[];
  /** Type of each function. */
  readonly functions: readonly number[];
  readonly bodies: readonly Uint8Array[];
  readonly imports?: readonly Code[];
  readonly importedFunctions?: number;
  readonly tables?: readonly Code[];
  /** Least and most pages. */
  readonly memory?: readonly [number, number?];
  readonly globals?: readonly Code[];
  readonly elements?: readonly Code[];
  readonly data?: readonly Code[];
}

/** A module with the usual sections, those that are needed. */
export function smallModule(parts: SmallModule): Uint8Array {
  const first = parts.importedFunctions ?? 0;
  const { memory } = parts;
  const exports: Code[] = parts.functions.map((_, i) => [name(`f${i}`), 0, unsigned(first + i)]);
  if (memory !== undefined) exports.push([name("memory"), 2, 0]);
  const limits = memory === undefined ? [] : [memory[1] === undefined ? 0 : 1, ...memory.map((n) => unsigned(n ?? 0))];
  const optional = (id: number, items: readonly Code[] | undefined): Uint8Array =>
    items === undefined ? flat() : sectionOf(id, vector(items));
  return moduleOf(
    sectionOf(section.type, vector(parts.types)),
    optional(section.import, parts.imports),
    sectionOf(section.function, vector(parts.functions.map(unsigned))),
    optional(section.table, parts.tables),
    memory === undefined ? flat() : sectionOf(section.memory, 1, limits),
    optional(section.global, parts.globals),
    sectionOf(section.export, vector(exports)),
    optional(section.element, parts.elements),
    parts.data === undefined ? flat() : sectionOf(section.dataCount, unsigned(parts.data.length)),
    sectionOf(section.code, vector(parts.bodies)),
    optional(section.data, parts.data),
  );
}
