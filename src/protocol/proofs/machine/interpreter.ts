/**
 * Runs programs of the Veil machine. Total: every program and state has exactly one next state, the one the `step`
 * circuit proves (a property test over random programs holds the two together).
 * @module
 */
import { accepted, type Result, rejected } from "../../result.ts";
import { decodeInstruction, type Instruction, machineLimits } from "./instruction.ts";
import type { MachineState, Program } from "./program.ts";

const addressMask = machineLimits.memoryWords - 1;
const pcMask = machineLimits.programWords - 1;

/** The value an instruction writes to `rd`, or null if it writes no register. */
function resultOf(instruction: Instruction, a: number, b: number, memory: Readonly<Uint32Array>): number | null {
  const { operation, immediate } = instruction;
  switch (operation) {
    case "add":
      return a + b;
    case "sub":
      return a - b;
    case "mul":
      return Math.imul(a, b);
    case "and":
      return a & b;
    case "or":
      return a | b;
    case "xor":
      return a ^ b;
    case "sltu":
      return a < b ? 1 : 0;
    case "addi":
      return a + immediate;
    case "shl":
      return a << (b & 31);
    case "shr":
      return a >>> (b & 31);
    case "lw":
      return memory[(a + immediate) & addressMask] as number;
    case "li":
      return immediate;
    default:
      return null;
  }
}

/** Carries out one instruction on arrays that belong to the caller; returns the next pc. */
function advance(program: Program, registers: Uint32Array, memory: Uint32Array, pc: number): number {
  const instruction = decodeInstruction(program[pc] as number);
  const { operation, rd, rs, rt, immediate } = instruction;
  const a = registers[rs] as number;
  const b = registers[rt] as number;
  const result = resultOf(instruction, a, b, memory);
  // Typed arrays keep the low 32 bits, which is the machine's arithmetic.
  if (result !== null) registers[rd] = result;
  if (operation === "sw") memory[(a + immediate) & addressMask] = b;
  if (operation === "halt") return pc;
  const taken = (operation === "beq" && a === b) || (operation === "bne" && a !== b);
  return (taken ? immediate : pc + 1) & pcMask;
}

/** The state after `steps` steps. A halted machine stays as it is. */
export function runSteps(program: Program, state: MachineState, steps: number): MachineState {
  const registers = Uint32Array.from(state.registers);
  const memory = Uint32Array.from(state.memory);
  let pc = state.pc;
  for (let step = 0; step < steps; step++) pc = advance(program, registers, memory, pc);
  return { registers, memory, pc };
}

/** Whether the machine stands on a `halt`. */
export function isHalted(program: Program, state: MachineState): boolean {
  return decodeInstruction(program[state.pc] as number).operation === "halt";
}

/**
 * Runs until the machine halts at the end of a segment: the states at all segment boundaries, the first included.
 * Refuses a run that needs more than `maximumSegments`.
 */
export function runToHalt(
  program: Program,
  start: MachineState,
  maximumSegments: number,
): Result<readonly MachineState[]> {
  const boundaries = [start];
  let state = start;
  while (boundaries.length <= maximumSegments) {
    state = runSteps(program, state, machineLimits.segmentSteps);
    boundaries.push(state);
    if (isHalted(program, state)) return accepted(boundaries);
  }
  return rejected(
    "does-not-halt",
    `The program does not halt within ${maximumSegments * machineLimits.segmentSteps} steps (${maximumSegments} segments). Shorten its run or ask for more segments.`,
    { maximumSegments },
  );
}
