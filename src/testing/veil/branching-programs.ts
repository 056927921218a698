/**
 * Random programs of branches: nested blocks, loops of all shapes, tables of branches, dead code, calls and bulk work. They
 * end, but for those made to go on for ever.
 */
import { extended, op } from "#protocol/veil/opcodes.ts";
import { valueType } from "#protocol/veil/types.ts";
import { Random } from "../random.ts";
import { body, functionType, name, smallModule } from "./module-builder.ts";
import {
  encode,
  hostFunction,
  type Instruction,
  i32And,
  i32Less,
  i32Multiply,
  i32ShiftRight,
} from "./reference-fuel.ts";

/** Locals of every function: what is random, and turns of all its loops together. */
const state = 0;
const turns = 1;
const mostTurns = 25;

const empty = 0x40;
/** Type 1 takes a number: a loop of this type has an operand on the stack when it is entered. */
const takesNumber = 1;

/** Leaves a bit of chance on the stack. */
const chance = (bits = 1): Instruction[] => [
  [op.localGet, state],
  [op.i32Const, 1_103_515_245],
  [i32Multiply],
  [op.i32Const, 12_345],
  [op.i32Add],
  [op.localTee, state],
  [op.i32Const, 16],
  [i32ShiftRight],
  [op.i32Const, bits],
  [i32And],
];

/** Leaves 1 on the stack so many times only. */
const anotherTurn: Instruction[] = [
  [op.localGet, turns],
  [op.i32Const, 1],
  [op.i32Add],
  [op.localTee, turns],
  [op.i32Const, mostTurns],
  [i32Less],
];

/** Writes programs. */
export class BranchingPrograms {
  private readonly random: Random;
  /** By label, the innermost last: whether a branch there is one backwards. */
  private labels: boolean[] = [];
  private callable: number[] = [];

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  /** Functions of a program; the first is its own start, and each calls only those behind it. */
  functions(): Instruction[][] {
    const count = this.random.between(1, 3);
    return Array.from({ length: count }, (_, index) => {
      this.callable = Array.from({ length: count - 1 - index }, (__, i) => index + 2 + i);
      this.labels = [];
      return [[op.i32Const, this.random.between(1, 1_000_000)], [op.localSet, state], ...this.statements(9, 0)];
    });
  }

  private pick<T>(...choices: readonly T[]): T {
    return choices[this.random.between(0, choices.length - 1)] as T;
  }

  private statements(most: number, depth: number): Instruction[] {
    return Array.from({ length: this.random.between(0, most) }, () => this.statement(depth)).flat();
  }

  private within(isLoop: boolean, make: () => Instruction[]): Instruction[] {
    this.labels.push(isLoop);
    const code = make();
    this.labels.pop();
    return code;
  }

  private label(): number {
    return this.random.between(0, this.labels.length);
  }

  private isBackwards(label: number): boolean {
    return this.labels.at(-1 - label) ?? false;
  }

  private statement(depth: number): Instruction[] {
    const kind = this.random.between(0, depth > 4 ? 5 : 14);
    const inner = (most = 3): Instruction[] => this.statements(most, depth + 1);
    if (kind <= 1) return this.pick<Instruction[]>([...chance(), [op.drop]], [[op.nop]], [[op.i32Const, 7], [op.drop]]);
    if (kind === 2) return this.observed();
    if (kind === 3) return this.branchIf();
    if (kind === 4) return this.away();
    if (kind === 5) return [];
    if (kind <= 7) return [[op.block, empty], ...this.within(false, inner), [op.end]];
    if (kind <= 9) return [...chance(), [op.if, empty], ...this.within(false, inner), [op.end]];
    if (kind <= 11) {
      const arms = this.within(false, () => [...inner(), [op.else], ...inner()]);
      return [...chance(), [op.if, empty], ...arms, [op.end]];
    }
    return this.loop(inner);
  }

  private observed(): Instruction[] {
    const kind = this.random.between(0, 3);
    if (kind === 0) return [[op.call, hostFunction]];
    if (kind === 1 && this.callable.length > 0) return [[op.call, this.pick(...this.callable)]];
    const fill: Instruction[] = [0, 0, this.random.between(0, 200)].map((value) => [op.i32Const, value]);
    return [...fill, [op.prefix, extended.memoryFill, 0]];
  }

  private branchIf(): Instruction[] {
    const label = this.label();
    return [...(this.isBackwards(label) ? anotherTurn : chance()), [op.branchIf, label]];
  }

  /** A branch that is always taken, at the end of an arm of its own or with dead code behind it. */
  private away(): Instruction[] {
    const dead = this.pick<Instruction[]>([], [[op.nop]], [[op.block, empty], [op.call, hostFunction], [op.end]]);
    const table = this.random.between(0, 3) === 0;
    // Backwards only while there are turns; forwards for certain.
    return [
      ...anotherTurn,
      [op.if, empty],
      ...this.within(false, () => [...(table ? this.table() : [[op.branch, this.label()] as const]), ...dead]),
      [op.end],
    ];
  }

  private table(): Instruction[] {
    const labels = Array.from({ length: this.random.between(1, 5) }, () => this.label());
    return [...chance(7), [op.branchTable, ...(labels as [number, ...number[]])]];
  }

  private loop(inner: () => Instruction[]): Instruction[] {
    const kind = this.random.between(0, 3);
    if (kind === 0) {
      return [[op.loop, empty], ...this.within(true, inner), ...anotherTurn, [op.branchIf, 0], [op.end]];
    }
    if (kind === 1) {
      const arm = this.within(true, () => this.within(false, () => [...inner(), [op.branch, 1]]));
      return [[op.loop, empty], ...anotherTurn, [op.if, empty], ...arm, [op.end], [op.end]];
    }
    if (kind === 2) {
      // With its exit in the middle.
      const turn = this.within(false, () =>
        this.within(true, () => [
          ...inner(),
          ...anotherTurn,
          [op.if, empty],
          [op.else],
          [op.branch, 2],
          [op.end],
          ...inner(),
        ]),
      );
      return [[op.block, empty], [op.loop, empty], ...turn, [op.branch, 0], [op.end], [op.end]];
    }
    const taking = this.within(true, inner);
    const again: Instruction[] = [...anotherTurn, [op.if, empty], [op.i32Const, 3], [op.branch, 1], [op.end]];
    return [[op.i32Const, 2], [op.loop, takesNumber], [op.drop], ...this.operandless(taking), ...again, [op.end]];
  }

  /** Branches to a loop that takes an operand bring one: here nobody else branches to it. */
  private operandless(code: readonly Instruction[]): Instruction[] {
    return code.some(([kind]) => kind === op.branch || kind === op.branchIf || kind === op.branchTable)
      ? []
      : [...code];
  }
}

/** The module of such functions, which take and give nothing; `f0` is the first. */
export function branchingModule(functions: readonly (readonly Instruction[])[]): Uint8Array {
  return smallModule({
    types: [functionType([], []), functionType([valueType.i32], [])],
    imports: [[name("env"), name("see"), 0, 0]],
    importedFunctions: 1,
    functions: functions.map(() => 0),
    bodies: functions.map((code) => body([[2, valueType.i32]], encode(code))),
    memory: [1],
  });
}
