/**
 * The outermost layer of a module: its preamble, and sections in their one allowed order, each of which fills its size.
 * Custom sections mean nothing to execution: they are passed over and not kept.
 * @module
 */
import type { BinaryReader } from "./binary-reader.ts";
import { ModuleFailure, malformed, tooMany, unsupported } from "./failure.ts";
import { moduleLimits } from "./limits.ts";

/** Sections by their byte. */
export const section = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

/** Non-custom sections in the order in which they may stand. */
export const sectionOrder: readonly number[] = [
  section.type,
  section.import,
  section.function,
  section.table,
  section.memory,
  section.global,
  section.export,
  section.start,
  section.element,
  section.dataCount,
  section.code,
  section.data,
];

/** "\0asm", version 1. */
export const preamble: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** The byte that makes the preamble one of a component. */
const componentLayer = 0x0d;

function readPreamble(reader: BinaryReader): void {
  const { bytes } = reader;
  if (bytes.length > moduleLimits.moduleBytes) {
    throw new ModuleFailure("too-large", 0, `${bytes.length} bytes; a module has at most ${moduleLimits.moduleBytes}.`);
  }
  for (const [i, expected] of preamble.entries()) {
    const byte = reader.byte();
    if (byte === expected) continue;
    if (i === 4 && byte === componentLayer) throw unsupported(i, "this is a component, not a core module.");
    throw malformed(i, "this is no WebAssembly module of version 1.");
  }
}

/**
 * Reads all sections. `read` is called for each but custom ones, with the reader at its content and ending with it, and
 * must consume all of it.
 */
export function readSections(reader: BinaryReader, read: (id: number) => void): void {
  readPreamble(reader);
  const moduleEnd = reader.end;
  let place = -1;
  let customSections = 0;
  while (reader.position < moduleEnd) {
    const at = reader.position;
    const id = reader.byte();
    const size = reader.unsigned32();
    if (size > moduleEnd - reader.position)
      throw new ModuleFailure("truncated", at, "a section ends after the module.");
    reader.end = reader.position + size;
    if (id === section.custom) {
      customSections++;
      const most = moduleLimits.customSections;
      if (customSections > most) throw tooMany(at, "custom sections", customSections, most);
      reader.name();
      reader.position = reader.end;
    } else {
      const next = sectionOrder.indexOf(id);
      if (id === 13) throw unsupported(at, "exceptions are not allowed.");
      if (next < 0) throw malformed(at, `there is no section ${id}.`);
      if (next <= place) throw malformed(at, `section ${id} stands twice or in the wrong place.`);
      place = next;
      read(id);
      if (reader.position !== reader.end) throw malformed(reader.position, `section ${id} is longer than its content.`);
    }
    reader.end = moduleEnd;
  }
}
