/**
 * Programs and states of the Veil machine as values: made only through checks, so that the interpreter and the circuit
 * never meet one out of range.
 * @module
 */
import { accepted, type Result, rejected } from "../../result.ts";
import { machineLimits } from "./instruction.ts";

/** Exactly 64 words of 29 bits; shorter programs are filled up with `halt`. */
export type Program = Readonly<Uint32Array>;

/** Everything the machine is at one moment. */
export interface MachineState {
  /** Eight 32-bit words. */
  readonly registers: Readonly<Uint32Array>;
  /** Sixteen 32-bit words. */
  readonly memory: Readonly<Uint32Array>;
  /** Place of the next instruction, 0 to 63. */
  readonly pc: number;
}

function outOfRange(words: readonly number[], bits: number): number {
  return words.findIndex((word) => !Number.isInteger(word) || word < 0 || word >= 2 ** bits);
}

/** A program from words of any origin. */
export function programFromWords(words: readonly number[]): Result<Program> {
  if (words.length === 0 || words.length > machineLimits.programWords) {
    return rejected("too-many", `A program has 1 to ${machineLimits.programWords} instructions, not ${words.length}.`, {
      instructions: words.length,
    });
  }
  const bad = outOfRange(words, machineLimits.wordBits);
  if (bad >= 0) {
    return rejected("out-of-range", `Instruction ${bad} is not a word of ${machineLimits.wordBits} bits.`, {
      place: bad,
    });
  }
  const program = new Uint32Array(machineLimits.programWords);
  program.set(words);
  return accepted(program);
}

/** The state in which a job begins: the input in memory from word 0 on, all else zero. */
export function initialState(input: readonly number[]): Result<MachineState> {
  if (input.length > machineLimits.memoryWords) {
    return rejected("too-many", `The input has ${input.length} words; memory holds ${machineLimits.memoryWords}.`, {
      words: input.length,
    });
  }
  const bad = outOfRange(input, 32);
  if (bad >= 0) return rejected("out-of-range", `Input word ${bad} is not a whole number of 32 bits.`, { place: bad });
  const memory = new Uint32Array(machineLimits.memoryWords);
  memory.set(input);
  return accepted({ registers: new Uint32Array(machineLimits.registers), memory, pc: 0 });
}
