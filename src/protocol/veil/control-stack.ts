/**
 * The nesting of blocks while a body is checked: their types, whether code in them can run, and whether something
 * branches to them.
 * @module
 */
import type { ChargeLabel } from "./charge-plan.ts";
import { invalid, ModuleFailure } from "./failure.ts";
import { moduleLimits } from "./limits.ts";
import { op } from "./opcodes.ts";
import type { OperandStack } from "./operand-stack.ts";
import type { FunctionType } from "./types.ts";

/** One block that is open. */
export interface ControlFrame extends ChargeLabel {
  /** The instruction that opened it; `else` after one, `block` for the function itself. */
  kind: number;
  type: FunctionType;
  /** Height of the stack where its operands begin. */
  base: number;
  /** Whether the specification calls the code at this point of it unreachable. */
  polymorphic: boolean;
  /** Whether its first instruction can be reached. */
  entered: boolean;
  /** Whether code that runs branches to its end (a loop: its beginning), or its first arm falls through. */
  reached: boolean;
  /** Labels that the meter adds around it and the blocks it is in. */
  addedLabels: number;
  /** Of a loop: the edit that charges at its head; below zero there is none to lead out of it. */
  charge: number;
}

/** Blocks of one function at a time, the function itself first. Frames are used again. */
export class ControlStack {
  depth = 0;
  /** Whether the instruction at hand can be reached. */
  live = true;
  private readonly frames: ControlFrame[] = [];
  private readonly operands: OperandStack;

  constructor(operands: OperandStack) {
    this.operands = operands;
  }

  /** Starts a function. */
  begin(): void {
    this.depth = 0;
    this.live = true;
  }

  /** The function itself. */
  get whole(): ControlFrame {
    return this.frames[0] as ControlFrame;
  }

  /** The innermost block. */
  get top(): ControlFrame {
    return this.frames[this.depth - 1] as ControlFrame;
  }

  /** Opens a block; its parameters are already off the stack. */
  open(kind: number, type: FunctionType, offset: number): void {
    if (this.depth > moduleLimits.nesting) {
      throw new ModuleFailure("too-deep", offset, `blocks nest deeper than ${moduleLimits.nesting}.`);
    }
    const base = this.operands.height;
    const frame = this.frames[this.depth] ?? this.addFrame(type);
    frame.kind = kind;
    frame.type = type;
    frame.base = base;
    frame.polymorphic = false;
    frame.entered = this.live;
    frame.reached = false;
    frame.addedLabels = this.depth === 0 ? 0 : this.top.addedLabels;
    frame.charge = -1;
    frame.head = -1;
    frame.leaving = -1;
    frame.bare = false;
    frame.condition = -1;
    this.depth++;
    this.operands.base = base;
    this.operands.polymorphic = false;
  }

  private addFrame(type: FunctionType): ControlFrame {
    const kind = op.block;
    const flags = { polymorphic: false, entered: false, reached: false };
    const label = { head: -1, leaving: -1, bare: false, condition: -1 };
    const frame = { kind, type, base: 0, ...flags, addedLabels: 0, charge: -1, ...label };
    this.frames.push(frame);
    return frame;
  }

  /** Checks that the block at hand leaves what its type says, and nothing else. */
  checkResults(offset: number): void {
    const { operands } = this;
    operands.popAllObserved(this.top.type.results, offset);
    if (operands.height !== operands.base) throw invalid(offset, "a block leaves more than its type says.");
  }

  /** Closes the innermost block; `live` says whether what follows can be reached. */
  close(live: boolean): ControlFrame {
    const frame = this.top;
    this.depth--;
    this.live = live;
    if (this.depth > 0) {
      this.operands.base = this.top.base;
      this.operands.polymorphic = this.top.polymorphic;
    }
    return frame;
  }

  /** The block a branch goes to, counted from the innermost. */
  target(label: number, offset: number): ControlFrame {
    if (label >= this.depth) throw invalid(offset, `there are not ${label + 1} blocks around a branch.`);
    return this.frames[this.depth - 1 - label] as ControlFrame;
  }

  /** The rest of the innermost block cannot be reached. */
  abandon(): void {
    this.operands.abandon();
    this.top.polymorphic = true;
    this.live = false;
  }
}

/** What a branch to a block carries. */
export function labelTypes(frame: ControlFrame): readonly number[] {
  return frame.kind === op.loop ? frame.type.parameters : frame.type.results;
}
