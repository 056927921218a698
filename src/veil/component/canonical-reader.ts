/**
 * Reads how functions of a component are connected to core functions. The only one that a program may lift is its entry,
 * so no type of the program's own choice is ever read from or written to its memory by the host.
 * @module
 */
import type { BinaryReader } from "#protocol/veil/binary-reader.ts";
import { malformed, unsupported } from "#protocol/veil/failure.ts";
import { componentLimits } from "./limits.ts";
import type { TypeScope } from "./types.ts";

/** Type of `run` in `wasi:cli/run`. */
const entryType = "()->result<_,_>";

const option = { utf8: 0, memory: 3, reallocate: 4, postReturn: 5 } as const;

/** Reads the content of a section of canonical definitions. */
export function readCanonicals(reader: BinaryReader, scope: TypeScope): void {
  for (let left = reader.count("canonical definitions", componentLimits.items); left > 0; left--) {
    const at = reader.position;
    const form = reader.byte();
    if (form === 0) readLift(reader, scope);
    else if (form === 1) readLower(reader);
    // Dropping a handle; making and opening resources is for those who define some.
    else if (form === 3) reader.unsigned32();
    else throw unsupported(at, `the canonical definition 0x${form.toString(16)} is not allowed.`);
  }
}

function readLift(reader: BinaryReader, scope: TypeScope): void {
  const at = reader.position;
  if (reader.byte() !== 0) throw malformed(at, "functions are lifted.");
  reader.unsigned32();
  readOptions(reader);
  const type = scope.at(reader.unsigned32(), at);
  if (type.sort !== "function" || type.text !== entryType) {
    throw unsupported(at, "a program exports nothing but run, which takes nothing and succeeds or fails.");
  }
}

function readLower(reader: BinaryReader): void {
  const at = reader.position;
  if (reader.byte() !== 0) throw malformed(at, "functions are lowered.");
  reader.unsigned32();
  readOptions(reader);
}

function readOptions(reader: BinaryReader): void {
  for (let left = reader.count("options", componentLimits.items); left > 0; left--) {
    const at = reader.position;
    const kind = reader.byte();
    if (kind === option.memory || kind === option.reallocate || kind === option.postReturn) reader.unsigned32();
    else if (kind !== option.utf8) throw unsupported(at, "text must be UTF-8, and calls must not be asynchronous.");
  }
}
