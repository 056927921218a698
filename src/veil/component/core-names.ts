/**
 * The names under which a core module inside a component imports and exports, and the memory it brings. Whether the
 * module is valid is the meter's business; here only what must be known before that is looked at.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { BinaryReader } from "#protocol/veil/binary-reader.ts";
import { external } from "#protocol/veil/declarations.ts";
import { caught, ModuleFailure, malformed, unsupported } from "#protocol/veil/failure.ts";
import { moduleLimits } from "#protocol/veil/limits.ts";
import { preamble, section } from "#protocol/veil/sections.ts";
import { readHarmlessName } from "./names.ts";

/** Checks every name of the module with which the reader ends, and says how many elements its own tables start with. */
export function checkCoreNames(reader: BinaryReader): number {
  let elements = 0;
  eachSection(reader, (id) => {
    if (id === section.import) readImportNames(reader);
    if (id === section.export) readExportNames(reader);
    if (id === section.table) elements += readTableElements(reader);
  });
  return elements;
}

function readTableElements(reader: BinaryReader): number {
  let elements = 0;
  for (let left = reader.count("tables", moduleLimits.tables); left > 0; left--) {
    reader.byte();
    elements += skipSizes(reader);
  }
  return elements;
}

/** Pages that a module's own memory starts with; nothing if it has none of its own. */
export function ownMemoryPages(module: Uint8Array): Result<number | undefined> {
  return caught(() => {
    let pages: number | undefined;
    let isExported = false;
    const reader = new BinaryReader(module);
    eachSection(reader, (id) => {
      if (id === section.export) isExported = readExportNames(reader).has(external.memory);
      if (id !== section.memory || reader.unsigned32() === 0) return;
      reader.byte();
      pages = reader.unsigned32();
    });
    if (pages === undefined || isExported) return accepted(pages);
    // How much of it was used could not be told.
    return rejected("unsupported-feature", "A core module of the component hides its memory from all others.");
  });
}

function eachSection(reader: BinaryReader, read: (id: number) => void): void {
  const moduleEnd = reader.end;
  for (const expected of preamble) {
    const at = reader.position;
    if (reader.byte() !== expected) throw malformed(at, "a core module begins with no WebAssembly preamble.");
  }
  while (reader.position < moduleEnd) {
    const at = reader.position;
    const id = reader.byte();
    const size = reader.unsigned32();
    if (size > moduleEnd - reader.position) {
      throw new ModuleFailure("truncated", at, "a section ends after its module.");
    }
    reader.end = reader.position + size;
    read(id);
    reader.position = reader.end;
    reader.end = moduleEnd;
  }
}

function readImportNames(reader: BinaryReader): void {
  for (let left = reader.count("imports", moduleLimits.imports); left > 0; left--) {
    readHarmlessName(reader);
    readHarmlessName(reader);
    skipImportType(reader);
  }
}

function skipImportType(reader: BinaryReader): void {
  const at = reader.position;
  const kind = reader.byte();
  if (kind === 0) reader.unsigned32();
  else if (kind === 1) {
    reader.byte();
    skipSizes(reader);
  } else if (kind === 2) skipSizes(reader);
  else if (kind === 3) reader.skip(2);
  else throw unsupported(at, `imports of the kind ${kind} are not allowed.`);
}

/** Least size, which it gives, and, if the flag says so, most. */
function skipSizes(reader: BinaryReader): number {
  const flags = reader.byte();
  const least = reader.unsigned32();
  if (flags === 1) reader.unsigned32();
  return least;
}

/** The kinds of what is exported. */
function readExportNames(reader: BinaryReader): ReadonlySet<number> {
  const kinds = new Set<number>();
  for (let left = reader.count("exports", moduleLimits.exports); left > 0; left--) {
    readHarmlessName(reader);
    kinds.add(reader.byte());
    reader.unsigned32();
  }
  return kinds;
}
