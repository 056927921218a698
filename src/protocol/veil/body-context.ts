/**
 * What the parts of the body checker share: everything that is known of the function at the instruction at hand.
 * @module
 */
import type { BinaryReader } from "./binary-reader.ts";
import type { ChargePlan } from "./charge-plan.ts";
import type { ControlStack } from "./control-stack.ts";
import type { EditList } from "./edits.ts";
import type { FloatOrigins } from "./float-origins.ts";
import type { LocalTypes } from "./local-types.ts";
import type { ModuleShape } from "./module-shape.ts";
import type { OperandStack } from "./operand-stack.ts";
import type { FunctionType } from "./types.ts";

/** The body checker as its parts see it. */
export interface BodyContext {
  readonly reader: BinaryReader;
  readonly shape: ModuleShape;
  readonly edits: EditList;
  readonly locals: LocalTypes;
  readonly floats: FloatOrigins;
  readonly operands: OperandStack;
  readonly control: ControlStack;
  readonly plan: ChargePlan;
  readonly tablesReachHost: boolean;
  readonly type: FunctionType;
  calls: boolean;
  /** The basic block at hand costs more. */
  charge(cost: number): void;
  /** A basic block begins at the reader's place; returns the number of the edit, of this kind, that charges for it. */
  beginBlock(kind: number): number;
  /** An edit of this kind, in code that shows its fuel to others. */
  showFuel(kind: number, from: number, to: number, argument: number): void;
  /** Puts a result on the stack; if `foreign`, a NaN of it may have any bits. */
  give(type: number, foreign: boolean, at: number): void;
}
