/**
 * Instructions of a body on globals, tables, references, and those behind the prefix 0xfc.
 * @module
 */
import type { BodyContext } from "./body-context.ts";
import { extendedCost } from "./costs.ts";
import { edit } from "./edits.ts";
import { invalid, malformed, unsupported } from "./failure.ts";
import { extended, op, saturating } from "./opcodes.ts";
import { isFloat, readReferenceType, valueType } from "./types.ts";

/** Checks one of the instructions 0x23 to 0x26. */
export function checkVariable(body: BodyContext, code: number, at: number): void {
  const { operands, shape } = body;
  const from = body.reader.position;
  const index = body.reader.unsigned32();
  if (code === op.globalGet || code === op.globalSet) {
    const { type, mutable } = shape.global(index, at);
    body.edits.add(edit.globalIndex, from, body.reader.position, index);
    if (code === op.globalGet) body.give(type, isFloat(type) && index < shape.importedGlobals, at);
    else {
      if (!mutable) throw invalid(at, `global ${index} cannot change.`);
      operands.popObserved(type, at);
    }
    return;
  }
  const { element } = shape.table(index, at);
  if (code === op.tableSet) operands.pop(element, at);
  operands.pop(valueType.i32, at);
  if (code === op.tableGet) operands.push(element, 0, at);
}

/** Checks one of the instructions 0xd0 to 0xd2. */
export function checkReference(body: BodyContext, code: number, at: number): void {
  const { operands, reader, shape } = body;
  if (code === op.refNull) operands.push(readReferenceType(reader), 0, at);
  else if (code === op.refIsNull) {
    const type = operands.pop(valueType.unknown, at);
    if (type !== valueType.unknown && type !== valueType.funcref && type !== valueType.externref) {
      throw invalid(at, "a number where a reference belongs.");
    }
    operands.push(valueType.i32, 0, at);
  } else {
    const from = reader.position;
    const index = reader.unsigned32();
    shape.functionType(index, at);
    if (!shape.declared.has(index)) throw invalid(at, `function ${index} is named nowhere outside code.`);
    body.edits.add(edit.functionIndex, from, reader.position, index);
    operands.push(valueType.funcref, 0, at);
  }
}

/** Checks an instruction behind the prefix 0xfc. */
export function checkExtended(body: BodyContext, at: number): void {
  const { operands } = body;
  const code = body.reader.unsigned32();
  if (code <= extended.lastConversion) {
    const [operand, result] = saturating[code] as readonly [number, number];
    operands.pop(operand, at);
    operands.push(result, 0, at);
  } else if (code <= extended.memoryFill) memoryInstruction(body, code, at);
  else if (code <= extended.tableFill) tableInstruction(body, code, at);
  else throw malformed(at, `there is no instruction 0xfc ${code}.`);
  body.charge(extendedCost(code));
}

function memoryInstruction(body: BodyContext, code: number, at: number): void {
  const { operands, reader, shape } = body;
  if (code === extended.memoryInit || code === extended.dataDrop) {
    shape.requireDataSegment(reader.unsigned32(), at);
    if (code === extended.dataDrop) return;
  }
  shape.requireMemory(at);
  const memories = code === extended.memoryCopy ? 2 : 1;
  for (let i = 0; i < memories; i++) if (reader.byte() !== 0) throw unsupported(at, "more than one memory.");
  for (let i = 0; i < 3; i++) operands.pop(valueType.i32, at);
  body.showFuel(edit.bulkBytes, at, at, 0);
}

function tableInstruction(body: BodyContext, code: number, at: number): void {
  const { operands, reader, shape } = body;
  // Growth may be refused for reasons that differ from node to node, and no compiler needs it.
  if (code === extended.tableGrow) throw unsupported(at, "tables do not grow.");
  const first = reader.unsigned32();
  if (code === extended.elementDrop) {
    shape.elementSegment(first, at);
    return;
  }
  if (code === extended.tableSize) {
    shape.table(first, at);
    operands.push(valueType.i32, 0, at);
    return;
  }
  operands.pop(valueType.i32, at);
  if (code === extended.tableFill) operands.pop(shape.table(first, at).element, at);
  else {
    const source = code === extended.tableInit ? shape.elementSegment(first, at) : undefined;
    const second = shape.table(reader.unsigned32(), at).element;
    if ((source ?? shape.table(first, at).element) !== second) throw invalid(at, "tables of different types.");
    operands.pop(valueType.i32, at);
  }
  operands.pop(valueType.i32, at);
  body.showFuel(edit.bulkElements, at, at, 0);
}
