/**
 * Reads a whole module, section by section, and checks everything about it. Bodies are handed on one by one as soon as
 * each is checked; what metering changes in other sections is collected.
 * @module
 */
import type { BinaryReader } from "./binary-reader.ts";
import { BodyChecker } from "./body-checker.ts";
import {
  readExports,
  readFunctions,
  readGlobals,
  readImports,
  readMemories,
  readStart,
  readTables,
  readTypes,
} from "./declarations.ts";
import { EditList } from "./edits.ts";
import { ModuleFailure, malformed, tooMany } from "./failure.ts";
import { moduleLimits } from "./limits.ts";
import { ModuleShape } from "./module-shape.ts";
import { readSections, section, sectionOrder } from "./sections.ts";
import { readData, readDataCount, readElements } from "./segments.ts";

/** Where the content of a section is, and what metering changes in it. */
export interface CheckedSection {
  readonly from: number;
  readonly to: number;
  readonly edits: EditList;
}

/** A module that passed. */
export interface CheckedModule {
  readonly shape: ModuleShape;
  readonly sections: ReadonlyMap<number, CheckedSection>;
}

type SectionReader = (reader: BinaryReader, shape: ModuleShape, edits: EditList) => void;

const readers: Readonly<Record<number, SectionReader>> = {
  [section.type]: readTypes,
  [section.import]: readImports,
  [section.function]: readFunctions,
  [section.table]: readTables,
  [section.memory]: readMemories,
  [section.global]: readGlobals,
  [section.export]: readExports,
  [section.start]: readStart,
  [section.element]: readElements,
  [section.dataCount]: readDataCount,
  [section.data]: readData,
};

/** What a module declares, without its code: sections before it are checked, the rest is passed over. */
export function readDeclarations(reader: BinaryReader): ModuleShape {
  const shape = new ModuleShape();
  readSections(reader, (id) => {
    if (sectionOrder.indexOf(id) <= sectionOrder.indexOf(section.export)) readers[id]?.(reader, shape, new EditList());
    else reader.position = reader.end;
  });
  return shape;
}

/** Reads and checks a module; `onBody` gets every function body in turn. */
export function readModule(reader: BinaryReader, onBody: (body: BodyChecker) => void): CheckedModule {
  const shape = new ModuleShape();
  const sections = new Map<number, CheckedSection>();
  readSections(reader, (id) => {
    const [from, to, edits] = [reader.position, reader.end, new EditList()];
    if (id === section.code) readCode(reader, shape, onBody);
    else readers[id]?.(reader, shape, edits);
    sections.set(id, { from, to, edits });
  });
  if (shape.functions.length > shape.importedFunctions && !sections.has(section.code)) {
    throw malformed(reader.end, "functions are declared, but there is no code.");
  }
  if (shape.dataCount !== undefined && shape.dataCount > 0 && !sections.has(section.data)) {
    throw malformed(reader.end, "data segments are announced, but there are none.");
  }
  return { shape, sections };
}

function readCode(reader: BinaryReader, shape: ModuleShape, onBody: (body: BodyChecker) => void): void {
  const countAt = reader.position;
  const count = reader.count("functions", moduleLimits.functions);
  if (count !== shape.functions.length - shape.importedFunctions) {
    throw malformed(countAt, `${count} bodies for ${shape.functions.length - shape.importedFunctions} functions.`);
  }
  const body = new BodyChecker(reader, shape);
  const codeEnd = reader.end;
  let locals = 0;
  for (let i = 0; i < count; i++) {
    const at = reader.position;
    const size = reader.unsigned32();
    if (size > codeEnd - reader.position) throw new ModuleFailure("truncated", at, "a body ends after its section.");
    if (size > moduleLimits.bodyBytes) throw tooMany(at, "bytes in a function", size, moduleLimits.bodyBytes);
    reader.end = reader.position + size;
    body.check(shape.importedFunctions + i);
    locals += body.locals.count;
    if (locals > moduleLimits.moduleLocals) throw tooMany(at, "locals in all", locals, moduleLimits.moduleLocals);
    onBody(body);
    reader.end = codeEnd;
  }
}
