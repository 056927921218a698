/**
 * Puts the metered module together: the sections of the original with new indices, imports and helpers of the meter, the
 * memory's cap, and the metered code. Custom sections of the original are left out: nothing in them is executed.
 * @module
 */
import { BinaryReader } from "./binary-reader.ts";
import { BinaryWriter } from "./binary-writer.ts";
import type { MeteredCode } from "./body-writer.ts";
import { external, functionForm, meterExportPrefix, meterModuleName } from "./declarations.ts";
import { edit } from "./edits.ts";
import { type IndexMap, meterVariables, refillName, startName } from "./index-map.ts";
import { writeEntrance, writeHelper } from "./meter-helpers.ts";
import type { CheckedModule, CheckedSection } from "./module-reader.ts";
import type { ModuleShape } from "./module-shape.ts";
import { op } from "./opcodes.ts";
import { preamble, section, sectionOrder } from "./sections.ts";
import { valueType } from "./types.ts";

/** What the meter adds behind the content of a section. */
interface Addition {
  readonly count: number;
  readonly content: BinaryWriter;
}

/** Writes the metered module. */
export function writeModule(
  bytes: Uint8Array,
  checked: CheckedModule,
  map: IndexMap,
  { code, hints }: MeteredCode,
  capPages: number,
): Uint8Array {
  const { memory } = checked.shape;
  const cap = Math.min(capPages, memory?.maximum ?? capPages);
  const additions = additionsOf(map, checked.shape, cap);
  const out = new BinaryWriter(code.length + bytes.length);
  out.bytes(...preamble);
  for (const id of sectionOrder) {
    const original = checked.sections.get(id);
    const addition = additions.get(id);
    if (id === section.start || (original === undefined && (addition?.count ?? 0) === 0)) continue;
    const content = new BinaryWriter();
    if (id === section.memory && memory?.imported === false) writeMemory(content, memory.minimum, cap);
    else if (id === section.function) writeFunctions(content, checked.shape, map, addition as Addition);
    else if (addition === undefined) applyEdits(content, bytes, original as CheckedSection, map, original?.from ?? 0);
    else {
      const reader = new BinaryReader(bytes, original?.from ?? 0, original?.to ?? 0);
      content.unsigned32((original === undefined ? 0 : reader.unsigned32()) + addition.count);
      if (id === section.code) content.append(code);
      else if (original !== undefined) applyEdits(content, bytes, original, map, reader.position);
      content.append(addition.content);
    }
    if (id === section.code) out.section(section.custom, hints.content());
    out.section(id, content);
  }
  return out.finish();
}

/** Types of functions: of each in its metered form, then what the meter adds. */
function writeFunctions(out: BinaryWriter, shape: ModuleShape, map: IndexMap, addition: Addition): void {
  out.unsigned32(shape.functions.length - shape.importedFunctions + addition.count);
  for (let i = shape.importedFunctions; i < shape.functions.length; i++) {
    out.unsigned32(map.meteredType(shape.functions[i] as number));
  }
  out.append(addition.content);
}

/** Helpers first: writing one may ask for another, and for types. */
function additionsOf(map: IndexMap, shape: ModuleShape, cap: number): ReadonlyMap<number, Addition> {
  const bodies = new BinaryWriter();
  const functions = new BinaryWriter();
  for (const index of map.entrances) {
    writeEntrance(bodies, map, index, shape.functionType(index, 0).parameters.length);
    functions.unsigned32(shape.functions[index] as number);
  }
  for (let i = 0; i < map.helpers.length; i++) {
    const kind = map.helpers[i] as number;
    writeHelper(bodies, map, kind, cap);
    functions.unsigned32(map.helperType(kind));
  }
  // The module's own functions have types that are not there yet.
  for (let i = shape.importedFunctions; i < shape.functions.length; i++) map.meteredType(shape.functions[i] as number);
  const added = map.entrances.length + map.helpers.length;
  // Imports before types: they ask for one.
  const imports = addedImports(map);
  return new Map([
    [section.import, imports],
    [section.type, addedTypes(map)],
    [section.function, { count: added, content: functions }],
    [section.global, addedGlobals(map)],
    [section.export, addedExports(map, shape)],
    [section.code, { count: added, content: bodies }],
  ]);
}

function addedTypes(map: IndexMap): Addition {
  const content = new BinaryWriter();
  for (const { parameters, results } of map.addedTypes) {
    content.byte(functionForm);
    for (const list of [parameters, results]) {
      content.unsigned32(list.length);
      content.bytes(...list);
    }
  }
  return { count: map.addedTypes.length, content };
}

function addedImports(map: IndexMap): Addition {
  const content = new BinaryWriter();
  if (map.mode === "call") {
    writeImport(content, refillName, external.function);
    content.unsigned32(map.actionType);
  }
  if (map.counters === "own") return { count: map.addedFunctions, content };
  for (const [name, type] of meterVariables) {
    writeImport(content, name, external.global);
    content.bytes(type, 1);
  }
  return { count: map.addedFunctions + meterVariables.length, content };
}

/** All zero: a run that was given nothing ends at its first instruction. */
function addedGlobals(map: IndexMap): Addition {
  const content = new BinaryWriter();
  if (map.counters === "shared") return { count: 0, content };
  for (const [, type] of meterVariables) {
    content.bytes(type, 1, type === valueType.i64 ? op.i64Const : op.i32Const, 0, op.end);
  }
  return { count: meterVariables.length, content };
}

function addedExports(map: IndexMap, { start }: ModuleShape): Addition {
  const content = new BinaryWriter();
  let count = 0;
  const add = (name: string, kind: number, index: number): void => {
    content.name(`${meterExportPrefix}${name}`);
    content.byte(kind);
    content.unsigned32(index);
    count++;
  };
  if (map.counters === "own") {
    for (const [i, [name]] of meterVariables.entries()) add(name, external.global, map.fuel + i);
  }
  if (start !== undefined) add(startName, external.function, map.entrance(start));
  return { count, content };
}

function writeImport(out: BinaryWriter, name: string, kind: number): void {
  out.name(meterModuleName);
  out.name(name);
  out.byte(kind);
}

function writeMemory(out: BinaryWriter, minimum: number, maximum: number): void {
  out.bytes(1, 1);
  out.unsigned32(minimum);
  out.unsigned32(maximum);
}

/** A section from `start` on as it was, but for the indices in it. */
function applyEdits(
  out: BinaryWriter,
  bytes: Uint8Array,
  original: CheckedSection,
  map: IndexMap,
  start: number,
): void {
  const { edits } = original;
  let from = start;
  for (let i = 0; i < edits.count; i++) {
    out.copy(bytes, from, edits.from(i));
    const index = edits.argument(i);
    out.unsigned32(edits.kind(i) === edit.functionIndex ? map.entrance(index) : map.global(index));
    from = edits.to(i);
  }
  out.copy(bytes, from, original.to);
}
