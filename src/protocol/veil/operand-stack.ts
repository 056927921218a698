/**
 * The stack of operand types while a body is checked, with the origin of floats beside each. Below `base` are operands of
 * the enclosing block; in unreachable code the stack is as deep as anybody asks.
 * @module
 */
import { invalid, tooMany } from "./failure.ts";
import { cleanOrigin, type FloatOrigins } from "./float-origins.ts";
import { moduleLimits } from "./limits.ts";
import { typeName, valueType } from "./types.ts";

const mostOperands = moduleLimits.operandHeight;
const { unknown } = valueType;

/** Operands of one function at a time. */
export class OperandStack {
  height = 0;
  /** Highest it was. */
  highest = 0;
  /** Operands below belong to the enclosing block. */
  base = 0;
  /** Whether code here is unreachable, so that missing operands are of any type. */
  polymorphic = false;
  /** Origin of what {@link pop} gave last. */
  origin = cleanOrigin;
  private readonly types = new Uint8Array(mostOperands);
  private readonly origins = new Int32Array(mostOperands);
  private readonly floats: FloatOrigins;

  constructor(floats: FloatOrigins) {
    this.floats = floats;
  }

  /** Starts a function. */
  begin(): void {
    this.height = 0;
    this.highest = 0;
    this.base = 0;
    this.polymorphic = false;
  }

  push(type: number, origin: number, offset: number): void {
    if (this.height === mostOperands) throw tooMany(offset, "operands", this.height + 1, mostOperands);
    this.types[this.height] = type;
    this.origins[this.height++] = origin;
    if (this.height > this.highest) this.highest = this.height;
  }

  pushAll(types: readonly number[], offset: number): void {
    if (types.length === 0) return;
    const to = this.height + types.length;
    if (to > mostOperands) throw tooMany(offset, "operands", to, mostOperands);
    // Written out: for the few results of a call `set` and `fill` cost several times what they move.
    for (const type of types) {
      this.types[this.height] = type;
      this.origins[this.height++] = cleanOrigin;
    }
    if (to > this.highest) this.highest = to;
  }

  /** Takes an operand of type `expected` (or of any, if that is `unknown`) and returns its type. */
  pop(expected: number, offset: number): number {
    if (this.height === this.base) {
      if (!this.polymorphic) throw invalid(offset, `an operand is missing: ${typeName(expected)}.`);
      this.origin = cleanOrigin;
      return unknown;
    }
    const type = this.types[--this.height] as number;
    this.origin = this.origins[this.height] as number;
    if (type !== expected && type !== unknown && expected !== unknown) {
      throw invalid(offset, `${typeName(type)} where ${typeName(expected)} belongs.`);
    }
    return type;
  }

  /** Takes an operand whose bits will be seen. */
  popObserved(expected: number, offset: number): number {
    const type = this.pop(expected, offset);
    this.floats.observe(this.origin);
    return type;
  }

  /** Takes operands whose bits will be seen; once the stack of unreachable code is empty it would go on for ever. */
  popAllObserved(types: readonly number[], offset: number): void {
    for (let i = types.length - 1; i >= 0; i--) {
      if (this.polymorphic && this.height === this.base) return;
      this.popObserved(types[i] as number, offset);
    }
  }

  /** Checks that `types` are on top, leaves them there, and takes their bits as seen. */
  checkTop(types: readonly number[], offset: number): void {
    let at = this.height;
    for (let i = types.length - 1; i >= 0; i--) {
      if (at === this.base) {
        if (this.polymorphic) return;
        throw invalid(offset, "an operand of a branch is missing.");
      }
      const type = this.types[--at] as number;
      const expected = types[i] as number;
      if (type !== expected && type !== unknown) {
        throw invalid(offset, `${typeName(type)} where ${typeName(expected)} belongs.`);
      }
      this.floats.observe(this.origins[at] as number);
    }
  }

  /** The rest of the block is unreachable. */
  abandon(): void {
    this.height = this.base;
    this.polymorphic = true;
  }
}
