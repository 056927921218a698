/**
 * Expressions that are evaluated when a module starts: one constant, one imported immutable global, or one reference.
 * @module
 */
import type { BinaryReader } from "./binary-reader.ts";
import { type EditList, edit } from "./edits.ts";
import { invalid, malformed, unsupported } from "./failure.ts";
import type { ModuleShape } from "./module-shape.ts";
import { op } from "./opcodes.ts";
import { readReferenceType, typeName, valueType } from "./types.ts";

/** Checks one expression of type `expected` and its end; indices in it become edits. */
export function checkConstantExpression(
  reader: BinaryReader,
  shape: ModuleShape,
  expected: number,
  edits: EditList,
): void {
  const at = reader.position;
  const type = readConstant(reader, shape, edits);
  if (type !== expected) throw invalid(at, `${typeName(type)} where ${typeName(expected)} belongs.`);
  const end = reader.position;
  const code = reader.byte();
  if (code === op.end) return;
  if (isExtended(code)) throw unsupported(end, "a constant expression is one instruction.");
  throw invalid(end, "a constant expression is one instruction.");
}

function isExtended(code: number): boolean {
  return (code >= op.i32Add && code <= 0x6c) || (code >= op.i64Add && code <= 0x7e) || (code >= 0x41 && code <= 0x44);
}

function readConstant(reader: BinaryReader, shape: ModuleShape, edits: EditList): number {
  const at = reader.position;
  const code = reader.byte();
  const from = reader.position;
  switch (code) {
    case op.i32Const:
      reader.skipSigned32();
      return valueType.i32;
    case op.i64Const:
      reader.skipSigned64();
      return valueType.i64;
    case op.f32Const:
      reader.skip(4);
      return valueType.f32;
    case op.f64Const:
      reader.skip(8);
      return valueType.f64;
    case op.refNull:
      return readReferenceType(reader);
    case op.refFunc: {
      const index = reader.unsigned32();
      shape.functionType(index, from);
      shape.declared.add(index);
      edits.add(edit.functionIndex, from, reader.position, index);
      return valueType.funcref;
    }
    case op.globalGet: {
      const index = reader.unsigned32();
      const global = shape.global(index, from);
      if (global.mutable) throw invalid(from, `global ${index} can change and is no constant.`);
      if (index >= shape.importedGlobals) throw unsupported(from, "only imported globals are constants here.");
      edits.add(edit.globalIndex, from, reader.position, index);
      return global.type;
    }
    case op.end:
      throw invalid(at, "an empty constant expression.");
    default:
      throw malformed(at, `0x${code.toString(16)} is no constant.`);
  }
}
