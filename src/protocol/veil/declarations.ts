/**
 * Readers of the sections that declare what a module has and shows: types, imports, functions, tables, memory, globals,
 * exports, start.
 * @module
 */
import type { BinaryReader } from "./binary-reader.ts";
import { checkConstantExpression } from "./constant-expression.ts";
import { type EditList, edit } from "./edits.ts";
import { invalid, ModuleFailure, malformed, tooMany, unsupported } from "./failure.ts";
import { moduleLimits } from "./limits.ts";
import type { ModuleShape } from "./module-shape.ts";
import { type FunctionType, isFloat, readReferenceType, readValueType } from "./types.ts";

/** Kinds of imports and exports by their byte. */
export const external = { function: 0, table: 1, memory: 2, global: 3 } as const;

/** What the meter imports under; a guest that could name it could refill its own fuel. */
export const meterModuleName = "veil";

/** What the meter exports begins with this. */
export const meterExportPrefix = "veil:";

/** The byte that begins a function type. */
export const functionForm = 0x60;

/** Types of functions and blocks. */
export function readTypes(reader: BinaryReader, shape: ModuleShape): void {
  for (let left = reader.count("types", moduleLimits.types); left > 0; left--) {
    const at = reader.position;
    const kind = reader.byte();
    if (kind >= 0x4e && kind < functionForm) throw unsupported(at, "garbage collection is not allowed.");
    if (kind !== functionForm) throw malformed(at, `0x${kind.toString(16)} begins no function type.`);
    const parameters = readTypeList(reader, "parameters", moduleLimits.parameters);
    shape.types.push({ parameters, results: readTypeList(reader, "results", moduleLimits.results) });
  }
}

function readTypeList(reader: BinaryReader, what: string, most: number): number[] {
  const types: number[] = [];
  for (let left = reader.count(what, most); left > 0; left--) types.push(readValueType(reader));
  return types;
}

/** Imports: their types open the index spaces. */
export function readImports(reader: BinaryReader, shape: ModuleShape): void {
  for (let left = reader.count("imports", moduleLimits.imports); left > 0; left--) {
    const at = reader.position;
    const module = reader.name();
    if (module === meterModuleName) {
      throw new ModuleFailure("reserved-name", at, `no program may import from "${meterModuleName}".`);
    }
    const name = reader.name();
    const kindAt = reader.position;
    const kind = reader.byte();
    const index = [shape.functions, shape.tables, [], shape.globals][kind]?.length ?? 0;
    shape.imports.push({ module, name, kind, index });
    if (kind === external.function) {
      const type = readFunctionTypeIndex(reader, shape);
      checkForeignResults(shape.types[type] as FunctionType, kindAt);
      shape.functions.push(type);
      shape.importedFunctions++;
    } else if (kind === external.table) {
      readTable(reader, shape);
      shape.importedTables++;
    } else if (kind === external.memory) readMemory(reader, shape, true);
    else if (kind === external.global) {
      shape.globals.push(readGlobalType(reader));
      shape.importedGlobals++;
    } else if (kind === 4) throw unsupported(kindAt, "exceptions are not allowed.");
    else throw malformed(kindAt, `there is no import of kind ${kind}.`);
  }
}

/** The bits of a float from outside are made canonical where it arrives, on top of the stack: it must be alone there. */
function checkForeignResults(type: FunctionType, offset: number): void {
  if (type.results.length > 1 && type.results.some(isFloat)) {
    throw unsupported(offset, "an import gives several results with a float among them.");
  }
}

function readFunctionTypeIndex(reader: BinaryReader, shape: ModuleShape): number {
  const at = reader.position;
  const index = reader.unsigned32();
  shape.type(index, at);
  return index;
}

/** Types of the module's own functions. */
export function readFunctions(reader: BinaryReader, shape: ModuleShape): void {
  const count = reader.count("functions", moduleLimits.functions);
  for (let i = 0; i < count; i++) shape.functions.push(readFunctionTypeIndex(reader, shape));
}

interface Limits {
  readonly minimum: number;
  readonly maximum: number | undefined;
}

function readLimits(reader: BinaryReader): Limits {
  const at = reader.position;
  const flags = reader.byte();
  if (flags > 1) {
    if (flags < 8) throw unsupported(at, flags & 4 ? "64-bit memories and tables." : "threads (shared memory).");
    throw malformed(at, `limits with flags ${flags}.`);
  }
  const minimum = reader.unsigned32();
  const maximum = flags === 1 ? reader.unsigned32() : undefined;
  if (maximum !== undefined && maximum < minimum) throw invalid(at, `at least ${minimum} and at most ${maximum}.`);
  return { minimum, maximum };
}

function readTable(reader: BinaryReader, shape: ModuleShape): void {
  const at = reader.position;
  if (shape.tables.length === moduleLimits.tables)
    throw tooMany(at, "tables", 1 + shape.tables.length, moduleLimits.tables);
  if (reader.peek() === 0x40) throw unsupported(at, "tables with initial values are not allowed.");
  const element = readReferenceType(reader);
  const { minimum } = readLimits(reader);
  if (minimum > moduleLimits.tableElements) {
    throw tooMany(at, "elements in a table", minimum, moduleLimits.tableElements);
  }
  shape.tables.push({ element, minimum });
}

/** Tables. Those that never grow: growth may be refused for reasons that differ from node to node. */
export function readTables(reader: BinaryReader, shape: ModuleShape): void {
  for (let left = reader.count("tables", moduleLimits.tables); left > 0; left--) readTable(reader, shape);
}

function readMemory(reader: BinaryReader, shape: ModuleShape, imported: boolean): void {
  const at = reader.position;
  if (shape.memory !== undefined) throw unsupported(at, "more than one memory.");
  const { minimum, maximum } = readLimits(reader);
  const most = moduleLimits.memoryPages;
  if (minimum > most || (maximum ?? 0) > most) throw invalid(at, `a memory has at most ${most} pages.`);
  shape.memory = { minimum, maximum, imported };
}

/** The memory. */
export function readMemories(reader: BinaryReader, shape: ModuleShape): void {
  for (let left = reader.unsigned32(); left > 0; left--) readMemory(reader, shape, false);
}

function readGlobalType(reader: BinaryReader): { type: number; mutable: boolean } {
  const type = readValueType(reader);
  const at = reader.position;
  const mutability = reader.byte();
  if (mutability > 1) throw malformed(at, `a global is constant (0) or not (1), not ${mutability}.`);
  return { type, mutable: mutability === 1 };
}

/** The module's own globals and their first values. */
export function readGlobals(reader: BinaryReader, shape: ModuleShape, edits: EditList): void {
  for (let left = reader.count("globals", moduleLimits.globals); left > 0; left--) {
    const global = readGlobalType(reader);
    checkConstantExpression(reader, shape, global.type, edits);
    shape.globals.push(global);
  }
}

/** What the module shows under which names. */
export function readExports(reader: BinaryReader, shape: ModuleShape, edits: EditList): void {
  const names = new Set<string>();
  for (let left = reader.count("exports", moduleLimits.exports); left > 0; left--) {
    const at = reader.position;
    const name = reader.name();
    if (name.startsWith(meterExportPrefix)) {
      throw new ModuleFailure("reserved-name", at, `no program may export "${meterExportPrefix}…".`);
    }
    if (names.has(name)) throw invalid(at, "two exports have one name.");
    names.add(name);
    const kindAt = reader.position;
    const kind = reader.byte();
    const from = reader.position;
    const index = reader.unsigned32();
    shape.exports.push({ module: "", name, kind, index });
    if (kind === external.function) {
      shape.functionType(index, from);
      shape.declared.add(index);
      edits.add(edit.functionIndex, from, reader.position, index);
    } else if (kind === external.table) shape.table(index, from);
    else if (kind === external.memory) {
      shape.requireMemory(from);
      if (index !== 0) throw invalid(from, `there is no memory ${index}.`);
    } else if (kind === external.global) {
      shape.global(index, from);
      edits.add(edit.globalIndex, from, reader.position, index);
    } else if (kind === 4) throw unsupported(kindAt, "exceptions are not allowed.");
    else throw malformed(kindAt, `there is no export of kind ${kind}.`);
  }
}

/** The function that runs when the module starts. */
export function readStart(reader: BinaryReader, shape: ModuleShape): void {
  const from = reader.position;
  const index = reader.unsigned32();
  const { parameters, results } = shape.functionType(index, from);
  if (parameters.length + results.length > 0) throw invalid(from, "the start function takes or gives something.");
  shape.start = index;
}
