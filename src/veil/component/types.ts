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
  | { readonly sort: "value" | "resource" | "function"; readonly text: string; readonly parts: number }
  | { readonly sort: "instance"; readonly members: InterfaceShape };

/** A type that can stand in another, or that functions have. */
export type WrittenType = Extract<ComponentType, { readonly text: string }>;

/** What an interface consists of, by name. */
export interface InterfaceShape {
  /** What its names mean, and whether a name comes from another interface. */
  readonly types: ReadonlyMap<string, { readonly type: WrittenType; readonly text: string }>;
  /** Signatures of its functions. */
  readonly functions: ReadonlyMap<string, string>;
  /** Interfaces in it, which only components that hold others have. */
  readonly interfaces: ReadonlyMap<string, InterfaceShape>;
}

/** A type space and the ones around it: of a component, or of an interface that one describes. */
export class TypeScope {
  readonly outer: TypeScope | undefined;
  readonly isInterface: boolean;
  private readonly types: ComponentType[] = [];
  /** Parts of the type that is being read, with all that it is made of. */
  private parts = 0;

  constructor(outer?: TypeScope, isInterface = false) {
    this.outer = outer;
    this.isInterface = isInterface;
  }

  /** Counts the parts of one type. */
  begin(): void {
    this.parts = 0;
  }

  /** So many parts more; gives all. */
  count(parts: number, offset: number): number {
    this.parts += parts;
    const most = componentLimits.typeParts;
    if (this.parts > most) throw tooMany(offset, "parts in a type", this.parts, most);
    return this.parts;
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

  /** The signature at an index. */
  signature(index: number, offset: number): string {
    const type = this.at(index, offset);
    if (type.sort !== "function") throw invalid(offset, `type ${index} is not one of functions.`);
    return type.text;
  }
}

/** An interface without anything in it yet. */
export class InterfaceBuilder implements InterfaceShape {
  readonly types = new Map<string, { type: WrittenType; text: string }>();
  readonly functions = new Map<string, string>();
  readonly interfaces = new Map<string, InterfaceShape>();

  /** Refuses a name that is there already. */
  claim(name: string, offset: number): void {
    if (this.types.has(name) || this.functions.has(name) || this.interfaces.has(name)) {
      throw invalid(offset, `"${name}" stands twice in an interface.`);
    }
  }
}

/** Reads one entry of a type section. */
export function readDefinedType(reader: BinaryReader, scope: TypeScope): ComponentType {
  const at = reader.position;
  const form = reader.peek();
  scope.begin();
  if (form === 0x40) return readFunctionType(reader, scope);
  if (form === 0x42) {
    reader.byte();
    return { sort: "instance", members: readInstanceType(reader, scope) };
  }
  if (form === 0x3f) return readResourceType(reader, scope);
  if (form === 0x3e) throw unsupported(at, "resources with asynchronous destructors are not allowed.");
  if (form === 0x41) throw unsupported(at, "a program may not take components.");
  const text = bounded(readValueDefinition(reader, scope), at);
  return { sort: "value", text, parts: scope.count(1, at) };
}

/** A resource of a component's own. Its text is no name that a type could have. */
function readResourceType(reader: BinaryReader, scope: TypeScope): ComponentType {
  const at = reader.position;
  if (scope.isInterface) throw unsupported(at, "an interface may not define how a resource is represented.");
  reader.byte();
  if (reader.byte() !== 0x7f) throw malformed(at, "resources are represented by 32 bits.");
  const hasDestructor = reader.byte();
  if (hasDestructor > 1) throw malformed(at, "0 or 1 must say whether a destructor follows.");
  if (hasDestructor === 1) reader.unsigned32();
  return { sort: "resource", text: "own resource", parts: 1 };
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
    scope.count(1, at);
    return primitive;
  }
  const type = scope.at(reader.unsigned32(), at);
  if (type.sort !== "value") throw invalid(at, `a ${type.sort} stands where a type of values must.`);
  scope.count(type.parts, at);
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
  if (form > 1) throw malformed(at, "0 or 1 must say whether a function has a result.");
  if (form === 1 && reader.byte() !== 0) throw unsupported(at, "named results are not allowed.");
  const result = form === 0 ? `->${readValueType(reader, scope)}` : "";
  return { sort: "function", text: bounded(`(${parameters})${result}`, at), parts: scope.count(1, at) };
}

/** Declarations of an instance: types, names taken from around it, and what it exports. */
function readInstanceType(reader: BinaryReader, outer: TypeScope): InterfaceShape {
  if (outer.isInterface) throw unsupported(reader.position, "interfaces within interfaces are not allowed.");
  const scope = new TypeScope(outer, true);
  const members = new InterfaceBuilder();
  for (let left = reader.count("declarations", componentLimits.items); left > 0; left--) {
    const at = reader.position;
    const kind = reader.byte();
    if (kind === 1) scope.add(readDefinedType(reader, scope), at);
    else if (kind === 2) scope.add(readOuterAlias(reader, scope), at);
    else if (kind === 4) readExportDeclaration(reader, scope, members);
    else throw unsupported(at, `declarations of the kind ${kind} are not allowed in an interface.`);
  }
  return members;
}

/** A type of a scope further out. */
function readOuterAlias(reader: BinaryReader, scope: TypeScope): ComponentType {
  const at = reader.position;
  if (reader.byte() !== 3 || reader.byte() !== 2) throw unsupported(at, "an interface may take nothing but types.");
  return outerType(reader, scope);
}

/** A type by how far out it is and its index there. */
export function outerType(reader: BinaryReader, scope: TypeScope): ComponentType {
  const at = reader.position;
  let from: TypeScope | undefined = scope;
  for (let left = reader.unsigned32(); left > 0 && from !== undefined; left--) from = from.outer;
  if (from === undefined) throw invalid(at, "there is no scope that far out.");
  return from.at(reader.unsigned32(), at);
}

function readExportDeclaration(reader: BinaryReader, scope: TypeScope, members: InterfaceBuilder): void {
  const at = reader.position;
  const name = readExternName(reader);
  members.claim(name, at);
  const kind = reader.byte();
  if (kind === 1) {
    members.functions.set(name, scope.signature(reader.unsigned32(), at));
    return;
  }
  if (kind !== 3) throw unsupported(at, "an interface may have nothing but types and functions.");
  const meaning = readTypeBound(reader, scope);
  const named: WrittenType = { ...meaning, text: name };
  members.types.set(name, { type: named, text: meaning.text });
  scope.add(named, at);
}

/** What is said of a type that is imported or exported: it is a resource, or the same as another. */
export function readTypeBound(reader: BinaryReader, scope: TypeScope): WrittenType {
  const at = reader.position;
  const bound = reader.byte();
  if (bound > 1) throw malformed(at, "a type is equal to another, or a resource.");
  if (bound === 1) return { sort: "resource", text: "resource", parts: 1 };
  return valueOrResource(scope.at(reader.unsigned32(), at), at);
}

/** A type that can be given a name. */
export function valueOrResource(type: ComponentType, offset: number): WrittenType {
  if (type.sort === "value" || type.sort === "resource") return type;
  throw invalid(offset, `a ${type.sort} stands where a type of values or a resource must.`);
}
