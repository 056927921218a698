/**
 * Instructions of the Veil machine and their 29-bit words: `immediate16 ‖ rt3 ‖ rs3 ‖ rd3 ‖ opcode4`, lowest bits last.
 * Every 29-bit word is a valid instruction, so that no program exists whose run cannot be proved.
 * @module
 */

/** Sizes of the machine. They are built into the circuit; changing one changes its keys. */
export const machineLimits = {
  registers: 8,
  memoryWords: 16,
  programWords: 64,
  wordBits: 29,
  immediateBits: 16,
  /** Steps one proof covers. */
  segmentSteps: 64,
  /** Segments one job may ask for: 4 096 steps, under a millisecond to interpret. */
  jobSegments: 64,
} as const;

/** Names of the opcodes; the place is the number. */
export const operations = [
  "halt",
  "add",
  "sub",
  "mul",
  "and",
  "or",
  "xor",
  "sltu",
  "addi",
  "shl",
  "shr",
  "lw",
  "sw",
  "beq",
  "bne",
  "li",
] as const;

/** Name of an opcode. */
export type Operation = (typeof operations)[number];

/** One instruction taken apart. */
export interface Instruction {
  readonly operation: Operation;
  readonly rd: number;
  readonly rs: number;
  readonly rt: number;
  /** 16 bits, never sign-extended. */
  readonly immediate: number;
}

/** The word of an instruction whose parts are in range. */
export function encodeInstruction(instruction: Instruction): number {
  const { operation, rd, rs, rt, immediate } = instruction;
  return operations.indexOf(operation) | (rd << 4) | (rs << 7) | (rt << 10) | (immediate << 13);
}

/** Takes a 29-bit word apart. */
export function decodeInstruction(word: number): Instruction {
  return {
    operation: operations[word & 15] as Operation,
    rd: (word >> 4) & 7,
    rs: (word >> 7) & 7,
    rt: (word >> 10) & 7,
    immediate: (word >> 13) & 0xffff,
  };
}
