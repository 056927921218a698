/**
 * Readers of the sections that fill tables and memory: elements, data count, data.
 * @module
 */
import type { BinaryReader } from "./binary-reader.ts";
import { checkConstantExpression } from "./constant-expression.ts";
import { type EditList, edit } from "./edits.ts";
import { invalid, malformed, unsupported } from "./failure.ts";
import { moduleLimits } from "./limits.ts";
import type { ModuleShape } from "./module-shape.ts";
import { readReferenceType, valueType } from "./types.ts";

/** Bits of an element segment's flags. */
const elementFlag = { notActive: 1, explicit: 2, expressions: 4 } as const;

/** Elements for tables, or for code that copies them there. */
export function readElements(reader: BinaryReader, shape: ModuleShape, edits: EditList): void {
  for (let left = reader.count("element segments", moduleLimits.elementSegments); left > 0; left--) {
    readElementSegment(reader, shape, edits);
  }
}

function readElementSegment(reader: BinaryReader, shape: ModuleShape, edits: EditList): void {
  const at = reader.position;
  const flags = reader.unsigned32();
  if (flags > 7) throw malformed(at, `an element segment with flags ${flags}.`);
  const active = (flags & elementFlag.notActive) === 0;
  let table = 0;
  if (active) {
    if (flags & elementFlag.explicit) table = reader.unsigned32();
    shape.table(table, at);
    checkConstantExpression(reader, shape, valueType.i32, edits);
  }
  const element = readElementType(reader, flags);
  if (active && shape.table(table, at).element !== element)
    throw invalid(at, "elements of another type than the table's.");
  const count = reader.count("elements", reader.end - reader.position);
  for (let i = 0; i < count; i++) {
    if (flags & elementFlag.expressions) checkConstantExpression(reader, shape, element, edits);
    else {
      const from = reader.position;
      const index = reader.unsigned32();
      shape.functionType(index, from);
      shape.declared.add(index);
      edits.add(edit.functionIndex, from, reader.position, index);
    }
  }
  shape.elements += count;
  shape.elementSegments.push(element);
}

/** The shortest forms (0 and 4) leave the type out: functions. */
function readElementType(reader: BinaryReader, flags: number): number {
  if ((flags & (elementFlag.notActive | elementFlag.explicit)) === 0) return valueType.funcref;
  if (flags & elementFlag.expressions) return readReferenceType(reader);
  const at = reader.position;
  if (reader.byte() !== 0) throw malformed(at, "only functions are elements without an expression.");
  return valueType.funcref;
}

/** How many data segments there will be, so that code can be checked before them. */
export function readDataCount(reader: BinaryReader, shape: ModuleShape): void {
  // Not reader.count: the segments are in another section.
  shape.dataCount = reader.unsigned32();
}

/** Data for memory, or for code that copies it there. */
export function readData(reader: BinaryReader, shape: ModuleShape, edits: EditList): void {
  const countAt = reader.position;
  const count = reader.count("data segments", moduleLimits.dataSegments);
  if (shape.dataCount !== undefined && count !== shape.dataCount) {
    throw malformed(countAt, `${count} data segments, but ${shape.dataCount} announced.`);
  }
  for (let i = 0; i < count; i++) {
    const at = reader.position;
    const flags = reader.unsigned32();
    if (flags > 2) throw malformed(at, `a data segment with flags ${flags}.`);
    if (flags === 2 && reader.unsigned32() !== 0) throw unsupported(at, "more than one memory.");
    if (flags !== 1) {
      shape.requireMemory(at);
      checkConstantExpression(reader, shape, valueType.i32, edits);
    }
    const bytes = reader.unsigned32();
    reader.skip(bytes);
    shape.dataBytes += bytes;
  }
}
