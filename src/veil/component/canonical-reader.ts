/**
 * Reads how functions of a component are connected to core functions. Of what is lifted only the program's entry is ever
 * called by the host, and of what is lowered only WASI's functions are the host's: calls between components of one
 * program stay in code that is metered.
 * @module
 */
import type { BinaryReader } from "#protocol/veil/binary-reader.ts";
import { malformed, unsupported } from "#protocol/veil/failure.ts";
import { componentLimits } from "./limits.ts";
import type { TypeScope } from "./types.ts";

const option = { utf8: 0, memory: 3, reallocate: 4, postReturn: 5 } as const;

/** Reads the content of a section of canonical definitions. Gives the signatures of the functions that it lifts. */
export function readCanonicals(reader: BinaryReader, count: number, scope: TypeScope): string[] {
  const lifted: string[] = [];
  for (let left = count; left > 0; left--) {
    const at = reader.position;
    const form = reader.byte();
    if (form === 0) lifted.push(readLift(reader, scope));
    else if (form === 1) readLower(reader);
    // Making a handle of a resource of its own, dropping one, and what one stands for.
    else if (form === 2 || form === 3 || form === 4) reader.unsigned32();
    else throw unsupported(at, `the canonical definition 0x${form.toString(16)} is not allowed.`);
  }
  return lifted;
}

function readLift(reader: BinaryReader, scope: TypeScope): string {
  const at = reader.position;
  if (reader.byte() !== 0) throw malformed(at, "functions are lifted.");
  reader.unsigned32();
  readOptions(reader);
  return scope.signature(reader.unsigned32(), at);
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
