/**
 * Runs of the Veil machine for tests of its circuit: random ones that reach every corner, and the files in public/circuits/.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { createWitnessCalculator, type WitnessCalculator } from "#platform/wasm/groth16/witness-calculator.ts";
import { encodeInstruction, machineLimits, operations } from "#protocol/proofs/machine/instruction.ts";
import { poseidon } from "#protocol/proofs/poseidon.ts";
import {
  type StepStatement,
  type StepWitness,
  stepCircuitInput,
  stepStatement,
} from "#protocol/proofs/step-statement.ts";
import type { Result } from "#protocol/result.ts";

const folder = new URL("../../public/circuits/", import.meta.url);

/** A committed file of a circuit, unpacked. */
export function circuitFile(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gunzipSync(readFileSync(new URL(name, folder))));
}

/** The committed witness program of the step circuit. */
export function stepCalculator(): Promise<WitnessCalculator> {
  return createWitnessCalculator(circuitFile("step.witness.bin"));
}

/** The value of a result that must be good. */
export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

const word = fc.oneof(
  fc.constantFrom(0, 1, 2, 31, 32, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff),
  fc.integer({ min: 0, max: 0xffffffff }),
);
const register = fc.integer({ min: 0, max: machineLimits.registers - 1 });
const instruction = fc
  .record({
    operation: fc.constantFrom(...operations),
    rd: register,
    rs: register,
    rt: register,
    immediate: fc.oneof(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 0, max: 0xffff })),
  })
  .map(encodeInstruction);
const words = (count: number) =>
  fc.array(word, { minLength: count, maxLength: count }).map((values) => Uint32Array.from(values));

/** Any program in any state: straight runs, loops, jumps to anywhere, extreme words. */
export const anyRun: fc.Arbitrary<StepWitness> = fc.record({
  program: fc.array(instruction, { minLength: 64, maxLength: 64 }).map((values) => Uint32Array.from(values)),
  state: fc.record({
    registers: words(machineLimits.registers),
    memory: words(machineLimits.memoryWords),
    pc: fc.integer({ min: 0, max: 63 }),
  }),
  blindingBefore: fc.bigInt({ min: 0n, max: 2n ** 253n }),
  blindingAfter: fc.bigInt({ min: 0n, max: 2n ** 253n }),
});

/** A true statement about a run, and its witness. */
export function provedRun(calculator: WitnessCalculator, run: StepWitness, context: bigint) {
  const statement: StepStatement = stepStatement(run, context, poseidon);
  return { statement, witness: must(calculator.calculate(stepCircuitInput(statement, run))) };
}
