/**
 * Types of a component, read from its binary form and written out as text, so that what a program imports can be compared
 * with what WASI defines. Types that an interface gives a name are written by that name; `resource` is a name's meaning too.
 * @module
 */
import type { BinaryReader } from "#protocol/veil/binary-reader.ts";
import { invalid, malformed, tooMany, unsupported } from "#protocol/veil/failure.ts";
import { componentLimits } from "./limits.ts";
import { readExternName, readHarmlessName as readLabel } from "./names.ts";

/** What stands at an index of a type space. */
export type ComponentType =
  | { readonly sort: "value"; readonly text: string }
  | { readonly sort: "resource"; readonly text: string }
  | { readonly sort: "function"; readonly text: string }
  | { readonly sort: "instance"; readonly members: InterfaceShape };

/** What an interface consists of, by name. */
export interface InterfaceShape {
  /** What its names mean, and whether a name comes from another interface. */
  readonly types: ReadonlyMap<string, { readonly type: ComponentType; readonly text: string }>;
  /** Signatures of its functions. */
  readonly functions: ReadonlyMap<string, string>;
}

/** A type space and the ones around it. */
export class TypeScope {
  readonly outer: TypeScope | undefined;
  private readonly types: ComponentType[] = [];

  constructor(outer?: TypeScope) {
    this.outer = outer;
  }

  /** Appends a type. */
  add(type: ComponentType, offset: number): void {
    if (this.types.length >= componentLimits.types) {
      throw tooMany(offset, "types", this.types.length + 1, componentLimits.types);
    }
    this.types.push(type);
  }

  /** The type at an index. */
  at(index: number, offset: number): ComponentType {
    const type = this.types[index];
    if (type === undefined) throw invalid(offset, `there is no type ${index}.`);
    return type;
  }
}

/** Reads one entry of a type section. */
export function readDefinedType(reader: BinaryReader, scope: TypeScope): ComponentType {
  const at = reader.position;
  const form = reader.peek();
  if (form === 0x40) return readFunctionType(reader, scope);
  if (form === 0x42) {
    reader.byte();
    return { sort: "instance", members: readInstanceType(reader, scope) };
  }
  if (form === 0x3f || form === 0x3e) throw unsupported(at, "a program may not define resources of its own.");
  if (form === 0x41) throw unsupported(at, "a program may not take components.");
  return { sort: "value", text: bounded(readValueDefinition(reader, scope), at) };
}

const primitives: Readonly<Record<number, string>> = {
  127: "bool",
  126: "s8",
  125: "u8",
  124: "s16",
  123: "u16",
  122: "s32",
  121: "u32",
  120: "s64",
  119: "u64",
  118: "f32",
  117: "f64",
  116: "char",
  115: "string",
};

function bounded(text: string, offset: number): string {
  const most = componentLimits.typeText;
  if (text.length > most) throw tooMany(offset, "characters in a type written out", text.length, most);
  return text;
}

/** A type where one is used: a primitive, or an index. */
function readValueType(reader: BinaryReader, scope: TypeScope): string {
  const at = reader.position;
  const primitive = primitives[reader.peek()];
  if (primitive !== undefined) {
    reader.byte();
    return primitive;
  }
  const type = scope.at(reader.unsigned32(), at);
  if (type.sort !== "value") throw invalid(at, `a ${type.sort} stands where a type of values must.`);
  return type.text;
}

function readOptionalType(reader: BinaryReader, scope: TypeScope): string | undefined {
  const at = reader.position;
  const flag = reader.byte();
  if (flag > 1) throw malformed(at, "0 or 1 must say whether a type follows.");
  return flag === 1 ? readValueType(reader, scope) : undefined;
}

/** Parts separated by commas. The text is bounded as it grows. */
function readList(reader: BinaryReader, readPart: () => string): string {
  const at = reader.position;
  let text = "";
  for (let left = reader.count("parts of a type", componentLimits.items); left > 0; left--) {
    text = bounded(text === "" ? readPart() : `${text},${readPart()}`, at);
  }
  return text;
}

function readValueDefinition(reader: BinaryReader, scope: TypeScope): string {
  const at = reader.position;
  const form = reader.peek();
  if (primitives[form] !== undefined) return readValueType(reader, scope);
  reader.byte();
  const labelled = (): string => `${readLabel(reader)}:${readValueType(reader, scope)}`;
  switch (form) {
    case 0x72:
      return `record{${readList(reader, labelled)}}`;
    case 0x71:
      return `variant{${readList(reader, () => readCase(reader, scope))}}`;
    case 0x70:
      return `list<${readValueType(reader, scope)}>`;
    case 0x6f:
      return `tuple<${readList(reader, () => readValueType(reader, scope))}>`;
    case 0x6e:
      return `flags{${readList(reader, () => readLabel(reader))}}`;
    case 0x6d:
      return `enum{${readList(reader, () => readLabel(reader))}}`;
    case 0x6b:
      return `option<${readValueType(reader, scope)}>`;
    case 0x6a: {
      const okay = readOptionalType(reader, scope);
      const error = readOptionalType(reader, scope);
      return `result<${okay ?? "_"},${error ?? "_"}>`;
    }
    case 0x69:
    case 0x68: {
      const type = scope.at(reader.unsigned32(), at);
      if (type.sort !== "resource") throw invalid(at, "only resources are owned and borrowed.");
      return `${form === 0x69 ? "own" : "borrow"}<${type.text}>`;
    }
    default:
      throw unsupported(at, `types of the form 0x${form.toString(16)} are not allowed.`);
  }
}

function readCase(reader: BinaryReader, scope: TypeScope): string {
  const label = readLabel(reader);
  const type = readOptionalType(reader, scope);
  const at = reader.position;
  if (reader.byte() !== 0) throw unsupported(at, "cases that refine others are not allowed.");
  return type === undefined ? label : `${label}(${type})`;
}

function readFunctionType(reader: BinaryReader, scope: TypeScope): ComponentType {
  const at = reader.position;
  reader.byte();
  const parameters = readList(reader, () => `${readLabel(reader)}:${readValueType(reader, scope)}`);
  const form = reader.byte();
  if (form === 0) {
    const result = readValueType(reader, scope);
    return { sort: "function", text: bounded(`(${parameters})->${result}`, at) };
  }
  if (form !== 1 || reader.byte() !== 0) throw unsupported(at, "named results are not allowed.");
  return { sort: "function", text: `(${parameters})` };
}

/** Declarations of an instance: types, names taken from around it, and what it exports. */
function readInstanceType(reader: BinaryReader, outer: TypeScope): InterfaceShape {
  if (outer.outer !== undefined) throw unsupported(reader.position, "interfaces within interfaces are not allowed.");
  const scope = new TypeScope(outer);
  const types = new Map<string, { type: ComponentType; text: string }>();
  const functions = new Map<string, string>();
  for (let left = reader.count("declarations", componentLimits.items); left > 0; left--) {
    const at = reader.position;
    const kind = reader.byte();
    if (kind === 1) scope.add(readDefinedType(reader, scope), at);
    else if (kind === 2) scope.add(readOuterAlias(reader, scope), at);
    else if (kind === 4) readExportDeclaration(reader, scope, types, functions);
    else throw unsupported(at, `declarations of the kind ${kind} are not allowed in an interface.`);
  }
  return { types, functions };
}

/** A type of a scope further out. */
function readOuterAlias(reader: BinaryReader, scope: TypeScope): ComponentType {
  const at = reader.position;
  if (reader.byte() !== 3 || reader.byte() !== 2) throw unsupported(at, "an interface may take nothing but types.");
  let from: TypeScope | undefined = scope;
  for (let left = reader.unsigned32(); left > 0 && from !== undefined; left--) from = from.outer;
  if (from === undefined) throw invalid(at, "there is no scope that far out.");
  return from.at(reader.unsigned32(), at);
}

function readExportDeclaration(
  reader: BinaryReader,
  scope: TypeScope,
  types: Map<string, { type: ComponentType; text: string }>,
  functions: Map<string, string>,
): void {
  const at = reader.position;
  const name = readExternName(reader);
  if (types.has(name) || functions.has(name)) throw invalid(at, `"${name}" stands twice in an interface.`);
  const kind = reader.byte();
  if (kind === 1) {
    const type = scope.at(reader.unsigned32(), at);
    if (type.sort !== "function") throw invalid(at, `"${name}" is no function.`);
    functions.set(name, type.text);
    return;
  }
  if (kind !== 3) throw unsupported(at, "an interface may have nothing but types and functions.");
  const bound = reader.byte();
  if (bound > 1) throw malformed(at, "a type is equal to another, or a resource.");
  const meaning: ComponentType =
    bound === 1 ? { sort: "resource", text: "resource" } : scope.at(reader.unsigned32(), at);
  if (meaning.sort !== "value" && meaning.sort !== "resource") throw invalid(at, `"${name}" is no type of values.`);
  const named: ComponentType = { sort: meaning.sort, text: name };
  types.set(name, { type: named, text: meaning.text });
  scope.add(named, at);
}
