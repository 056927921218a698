/**
 * Checks the body of a function as the specification asks, and in the same pass finds what metering changes in it: basic
 * blocks and their prices, calls, indices, NaNs that can be seen. Its time is linear in the bytes of the body.
 * @module
 */
import type { BinaryReader } from "./binary-reader.ts";
import { ChargePlan } from "./charge-plan.ts";
import { checkControl } from "./control-instructions.ts";
import { ControlStack } from "./control-stack.ts";
import { costTable, frameCosts, instructionCost } from "./costs.ts";
import { EditList, edit } from "./edits.ts";
import { invalid, malformed, unsupported } from "./failure.ts";
import { cleanOrigin, FloatOrigins, numberOrigin } from "./float-origins.ts";
import { meterParameters } from "./index-map.ts";
import { LocalTypes } from "./local-types.ts";
import type { ModuleShape } from "./module-shape.ts";
import { featureOf, form, instructions, makesNan, makesNumber, op, showsBits } from "./opcodes.ts";
import { OperandStack } from "./operand-stack.ts";
import { checkExtended, checkReference, checkVariable } from "./other-instructions.ts";
import { type FunctionType, isNumeric, readValueType, valueType } from "./types.ts";

// The loop over instructions is the whole cost of checking: what it looks up stands here and not behind two dots.
const { form: forms, operand: operandTypes, operands: operandCounts, result: resultTypes } = instructions;
const { alignment: alignments } = instructions;
const [costs, seesBits, anyNan] = [instructionCost, showsBits, makesNan];
const madeOrigins = Int32Array.from(makesNumber, (number) => (number === 1 ? numberOrigin : cleanOrigin));
const { plain, local, constant, load, store, special } = form;
const { localGet, i32Const } = op;
const { i32 } = valueType;
const movedBy = meterParameters.length;

/** One function body at a time; what is found stays readable until the next. */
export class BodyChecker {
  readonly reader: BinaryReader;
  readonly shape: ModuleShape;
  readonly edits = new EditList();
  readonly locals = new LocalTypes();
  readonly floats = new FloatOrigins(this.edits);
  readonly operands = new OperandStack(this.floats);
  readonly control = new ControlStack(this.operands);
  readonly plan = new ChargePlan(this.edits);
  /** Whether calls through tables may leave the module. */
  readonly tablesReachHost: boolean;
  /** The function itself, and its type. */
  functionIndex = 0;
  type: FunctionType = { parameters: [], results: [] };
  /** Price of the first basic block and of entering. */
  entryCost = 0;
  /** Whether some code that runs calls a function. */
  calls = false;
  /** Where the instructions begin. */
  codeFrom = 0;
  /** The module's bytes, with locals of bodies that were checked where the metered function has them. */
  readonly moved: Uint8Array;
  private parameters = 0;
  private blockCost = 0;

  constructor(reader: BinaryReader, shape: ModuleShape) {
    this.reader = reader;
    this.shape = shape;
    // Not slice: that of Node's buffers is no copy.
    this.moved = new Uint8Array(reader.bytes);
    this.tablesReachHost = shape.tablesReachHost;
  }

  /** Units of stack that a call of this function takes. */
  get frameUnits(): number {
    return frameCosts.fixed + this.locals.count + this.operands.highest;
  }

  /** Whether its calls are counted: all but those of small functions that call nothing. */
  get countsDepth(): boolean {
    return this.calls || this.frameUnits > frameCosts.freeLeaf;
  }

  /** Checks the body of a function from the reader's place to its end. */
  check(functionIndex: number): void {
    const { reader } = this;
    const type = this.shape.functionType(functionIndex, reader.position);
    this.functionIndex = functionIndex;
    this.type = type;
    this.edits.clear();
    this.locals.read(reader, type.parameters);
    this.floats.begin(this.locals.spelledOut, type.parameters.length);
    this.operands.begin();
    this.control.begin();
    this.plan.begin();
    this.calls = false;
    this.parameters = type.parameters.length;
    this.codeFrom = reader.position;
    this.blockCost = costTable.entry + Math.floor(this.locals.declared / costTable.localsPerUnit);
    this.control.open(op.block, { parameters: [], results: type.results }, reader.position);
    while (this.control.depth > 0) this.instruction();
    if (reader.position !== reader.end) throw malformed(reader.position, "a body goes on after its end.");
    this.entryCost = this.plan.finish(this.blockCost, this.control.whole);
    this.floats.finish();
  }

  /** The basic block at hand costs more. */
  charge(cost: number): void {
    if (this.control.live) this.blockCost += cost;
  }

  /** A basic block begins at the reader's place; returns the number of the edit, of this kind, that charges for it. */
  beginBlock(kind: number): number {
    const at = this.reader.position;
    const charge = this.edits.add(kind, at, at, 0);
    this.plan.open(this.blockCost, charge);
    this.blockCost = 0;
    return charge;
  }

  /** An edit of this kind, in code that shows its fuel to others. */
  showFuel(kind: number, from: number, to: number, argument: number): void {
    this.edits.add(kind, from, to, argument);
    if (this.control.live) this.plan.see();
  }

  private instruction(): void {
    const { reader, operands } = this;
    const at = reader.position;
    const code = reader.byte();
    if (this.control.live) this.blockCost += costs[code] as number;
    switch (forms[code]) {
      case plain: {
        const type = operandTypes[code] as number;
        const seen = seesBits[code] === 1;
        if (operandCounts[code] === 2) this.take(type, seen, at);
        this.take(type, seen, at);
        if (anyNan[code] === 1) this.give(resultTypes[code] as number, true, at);
        else operands.push(resultTypes[code] as number, madeOrigins[code] as number, at);
        return;
      }
      case local:
        this.local(code, at);
        return;
      case constant:
        this.constant(code, at);
        return;
      case load:
        this.memoryArgument(alignments[code] as number, at);
        operands.pop(i32, at);
        operands.push(resultTypes[code] as number, 0, at);
        return;
      case store:
        this.memoryArgument(alignments[code] as number, at);
        operands.popObserved(operandTypes[code] as number, at);
        operands.pop(i32, at);
        return;
      case special:
        this.special(code, at);
        return;
      default: {
        const feature = featureOf(code);
        if (feature !== undefined) throw unsupported(at, `${feature} are not allowed.`);
        throw malformed(at, `there is no instruction 0x${code.toString(16)}.`);
      }
    }
  }

  private take(type: number, seen: boolean, at: number): void {
    if (seen) this.operands.popObserved(type, at);
    else this.operands.pop(type, at);
  }

  /** Puts a result on the stack; if `foreign`, a NaN of it may have any bits. */
  give(type: number, foreign: boolean, at: number): void {
    const origin = foreign && this.control.live ? this.floats.made(type, this.reader.position) : 0;
    this.operands.push(type, origin, at);
  }

  private memoryArgument(naturalAlignment: number, at: number): void {
    const { reader } = this;
    this.shape.requireMemory(at);
    const alignment = reader.unsigned32();
    if (alignment > naturalAlignment) {
      if (alignment >= 64 && alignment < 128) throw unsupported(at, "more than one memory.");
      throw invalid(at, "an alignment above the natural one.");
    }
    reader.unsigned32();
  }

  private special(code: number, at: number): void {
    if (code <= op.callIndirect) checkControl(this, code, at);
    else if (code >= op.globalGet && code <= op.tableSet) checkVariable(this, code, at);
    else if (code >= op.refNull && code <= op.refFunc) checkReference(this, code, at);
    else if (code === op.prefix) checkExtended(this, at);
    else if (code === op.memorySize || code === op.memoryGrow) this.memoryPages(code, at);
    else this.choice(code, at);
  }

  private local(code: number, at: number): void {
    const { floats, operands } = this;
    const index = this.reader.unsigned32();
    const type = this.locals.type(index, at);
    if (index >= this.parameters) this.moveLocal(index + movedBy, at + 1, this.reader.position);
    if (code === localGet) {
      operands.push(type, floats.ofLocal(index, type, this.reader.position), at);
      return;
    }
    operands.pop(type, at);
    const { origin } = operands;
    floats.intoLocal(index, type, origin);
    if (code === op.localTee) operands.push(type, origin, at);
  }

  /** Writes a local's new index over the old one; it is an edit only if it is longer. */
  private moveLocal(index: number, from: number, to: number): void {
    if (index < 0x80 && to - from === 1) {
      this.moved[from] = index;
      return;
    }
    if (index >= 2 ** (7 * (to - from))) {
      this.edits.add(edit.localIndex, from, to, index);
      return;
    }
    const last = to - 1;
    let rest = index;
    for (let at = from; at < last; at++, rest >>>= 7) this.moved[at] = (rest & 0x7f) | 0x80;
    this.moved[last] = rest;
  }

  private memoryPages(code: number, at: number): void {
    this.shape.requireMemory(at);
    if (this.reader.byte() !== 0) throw unsupported(at, "more than one memory.");
    if (code === op.memoryGrow) {
      this.operands.pop(i32, at);
      this.showFuel(edit.memoryGrow, at, this.reader.position, 0);
    }
    this.operands.push(i32, 0, at);
  }

  private choice(code: number, at: number): void {
    const { operands, reader } = this;
    if (code === op.drop) {
      operands.pop(valueType.unknown, at);
      return;
    }
    if (code === op.selectTyped) {
      if (reader.unsigned32() !== 1) throw invalid(at, "a select of other than one type.");
      const type = readValueType(reader);
      operands.pop(i32, at);
      operands.popObserved(type, at);
      operands.popObserved(type, at);
      operands.push(type, 0, at);
      return;
    }
    operands.pop(i32, at);
    const second = operands.popObserved(valueType.unknown, at);
    const first = operands.popObserved(valueType.unknown, at);
    if (!isNumeric(first) || !isNumeric(second)) throw invalid(at, "a select of references without their type.");
    if (first !== second && first !== valueType.unknown && second !== valueType.unknown) {
      throw invalid(at, "a select of two types.");
    }
    operands.push(first === valueType.unknown ? second : first, 0, at);
  }

  private constant(code: number, at: number): void {
    const { operands, reader } = this;
    if (code === i32Const) {
      reader.skipSigned32();
      operands.push(i32, 0, at);
    } else if (code === op.i64Const) {
      reader.skipSigned64();
      operands.push(valueType.i64, 0, at);
    } else if (code === op.f32Const) {
      reader.skip(4);
      // A NaN or an infinity counts as one with bits of its own.
      const hasNumber = (this.lastByte(0) & 0x7f) < 0x7f || this.lastByte(1) < 0x80;
      operands.push(valueType.f32, hasNumber ? numberOrigin : cleanOrigin, at);
    } else {
      reader.skip(8);
      const hasNumber = (this.lastByte(0) & 0x7f) < 0x7f || this.lastByte(1) < 0xf0;
      operands.push(valueType.f64, hasNumber ? numberOrigin : cleanOrigin, at);
    }
  }

  /** A byte counted back from the reader's place. */
  private lastByte(back: number): number {
    return this.reader.bytes[this.reader.position - 1 - back] as number;
  }
}
