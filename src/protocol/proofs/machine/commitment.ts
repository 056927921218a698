/**
 * Commitments to programs and states, exactly as the `step` circuit computes them. A public job has blinding zero, so that
 * anyone can recompute its commitments; a private run draws one per state.
 * @module
 */
import type { Poseidon } from "../poseidon.ts";
import { machineLimits } from "./instruction.ts";
import type { MachineState, Program } from "./program.ts";

/** Words hashed at once: the widest Poseidon of circomlib. */
const programChunk = 16;
/** 32-bit words in one field element: 224 bits, below the 253 that always fit. */
const packedWords = 7;

/** `Poseidon` over the four hashes of 16 words each. Words stay unpacked, because unpacked they need no range check. */
export function programCommitment(program: Program, poseidon: Poseidon): bigint {
  const chunks: bigint[] = [];
  for (let at = 0; at < machineLimits.programWords; at += programChunk) {
    chunks.push(poseidon(Array.from(program.subarray(at, at + programChunk), BigInt)));
  }
  return poseidon(chunks);
}

/** `Poseidon(packed registers, memory and pc, blinding)`: 25 words, seven to an element, lowest first. */
export function stateCommitment(state: MachineState, blinding: bigint, poseidon: Poseidon): bigint {
  const words = [...state.registers, ...state.memory, state.pc];
  const packed: bigint[] = [];
  for (let at = 0; at < words.length; at += packedWords) {
    const part = words.slice(at, at + packedWords);
    packed.push(part.reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n));
  }
  return poseidon([...packed, blinding]);
}
