/**
 * What fuel a program must take, by the rule itself: an interpreter of a few instructions that pays for a basic block when
 * it begins and looks where metered code must look. It knows nothing of how that is made fast.
 */
import { costTable, instructionCost } from "#protocol/veil/costs.ts";
import { op } from "#protocol/veil/opcodes.ts";
import { type Code, signed, unsigned } from "./module-builder.ts";

/** An opcode and its immediates; a block's type or a memory's number first. */
export type Instruction = readonly [code: number, ...immediates: readonly number[]];

/** Function 0 is the host's and sees the fuel; those of the program follow. */
export const hostFunction = 0;

/** How a run went. */
export interface ReferenceRun {
  readonly verdict: "returned" | "trapped" | "out-of-fuel";
  readonly fuelUsed: number;
  /** Fuel used whenever the host was called. */
  readonly seen: readonly number[];
}

/** The bytes of instructions. */
export function encode(instructions: readonly Instruction[]): Code {
  return instructions.map(([code, ...immediates]) => {
    if (code === op.i32Const) return [code, signed(immediates[0] ?? 0)];
    if (code === op.branchTable) return [code, unsigned(immediates.length - 1), immediates.map(unsigned)];
    return [code, immediates.map(unsigned)];
  });
}

function priceOf([code, target]: Instruction): number {
  if (code === op.prefix) return costTable.bulk;
  return code === op.call && target === hostFunction ? costTable.hostCall : (instructionCost[code] as number);
}

/** Where blocks of code end, and what the basic blocks cost that begin at a place. */
class Layout {
  readonly ends = new Map<number, number>();
  readonly elses = new Map<number, number>();
  readonly prices = new Map<number, number>();

  constructor(code: readonly Instruction[]) {
    const open: { at: number; kind: number; entered: boolean; reached: boolean }[] = [];
    let live = true;
    let first = 0;
    const begin = (at: number, price = 0): void => {
      first = at;
      this.prices.set(at, price);
    };
    const reach = (labels: readonly number[]): void => {
      for (const label of labels) {
        const target = open.at(-1 - label);
        if (live && target !== undefined && label < open.length) target.reached = true;
      }
    };
    begin(0, costTable.entry);
    for (const [at, instruction] of code.entries()) {
      const [kind, ...immediates] = instruction;
      if (live) this.prices.set(first, (this.prices.get(first) ?? 0) + priceOf(instruction));
      if (kind === op.block || kind === op.loop || kind === op.if) {
        open.push({ at, kind, entered: live, reached: false });
        if (live && kind !== op.block) begin(at + 1);
      } else if (kind === op.else) {
        const frame = open.at(-1);
        if (frame === undefined) throw new Error("an else without an if");
        frame.reached ||= live;
        frame.kind = op.else;
        live = frame.entered;
        this.elses.set(frame.at, at);
        if (live) begin(at + 1);
      } else if (kind === op.end) {
        const frame = open.pop();
        if (frame === undefined) throw new Error("an end without a block");
        this.ends.set(frame.at, at);
        if (frame.kind === op.loop) continue;
        live = frame.entered && (live || frame.reached || frame.kind === op.if);
        if (live && (frame.kind !== op.block || frame.reached)) begin(at + 1);
      } else if (kind === op.branchIf) {
        reach(immediates);
        if (live) begin(at + 1);
      } else if (kind === op.branch || kind === op.branchTable) {
        reach(immediates);
        live = false;
      } else if (kind === op.return || kind === op.unreachable) live = false;
    }
  }
}

class OutOfFuel extends Error {}
class Trap extends Error {}

/** Runs functions of two numbers as locals, which take and give nothing, with so much fuel. */
export class ReferenceMachine {
  private readonly functions: readonly (readonly Instruction[])[];
  private readonly layouts: readonly Layout[];
  private readonly fuel: number;
  private readonly seen: number[] = [];
  private used: number;

  constructor(functions: readonly (readonly Instruction[])[], fuel: number, startFuel: number) {
    this.functions = functions;
    this.layouts = functions.map((code) => new Layout(code));
    this.fuel = fuel;
    this.used = startFuel;
  }

  /** Runs the first function. */
  run(): ReferenceRun {
    let verdict: ReferenceRun["verdict"] = "returned";
    try {
      this.call(0);
      if (this.used > this.fuel) verdict = "out-of-fuel";
    } catch (error) {
      if (error instanceof OutOfFuel) verdict = "out-of-fuel";
      else if (error instanceof Trap) verdict = "trapped";
      else throw error;
    }
    return { verdict, fuelUsed: this.used, seen: this.seen };
  }

  private look(): void {
    if (this.used > this.fuel) throw new OutOfFuel();
  }

  private call(index: number): void {
    const code = this.functions[index] as readonly Instruction[];
    const layout = this.layouts[index] as Layout;
    const locals = [0, 0];
    const stack: number[] = [];
    const open: number[] = [];
    const pop = (): number => stack.pop() as number;
    const binary = (compute: (a: number, b: number) => number): void => {
      const b = pop();
      stack.push(compute(pop(), b) | 0);
    };
    /** Where a branch leads. */
    const branch = (label: number): number => {
      if (label >= open.length) return code.length;
      open.length -= label;
      const at = open.at(-1) as number;
      if (code[at]?.[0] === op.loop) return at + 1;
      open.pop();
      return (layout.ends.get(at) as number) + 1;
    };
    for (let at = 0; at < code.length; ) {
      this.used += layout.prices.get(at) ?? 0;
      if (at === 0 || code[at - 1]?.[0] === op.loop) this.look();
      const [kind, first = 0, ...more] = code[at] as Instruction;
      let next = at + 1;
      if (kind === op.block || kind === op.loop) open.push(at);
      else if (kind === op.if) {
        const taken = pop() !== 0;
        if (taken || layout.elses.has(at)) open.push(at);
        if (!taken) next = (layout.elses.get(at) ?? (layout.ends.get(at) as number)) + 1;
      } else if (kind === op.else) next = branch(0);
      else if (kind === op.end) open.pop();
      else if (kind === op.branch) next = branch(first);
      else if (kind === op.branchIf) next = pop() === 0 ? next : branch(first);
      else if (kind === op.branchTable) {
        const labels = [first, ...more];
        next = branch(labels[Math.min(pop() >>> 0, labels.length - 1)] as number);
      } else if (kind === op.return) return;
      else if (kind === op.unreachable) throw new Trap();
      else if (kind === op.call) {
        if (first === hostFunction) this.seen.push(this.used);
        else this.call(first - 1);
      } else if (kind === op.i32Const) stack.push(first);
      else if (kind === op.localGet) stack.push(locals[first] as number);
      else if (kind === op.localSet) locals[first] = pop();
      else if (kind === op.localTee) locals[first] = stack.at(-1) as number;
      else if (kind === op.drop) pop();
      else if (kind === op.prefix) {
        const length = pop();
        stack.length -= 2;
        this.used += length >>> Math.log2(costTable.bytesPerUnit);
        this.look();
      } else if (kind === op.i32Add) binary((a, b) => a + b);
      else if (kind === i32Multiply) binary(Math.imul);
      else if (kind === i32And) binary((a, b) => a & b);
      else if (kind === i32ShiftRight) binary((a, b) => a >>> b);
      else if (kind === i32Less) binary((a, b) => Number(a < b));
      else if (kind !== op.nop) throw new Error(`no instruction ${kind}`);
      at = next;
    }
  }
}

/** Opcodes that only tests name. */
export const i32Multiply = 0x6c;
export const i32And = 0x71;
export const i32ShiftRight = 0x76;
export const i32Less = 0x48;
