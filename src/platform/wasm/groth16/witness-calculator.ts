/**
 * Runs a circuit's witness program (WebAssembly made by circom): input signals in, all signals out. The program refuses
 * inputs that break a constraint.
 * @module
 */

import type { CircuitInput } from "#protocol/proofs/step-statement.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";

/** Bytes of one value of a witness: little-endian, below the field's order. */
export const witnessValueBytes = 32;

const words = witnessValueBytes / 4;

interface Exports {
  init(checks: number): void;
  getWitnessSize(): number;
  getInputSize(): number;
  getInputSignalSize(high: number, low: number): number;
  setInputSignal(high: number, low: number, place: number): void;
  getWitness(place: number): void;
  readSharedRWMemory(word: number): number;
  writeSharedRWMemory(word: number, value: number): void;
}

/** The program names signals by the 64-bit FNV-1a hash of their name. */
function signalHash(name: string): { high: number; low: number } {
  let hash = 0xcbf29ce484222325n;
  for (const character of new TextEncoder().encode(name)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(character)) * 0x100000001b3n);
  }
  return { high: Number(hash >> 32n), low: Number(hash & 0xffffffffn) };
}

/** Thrown out of the program when a constraint does not hold; never leaves this file. */
class ConstraintBroken extends Error {}

/** A circuit's witness program, ready to run any number of times. */
export interface WitnessCalculator {
  /** All signals in the order of the circuit, 32 bytes each; refuses inputs that satisfy no witness. */
  calculate(input: CircuitInput): Result<Uint8Array>;
}

/** Compiles a witness program. */
export async function createWitnessCalculator(program: Uint8Array<ArrayBuffer>): Promise<WitnessCalculator> {
  const nothing = (): void => undefined;
  const { instance } = await WebAssembly.instantiate(program, {
    runtime: {
      exceptionHandler: (code: number) => {
        throw new ConstraintBroken(`code ${code}`);
      },
      printErrorMessage: nothing,
      writeBufferMessage: nothing,
      showSharedRWMemory: nothing,
    },
  });
  const calls = instance.exports as unknown as Exports;
  const write = (value: bigint): void => {
    for (let word = 0; word < words; word++) {
      calls.writeSharedRWMemory(word, Number((value >> BigInt(32 * word)) & 0xffffffffn) | 0);
    }
  };
  const setInputs = (input: CircuitInput): void => {
    let left = calls.getInputSize();
    for (const [name, values] of Object.entries(input)) {
      const { high, low } = signalHash(name);
      const size = calls.getInputSignalSize(high, low);
      if (size !== values.length)
        throw new Error(`the circuit's input ${name} takes ${size} values, not ${values.length}`);
      for (const [place, value] of values.entries()) {
        write(value);
        calls.setInputSignal(high, low, place);
        left--;
      }
    }
    if (left !== 0) throw new Error(`${left} of the circuit's inputs are missing`);
  };
  const readAll = (): Uint8Array => {
    const witness = new Uint32Array(calls.getWitnessSize() * words);
    for (let place = 0; place * words < witness.length; place++) {
      calls.getWitness(place);
      for (let word = 0; word < words; word++) witness[place * words + word] = calls.readSharedRWMemory(word);
    }
    return new Uint8Array(witness.buffer);
  };
  return {
    calculate: (input) => {
      calls.init(1);
      try {
        setInputs(input);
      } catch (error) {
        if (!(error instanceof ConstraintBroken)) throw error;
        return rejected("bad-proof", "The statement is false: these inputs satisfy no run of the circuit.");
      }
      return accepted(readAll());
    },
  };
}
