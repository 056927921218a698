/**
 * Places of a module where metering changes something, found while it is checked and applied when it is written: so
 * instructions are decoded once, in one place.
 * @module
 */

/** What is done at a place. */
export const edit = {
  /** A function's index is written anew: the metered module has imports of its own. */
  functionIndex: 0,
  globalIndex: 1,
  /** Fuel for the basic block that begins here. */
  charge: 2,
  /** The same, and a test whether any is left. */
  testedCharge: 3,
  /** A NaN just made gets its one form, if the argument says that somebody can see its bits. */
  canonicalF32: 4,
  canonicalF64: 5,
  call: 6,
  callIndirect: 7,
  /** The argument is the label of the function's own block. */
  return: 8,
  memoryGrow: 9,
  /** Before a bulk instruction: its length, on the stack, is paid for. */
  bulkBytes: 10,
  bulkElements: 11,
  /** A local of the function's own: the metered function takes two parameters more. */
  localIndex: 12,
  /** A label: loops have blocks of the meter around them. */
  label: 13,
  /** A loop opens whose test leads out of it, to code that comes after it. The argument is taken before it. */
  loopOpen: 14,
  /** The charge and test at its head. */
  loopCharge: 15,
  /** It ends, and the code that asks for fuel follows. The argument is the number of the edit that charges. */
  loopEnd: 16,
  /** A NaN that a local may hold gets its one form where the local is read, if the argument is below zero. */
  readF32: 17,
  readF64: 18,
} as const;

/** Labels that stand around a loop in its metered form. */
export const labelsOfLoop = 3;

const fields = 4;
const initialEdits = 256;

/** Edits in the order of their places. One array of numbers: there are very many. */
export class EditList {
  private numbers = new Int32Array(initialEdits * fields);
  /** How many there are. */
  count = 0;

  /** Forgets all and keeps the room. */
  clear(): void {
    this.count = 0;
  }

  /** Replaces the bytes `[from, to)` as `kind` says; returns the edit's number. */
  add(kind: number, from: number, to: number, argument: number): number {
    const at = this.count * fields;
    if (at === this.numbers.length) {
      const grown = new Int32Array(this.numbers.length * 2);
      grown.set(this.numbers);
      this.numbers = grown;
    }
    this.numbers[at] = kind;
    this.numbers[at + 1] = from;
    this.numbers[at + 2] = to;
    this.numbers[at + 3] = argument;
    return this.count++;
  }

  kind(index: number): number {
    return this.numbers[index * fields] as number;
  }

  from(index: number): number {
    return this.numbers[index * fields + 1] as number;
  }

  to(index: number): number {
    return this.numbers[index * fields + 2] as number;
  }

  argument(index: number): number {
    return this.numbers[index * fields + 3] as number;
  }

  setArgument(index: number, argument: number): void {
    this.numbers[index * fields + 3] = argument;
  }
}
