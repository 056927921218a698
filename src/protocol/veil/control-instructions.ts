/**
 * Control instructions of a body: blocks, branches, calls. They end basic blocks; where one begins, fuel is charged.
 * @module
 */
import type { BinaryReader } from "./binary-reader.ts";
import type { BodyContext } from "./body-context.ts";
import { type ControlFrame, labelTypes } from "./control-stack.ts";
import { costTable } from "./costs.ts";
import { edit, labelsOfLoop } from "./edits.ts";
import { invalid, malformed, tooMany } from "./failure.ts";
import { moduleLimits } from "./limits.ts";
import type { ModuleShape } from "./module-shape.ts";
import { emptyBlock, op } from "./opcodes.ts";
import { type FunctionType, isFloat, readValueType, valueType } from "./types.ts";

// Looked up once: the switch below is passed for every block of untrusted code.
const { block, loop, unreachable, nop, end } = op;
const { if: ifThen, else: elseThen, return: returnNow, call: callNow } = op;
const { branch: branchNow, branchIf: branchWhen, branchTable: branchBy } = op;

/** Checks one of the instructions 0x00 to 0x11. */
export function checkControl(body: BodyContext, code: number, at: number): void {
  switch (code) {
    case nop:
      return;
    case unreachable:
      body.control.abandon();
      return;
    case block:
    case loop:
    case ifThen:
      openBlock(body, code, at);
      return;
    case elseThen:
      elseArm(body, at);
      return;
    case end:
      endBlock(body, at);
      return;
    case branchNow:
      branch(body, at);
      return;
    case branchWhen:
      branchIf(body, at);
      return;
    case branchBy:
      branchTable(body, at);
      return;
    case returnNow:
      body.operands.popAllObserved(body.type.results, at);
      body.edits.add(edit.return, at, body.reader.position, body.control.depth - 1 + body.control.top.addedLabels);
      body.control.abandon();
      return;
    case callNow:
      call(body, at);
      return;
    default:
      callIndirect(body, at);
  }
}

/** Block types with at most one result, by byte: nothing is made anew for every block. */
const shortTypes: FunctionType[] = [];
shortTypes[emptyBlock] = { parameters: [], results: [] };
for (const type of Object.values(valueType)) shortTypes[type] = { parameters: [], results: [type] };

function readBlockType(reader: BinaryReader, shape: ModuleShape, at: number): FunctionType {
  const first = reader.peek();
  if ((first & 0xc0) === 0x40) {
    if (first === emptyBlock) reader.byte();
    else readValueType(reader);
    return shortTypes[first] as FunctionType;
  }
  // A signed number of 33 bits that is not negative: as an unsigned one it ends with the sign bit clear.
  const from = reader.position;
  const index = reader.unsigned32();
  const last = reader.bytes[reader.position - 1] as number;
  if ((last & 0x40) !== 0 && reader.position - from < 5) {
    throw malformed(from, "a block type is negative.");
  }
  const type = shape.type(index, from);
  if (type.parameters.length > moduleLimits.blockParameters) {
    throw tooMany(at, "parameters of a block", type.parameters.length, moduleLimits.blockParameters);
  }
  return type;
}

function openBlock(body: BodyContext, code: number, at: number): void {
  const type = readBlockType(body.reader, body.shape, at);
  if (code === ifThen) body.operands.pop(valueType.i32, at);
  body.operands.popAllObserved(type.parameters, at);
  // Unreachable code has operands of any type, but the block gets all of them.
  body.control.open(code, type, at);
  body.operands.pushAll(type.parameters, at);
  if (code === loop) body.floats.enterLoop();
  if (!body.control.live) return;
  if (code === loop) openLoop(body, type, at);
  else if (code === ifThen) {
    body.beginBlock(edit.charge);
    body.plan.enterArm(body.control.top);
  }
}

/**
 * The head of a loop tests whether fuel is left. Where that leads out of the loop, no call stands inside it and engines
 * keep its values in registers; operands that a loop takes cannot be kept for its next beginning, so those stay.
 */
function openLoop(body: BodyContext, type: FunctionType, at: number): void {
  const { plan, reader } = body;
  const frame = body.control.top;
  if (type.parameters.length > 0) {
    body.edits.add(edit.charge, at, at, 0);
    body.beginBlock(edit.testedCharge);
  } else {
    body.edits.add(edit.loopOpen, at, reader.position, 0);
    frame.addedLabels += labelsOfLoop;
    frame.charge = body.beginBlock(edit.loopCharge);
  }
  plan.enterLoop(frame);
}

function elseArm(body: BodyContext, at: number): void {
  const { control, operands } = body;
  const frame = control.top;
  if (frame.kind !== ifThen) throw invalid(at, "an else without an if.");
  control.checkResults(at);
  if (control.live) {
    frame.reached = true;
    body.plan.lead(frame);
  }
  frame.kind = elseThen;
  frame.polymorphic = false;
  control.live = frame.entered;
  operands.polymorphic = false;
  operands.pushAll(frame.type.parameters, at);
  if (!frame.entered) return;
  body.beginBlock(edit.charge);
  body.plan.enterElse(frame);
}

function endBlock(body: BodyContext, at: number): void {
  const { control, operands, plan } = body;
  control.checkResults(at);
  const ranToEnd = control.live;
  const frame = control.close(continuesAfter(control.top, ranToEnd));
  const { parameters, results } = frame.type;
  if (frame.kind === ifThen && !sameTypes(parameters, results)) {
    throw invalid(at, "an if without an else must leave what it takes.");
  }
  if (control.depth === 0) return;
  if (frame.kind === loop) body.floats.leaveLoop();
  if (frame.head >= 0) plan.endLoop(frame);
  if (frame.charge >= 0) body.edits.add(edit.loopEnd, at, body.reader.position, frame.charge);
  operands.pushAll(results, at);
  const joins = frame.kind !== loop && (frame.kind !== block || frame.reached);
  if (!joins || !control.live) return;
  if (ranToEnd) plan.lead(frame);
  body.beginBlock(edit.charge);
  plan.join(frame);
}

/** Whether code behind a block can be reached. */
function continuesAfter(frame: ControlFrame, ranToEnd: boolean): boolean {
  if (frame.kind === loop) return ranToEnd;
  return frame.entered && (ranToEnd || frame.reached || frame.kind === ifThen);
}

function sameTypes(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Reads the target of a branch; only code that runs makes it reached. */
function readTarget(body: BodyContext, at: number): ControlFrame {
  const { control, reader } = body;
  const from = reader.position;
  const label = reader.unsigned32();
  const target = control.target(label, at);
  if (control.live) target.reached = true;
  const added = control.top.addedLabels - target.addedLabels;
  if (added > 0) body.edits.add(edit.label, from, reader.position, label + added);
  return target;
}

function branch(body: BodyContext, at: number): void {
  const target = readTarget(body, at);
  body.operands.popAllObserved(labelTypes(target), at);
  if (body.control.live) body.plan.lead(target);
  body.control.abandon();
}

function branchIf(body: BodyContext, at: number): void {
  const target = readTarget(body, at);
  body.operands.pop(valueType.i32, at);
  body.operands.popAllObserved(labelTypes(target), at);
  body.operands.pushAll(labelTypes(target), at);
  if (!body.control.live) return;
  body.plan.lead(target);
  body.beginBlock(edit.charge);
  body.plan.continue();
}

function branchTable(body: BodyContext, at: number): void {
  const { reader, operands } = body;
  const most = moduleLimits.branchTargets;
  operands.pop(valueType.i32, at);
  let checked: readonly number[] | undefined;
  for (let left = reader.count("branch targets", most) + 1; left > 0; left--) {
    const target = readTarget(body, at);
    // Its targets differ in what they need, and it has many.
    if (body.control.live) target.bare = true;
    const types = labelTypes(target);
    if (types === checked) continue;
    if (checked !== undefined && types.length !== checked.length) {
      throw invalid(at, "targets of one br_table take different numbers of operands.");
    }
    operands.checkTop(types, at);
    checked = types;
  }
  body.control.abandon();
}

/** A float that may come from the host gets its one form where it arrives. */
function giveResults(body: BodyContext, results: readonly number[], fromHost: boolean, at: number): void {
  const [only] = results;
  if (fromHost && results.length === 1 && only !== undefined && isFloat(only)) body.give(only, true, at);
  else body.operands.pushAll(results, at);
}

function call(body: BodyContext, at: number): void {
  const { reader, shape } = body;
  const index = reader.unsigned32();
  const { parameters, results } = shape.functionType(index, at);
  const imported = index < shape.importedFunctions;
  if (imported) body.charge(costTable.hostCall - costTable.call);
  body.operands.popAllObserved(parameters, at);
  body.showFuel(edit.call, at, reader.position, index);
  giveResults(body, results, imported, at);
  if (body.control.live) body.calls = true;
}

function callIndirect(body: BodyContext, at: number): void {
  const { reader, shape } = body;
  const { parameters, results } = shape.type(reader.unsigned32(), at);
  const table = shape.table(reader.unsigned32(), at);
  if (table.element !== valueType.funcref) throw invalid(at, "a call through a table of other things than functions.");
  if (body.tablesReachHost) body.charge(costTable.hostCall - costTable.indirectCall);
  body.operands.pop(valueType.i32, at);
  body.operands.popAllObserved(parameters, at);
  body.showFuel(edit.callIndirect, at, reader.position, 0);
  // The host may have put a function of its own into the table.
  giveResults(body, results, true, at);
  if (body.control.live) body.calls = true;
}
