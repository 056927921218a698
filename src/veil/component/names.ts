/**
 * Names in a component. Every name that may reach generated code is read here.
 * @module
 */
import type { BinaryReader } from "#protocol/veil/binary-reader.ts";
import { ModuleFailure, unsupported } from "#protocol/veil/failure.ts";
import { isHarmlessName } from "./limits.ts";

function refused(offset: number, name: string): ModuleFailure {
  const shown = JSON.stringify(name.slice(0, 40).replace(/[^ -~]/g, "?"));
  return new ModuleFailure(
    "reserved-name",
    offset,
    `${shown} is no name for a program: it must have at most 256 characters of A–Z a–z 0–9 _ $ : / @ . # [ ] | + -.`,
  );
}

/** A name of harmless characters, possibly none. */
export function readHarmlessName(reader: BinaryReader): string {
  const at = reader.position;
  const name = reader.name();
  if (!isHarmlessName(name)) throw refused(at, name);
  return name;
}

/** The name of an import or export, behind the byte that says how it is written. */
export function readExternName(reader: BinaryReader): string {
  const at = reader.position;
  if (reader.byte() > 1) throw unsupported(at, "names with a suffix for their version are not allowed.");
  return readHarmlessName(reader);
}
