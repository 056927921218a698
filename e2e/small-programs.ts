/**
 * Programs made byte by byte that do one thing.
 * @module
 */
import { op } from "../src/protocol/veil/opcodes.ts";
import { section } from "../src/protocol/veil/sections.ts";
import { valueType } from "../src/protocol/veil/types.ts";
import { body, functionType, moduleOf, name, sectionOf, vector } from "../src/testing/veil/module-builder.ts";

/** A program whose whole body is given. */
function program(code: Uint8Array): Uint8Array {
  return moduleOf(
    sectionOf(section.type, vector([functionType([], [valueType.i32])])),
    sectionOf(section.function, vector([Uint8Array.of(0)])),
    sectionOf(section.memory, 1, 0, 1),
    sectionOf(
      section.export,
      vector([
        [name("run"), 0, 0],
        [name("memory"), 2, 0],
      ]),
    ),
    sectionOf(section.code, vector([code])),
  );
}

/** Runs until its fuel is used up or somebody stops it. */
export const spinning = program(body([], op.loop, 0x40, op.branch, 0, op.end, op.i32Const, 0));
/** Does what is not allowed. */
export const trapping = program(body([], op.unreachable));
